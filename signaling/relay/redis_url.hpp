// redis://[[USER]:PASSWORD@]HOST[:PORT][/NUMBER]: where the Redis is that several relays share.
#pragma once

#include <cstdint>
#include <string>

#include "common/result.hpp"

namespace webcast {

struct RedisUrl {
  std::string host{};
  uint16_t port = 6379;
  std::string user{}, password{};  // empty: none; never logged
  // Relays of one number act as one. (Channels know no databases: it becomes part of their names.)
  unsigned number = 0;
  std::string shown() const;  // "HOST:PORT"
};

// An error names no part of the text: a password may stand in it.
Result<RedisUrl> parse_redis_url(const std::string& text);

}  // namespace webcast
