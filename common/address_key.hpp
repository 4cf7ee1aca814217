// Whom an IP address stands for, where shares, counts and rates are of each. Pure; any thread.
#pragma once

#include <gio/gio.h>

#include <string>

namespace webcast {

// The part of an address that one network peer has to itself: IPv4 whole, IPv6 its /64.
std::string peer_key(GSocketAddress* address);
// The whole of it, without a port; empty: it has none.
std::string peer_address(GSocketAddress* address);
bool is_loopback_key(const std::string& key);
// The same two for an address as text; "?" and empty: it is none.
std::string key_of_address(const std::string& address);
std::string plain_address(const std::string& address);

}  // namespace webcast
