// ws://HOST:PORT[/PATH] and wss://…: where a relay is, and why it cannot be reached. Pure.
#pragma once

#include <string>

#include "plugins/signalers/server_uri.hpp"

namespace webcast {

struct RelayAddress {
  Ref<GUri> uri{};
  std::string shown{};  // without a query, which may hold a token
};

Result<RelayAddress> parse_relay_address(const std::string& location);

// What to tell of an attempt that failed; `status`: of the HTTP reply, or 0.
Error relay_trouble(const RelayAddress& address, const GError* error, unsigned status);

}  // namespace webcast
