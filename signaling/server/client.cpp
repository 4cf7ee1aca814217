#include "signaling/server/client.hpp"

#include <cstring>

namespace webcast {

bool AddressCounts::add(const std::string& address, size_t limit, size_t total_limit) {
  std::lock_guard lock(mutex_);
  auto found = counts_.find(address);
  size_t count = found == counts_.end() ? 0 : found->second;
  if (count >= limit || total_ >= total_limit) return false;
  counts_[address] = count + 1;
  total_++;
  return true;
}

void AddressCounts::remove(const std::string& address) {
  std::lock_guard lock(mutex_);
  auto found = counts_.find(address);
  if (found == counts_.end()) return;
  total_--;
  if (--found->second == 0) counts_.erase(found);
}

size_t AddressCounts::total() const {
  std::lock_guard lock(mutex_);
  return total_;
}

std::string peer_key(GSocketAddress* address) {
  if (!G_IS_INET_SOCKET_ADDRESS(address)) return "?";
  GInetAddress* inet = g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address));
  const guint8* bytes = g_inet_address_to_bytes(inet);
  static const guint8 kMappedIpv4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  Ref<GInetAddress> key;
  if (g_inet_address_get_family(inet) == G_SOCKET_FAMILY_IPV4 ||
      g_inet_address_get_is_loopback(inet)) {
    key = retain(inet);
  } else if (memcmp(bytes, kMappedIpv4, sizeof kMappedIpv4) == 0) {
    key = adopt(g_inet_address_new_from_bytes(bytes + 12, G_SOCKET_FAMILY_IPV4));
  } else {
    guint8 network[16] = {};
    memcpy(network, bytes, 8);
    key = adopt(g_inet_address_new_from_bytes(network, G_SOCKET_FAMILY_IPV6));
  }
  char* text = g_inet_address_to_string(key.get());
  std::string result = text;
  g_free(text);
  return result;
}

bool is_loopback_key(const std::string& key) {
  auto address = adopt(g_inet_address_new_from_string(key.c_str()));
  return address && g_inet_address_get_is_loopback(address.get());
}

void Client::attach(GSocketConnection* connection, std::shared_ptr<Client> client) {
  g_object_set_data_full(G_OBJECT(connection), "webcast-client",
                         new std::shared_ptr<Client>(std::move(client)),
                         [](gpointer data) { delete static_cast<std::shared_ptr<Client>*>(data); });
}

void Client::set_deadline(ControlThread& control, std::chrono::milliseconds delay) {
  deadline_ = control.after(
      delay, [socket = socket_] { g_socket_shutdown(socket.get(), TRUE, TRUE, nullptr); });
}

void Client::cut() {
  g_socket_shutdown(socket_.get(), TRUE, TRUE, nullptr);
}

}  // namespace webcast
