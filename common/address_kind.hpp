// What kind of network an IP address belongs to. Pure; any thread.
#pragma once

#include <gio/gio.h>

#include <optional>
#include <string>

namespace webcast {

enum class AddressKind {
  nowhere,  // unspecified, multicast, broadcast, reserved: no host has it
  loopback,
  link_local,
  in_private_network,  // RFC 1918, RFC 4193, RFC 6598 (a carrier's NAT), RFC 8215, site-local
  in_public_network
};

// An IPv4 address that is wrapped in IPv6 counts as what it is (mapped, compatible, NAT64, 6to4).
AddressKind kind_of_address(GInetAddress* address);
// Nothing: not an IP address but a name, say.
std::optional<AddressKind> kind_of_address(const std::string& text);

}  // namespace webcast
