#include "common/address_kind.hpp"

#include <cstring>

#include "common/ref.hpp"

namespace webcast {
namespace {

// The 32 bits of an IPv4 address that stands for itself, or in IPv6; null: there is none.
const guint8* ipv4_part(const guint8* bytes, bool is_ipv4) {
  if (is_ipv4) return bytes;
  static const guint8 mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static const guint8 compatible[12] = {};
  static const guint8 nat64[12] = {0, 0x64, 0xff, 0x9b};
  static const guint8 loopback[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if (memcmp(bytes, loopback, sizeof loopback) == 0) return nullptr;
  for (const guint8* prefix : {mapped, compatible, nat64})
    if (memcmp(bytes, prefix, 12) == 0) return bytes + 12;
  return bytes[0] == 0x20 && bytes[1] == 0x02 ? bytes + 2 : nullptr;
}

AddressKind kind_of_ipv4(const guint8* a) {
  if (a[0] == 0 || a[0] >= 224) return AddressKind::nowhere;
  if (a[0] == 127) return AddressKind::loopback;
  if (a[0] == 169 && a[1] == 254) return AddressKind::link_local;
  bool shared = a[0] == 100 && (a[1] & 0xc0) == 64;
  bool is_private =
      a[0] == 10 || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168);
  return shared || is_private ? AddressKind::in_private_network : AddressKind::in_public_network;
}

}  // namespace

AddressKind kind_of_address(GInetAddress* address) {
  const guint8* bytes = g_inet_address_to_bytes(address);
  bool is_ipv4 = g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV4;
  if (const guint8* part = ipv4_part(bytes, is_ipv4)) return kind_of_ipv4(part);
  if (g_inet_address_get_is_loopback(address)) return AddressKind::loopback;
  if (g_inet_address_get_is_any(address) || g_inet_address_get_is_multicast(address))
    return AddressKind::nowhere;
  if (g_inet_address_get_is_link_local(address)) return AddressKind::link_local;
  static const guint8 local_nat64[6] = {0, 0x64, 0xff, 0x9b, 0, 1};  // RFC 8215
  bool unique_local = (bytes[0] & 0xfe) == 0xfc;
  if (unique_local || g_inet_address_get_is_site_local(address) ||
      memcmp(bytes, local_nat64, sizeof local_nat64) == 0)
    return AddressKind::in_private_network;
  return AddressKind::in_public_network;
}

std::optional<AddressKind> kind_of_address(const std::string& text) {
  auto address = adopt(g_inet_address_new_from_string(text.c_str()));
  if (!address) return std::nullopt;
  return kind_of_address(address.get());
}

}  // namespace webcast
