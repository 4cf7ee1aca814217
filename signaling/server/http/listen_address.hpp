// Where a listener listens: HOST:PORT, as it stands in listen://HOST:PORT. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace webcast {

inline constexpr uint16_t kDefaultPort = 8080;

struct ListenAddress {
  std::string host = "127.0.0.1";  // an IP address, "localhost", or empty: all addresses
  uint16_t port = kDefaultPort;    // 0: a free one

  bool is_loopback() const;
  bool is_all() const;  // empty, 0.0.0.0 or ::
  // "127.0.0.1:8080", "[::1]:8080", ":8080".
  std::string text() const;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// "HOST:PORT", "[IPv6]:PORT", ":PORT", "HOST"; a trailing slash is taken too.
Result<ListenAddress> parse_listen_address(std::string_view text);

// What a Host or Origin header names: "example.org:8080" -> host without brackets, in lower case
// and without a final dot; port 0 when none is given. An empty host: it cannot be read.
struct HostAndPort {
  std::string host{};
  uint16_t port = 0;
};
HostAndPort split_host(std::string_view text);

bool is_ip_address(const std::string& host);
bool is_loopback_host(const std::string& host);  // localhost or a loopback IP address

}  // namespace webcast
