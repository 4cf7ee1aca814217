#include "signaling/server/http/client.hpp"

#include "common/address_key.hpp"

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
