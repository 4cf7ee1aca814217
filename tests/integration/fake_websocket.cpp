#include "tests/integration/fake_websocket.hpp"

#include <algorithm>

namespace webcast::test {

FakeWebsocket::FakeWebsocket(const char* protocol, Replies replies) : replies_(std::move(replies)) {
  thread_.call([&] { listen(protocol); });
}

FakeWebsocket::~FakeWebsocket() {
  thread_.call([this] {
    socket_.reset();
    listener_.reset();
  });
  thread_.stop();
}

void FakeWebsocket::at(const std::string& part, Turn turn) {
  thread_.call([&] { awaited_.push_back({part, std::move(turn)}); });
}

void FakeWebsocket::say(const std::string& text) {
  thread_.call([&] {
    if (socket_) soup_websocket_connection_send_text(socket_.get(), text.c_str());
  });
}

void FakeWebsocket::cut() {
  auto cut = [this] {
    if (auto socket = std::exchange(socket_, {}))
      g_io_stream_close(soup_websocket_connection_get_io_stream(socket.get()), nullptr, nullptr);
  };
  // Not while libsoup hands out a message of that socket.
  if (thread_.is_current())
    thread_.post(cut);
  else
    thread_.call(cut);
}

unsigned FakeWebsocket::count(const std::string& part) const {
  return static_cast<unsigned>(
      std::count_if(heard_.begin(), heard_.end(),
                    [&](const std::string& text) { return text.find(part) != std::string::npos; }));
}

bool FakeWebsocket::is_asked(const std::string& part, unsigned times) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return count(part) >= times; });
}

unsigned FakeWebsocket::times_asked(const std::string& part) {
  std::lock_guard lock(mutex_);
  return count(part);
}

void FakeWebsocket::listen(const char* protocol) {
  listener_.emplace();
  port_ = listener_->port();
  const char* protocols[] = {protocol, nullptr};
  soup_server_add_websocket_handler(listener_->soup(), nullptr, nullptr,
                                    protocol ? const_cast<char**>(protocols) : nullptr, &on_socket,
                                    this, nullptr);
}

void FakeWebsocket::on_socket(SoupServer*, SoupServerMessage*, const char*,
                              SoupWebsocketConnection* socket, gpointer data) {
  auto& self = *static_cast<FakeWebsocket*>(data);
  self.socket_ = retain(socket);
  g_signal_connect(socket, "message", G_CALLBACK(&on_message), data);
  self.hear(kOpened);
}

void FakeWebsocket::on_message(SoupWebsocketConnection*, int, GBytes* message, gpointer data) {
  gsize size = 0;
  auto* text = static_cast<const char*>(g_bytes_get_data(message, &size));
  static_cast<FakeWebsocket*>(data)->hear(std::string(text, size));
}

void FakeWebsocket::hear(const std::string& request) {
  {
    std::lock_guard lock(mutex_);
    heard_.push_back(request);
  }
  changed_.notify_all();
  if (is_answered(request)) return;
  if (std::string reply = replies_(request); !reply.empty()) say(reply);
}

bool FakeWebsocket::is_answered(const std::string& request) {
  auto found = std::find_if(awaited_.begin(), awaited_.end(), [&](const Awaited& awaited) {
    return request.find(awaited.part) != std::string::npos;
  });
  if (found == awaited_.end()) return false;
  Turn turn = std::move(found->turn);
  awaited_.erase(found);
  return turn(request);
}

}  // namespace webcast::test
