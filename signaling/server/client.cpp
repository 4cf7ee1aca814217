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

bool AddressCounts::move(const std::string& from, const std::string& to, size_t limit) {
  std::lock_guard lock(mutex_);
  if (from == to) return true;
  auto found = counts_.find(to);
  if (found != counts_.end() && found->second >= limit) return false;
  counts_[to]++;
  auto left = counts_.find(from);
  if (left != counts_.end() && --left->second == 0) counts_.erase(left);
  return true;
}

size_t AddressCounts::total() const {
  std::lock_guard lock(mutex_);
  return total_;
}

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

void Client::attach(GSocketConnection* connection, std::shared_ptr<Client> client) {
  g_object_set_data_full(G_OBJECT(connection), "webcast-client",
                         new std::shared_ptr<Client>(std::move(client)),
                         [](gpointer data) { delete static_cast<std::shared_ptr<Client>*>(data); });
}

bool Client::belongs_to(const std::string& address, size_t limit) {
  std::string key = key_of_address(address);
  if (!counts_->move(key_, key, limit)) return false;
  key_ = key;
  told_address_ = address;
  return true;
}

std::string Client::address() const {
  if (!told_address_.empty()) return told_address_;
  auto remote = adopt(g_socket_get_remote_address(socket_.get(), nullptr));
  return peer_address(remote.get());
}

void Client::set_deadline(ControlThread& control, std::chrono::milliseconds delay) {
  deadline_ = control.after(
      delay, [socket = socket_] { g_socket_shutdown(socket.get(), TRUE, TRUE, nullptr); });
}

void Client::cut() {
  g_socket_shutdown(socket_.get(), TRUE, TRUE, nullptr);
}

}  // namespace webcast
