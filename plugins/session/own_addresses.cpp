#include "plugins/session/own_addresses.hpp"

#include <gio/gio.h>

#include "common/ref.hpp"

namespace webcast {

namespace {

// The kernel knows: what is not ours cannot be bound.
bool is_ours(const std::string& text) {
  auto address = adopt(g_inet_socket_address_new_from_string(text.c_str(), 0));
  if (!address) return false;
  auto socket = adopt(g_socket_new(g_socket_address_get_family(address.get()),
                                   G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, nullptr));
  GError* error = nullptr;
  bool bound = socket && g_socket_bind(socket.get(), address.get(), FALSE, &error);
  // Out of descriptors, for example: that says nothing of the address.
  bool unknown = !bound && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_FAILED) &&
                 !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error(&error);
  return bound || unknown;
}

}  // namespace

std::vector<std::string> warnings_of_addresses(const std::vector<std::string>& local_addresses) {
  std::vector<std::string> warnings;
  for (const std::string& address : local_addresses)
    if (!is_ours(address))
      warnings.push_back("local-addresses: this machine does not have the address " + address +
                         " now, so no media leaves from it. `ip address` lists those it has.");
  return warnings;
}

}  // namespace webcast
