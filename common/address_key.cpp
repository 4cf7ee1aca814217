#include "common/address_key.hpp"

#include <cstring>

#include "common/ref.hpp"

namespace webcast {

namespace {

// IPv4 as such, where it comes in the guise of IPv6.
Ref<GInetAddress> plain(GInetAddress* inet) {
  static const guint8 kMappedIpv4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const guint8* bytes = g_inet_address_to_bytes(inet);
  bool mapped = g_inet_address_get_family(inet) == G_SOCKET_FAMILY_IPV6 &&
                memcmp(bytes, kMappedIpv4, sizeof kMappedIpv4) == 0;
  return mapped ? adopt(g_inet_address_new_from_bytes(bytes + 12, G_SOCKET_FAMILY_IPV4))
                : retain(inet);
}

// Null: another kind of address.
Ref<GInetAddress> inet_of(GSocketAddress* address) {
  if (!G_IS_INET_SOCKET_ADDRESS(address)) return {};
  return plain(g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address)));
}

Ref<GInetAddress> inet_of(const std::string& address) {
  auto inet = adopt(g_inet_address_new_from_string(address.c_str()));
  return inet ? plain(inet.get()) : Ref<GInetAddress>();
}

std::string text_of(GInetAddress* inet) {
  char* text = g_inet_address_to_string(inet);
  std::string result = text;
  g_free(text);
  return result;
}

std::string key_of(Ref<GInetAddress> inet) {
  if (!inet) return "?";
  if (g_inet_address_get_family(inet.get()) == G_SOCKET_FAMILY_IPV6 &&
      !g_inet_address_get_is_loopback(inet.get())) {
    guint8 network[16] = {};
    memcpy(network, g_inet_address_to_bytes(inet.get()), 8);
    inet = adopt(g_inet_address_new_from_bytes(network, G_SOCKET_FAMILY_IPV6));
  }
  return text_of(inet.get());
}

}  // namespace

std::string peer_key(GSocketAddress* address) {
  return key_of(inet_of(address));
}

std::string key_of_address(const std::string& address) {
  return key_of(inet_of(address));
}

std::string plain_address(const std::string& address) {
  Ref<GInetAddress> inet = inet_of(address);
  return inet ? text_of(inet.get()) : "";
}

std::string peer_address(GSocketAddress* address) {
  Ref<GInetAddress> inet = inet_of(address);
  return inet ? text_of(inet.get()) : "";
}

bool is_loopback_key(const std::string& key) {
  auto address = adopt(g_inet_address_new_from_string(key.c_str()));
  return address && g_inet_address_get_is_loopback(address.get());
}

}  // namespace webcast
