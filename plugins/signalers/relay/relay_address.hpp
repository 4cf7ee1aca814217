// ws://HOST:PORT[/PATH] and wss://…: where a relay is, and why it cannot be reached. Pure.
#pragma once

#include <string>

#include "plugins/signalers/server_uri.hpp"

namespace webcast {

inline constexpr const char* kLocationToken = "the location";

struct RelayAddress {
  Ref<GUri> uri{};
  std::string shown{};  // without a query, which may hold a token
  // Where the token stands that the relay is shown: "the location", or a property; none: nowhere.
  std::string token_from{};
  const char* token_property = "publish-token";  // where one can be set
};

// `token_property`: which belongs to our role; `has_token`: it is set. A token in the location
// comes first.
Result<RelayAddress> parse_relay_address(const std::string& location,
                                         const char* token_property = "publish-token",
                                         bool has_token = false);

// The address of a page there ("watch/live"), for people; empty where the location's path leaves
// open where the relay's pages are.
std::string relay_page(const RelayAddress& address, const std::string& page);

// What to tell of an attempt that failed; `status`: of the HTTP reply, or 0.
Error relay_trouble(const RelayAddress& address, const GError* error, unsigned status);

}  // namespace webcast
