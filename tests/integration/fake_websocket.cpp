#include "tests/integration/fake_websocket.hpp"

#include <algorithm>

namespace webcast::test {

FakeWebsocket::FakeWebsocket(const char* protocol, Replies replies) : replies_(std::move(replies)) {
  thread_.call([&] { listen(protocol); });
}

FakeWebsocket::~FakeWebsocket() {
  thread_.call([this] {
    socket_.reset();
    g_socket_service_stop(service_.get());
    g_socket_listener_close(G_SOCKET_LISTENER(service_.get()));
    service_.reset();
    soup_server_disconnect(soup_.get());
    soup_.reset();
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
  soup_ = adopt(SOUP_SERVER(g_object_new(SOUP_TYPE_SERVER, nullptr)));
  const char* protocols[] = {protocol, nullptr};
  soup_server_add_websocket_handler(soup_.get(), nullptr, nullptr,
                                    protocol ? const_cast<char**>(protocols) : nullptr, &on_socket,
                                    this, nullptr);
  // Not soup_server_listen(): libsoup 3.2.3 leaks a socket for each connection of its own.
  service_ = adopt(g_socket_service_new());
  auto any = adopt(g_inet_socket_address_new_from_string("127.0.0.1", 0));
  GSocketAddress* bound = nullptr;
  g_socket_listener_add_address(G_SOCKET_LISTENER(service_.get()), any.get(), G_SOCKET_TYPE_STREAM,
                                G_SOCKET_PROTOCOL_TCP, nullptr, &bound, nullptr);
  auto address = adopt(bound);
  port_ = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address.get()));
  g_signal_connect(service_.get(), "incoming", G_CALLBACK(&on_incoming), this);
}

gboolean FakeWebsocket::on_incoming(GSocketService*, GSocketConnection* connection, GObject*,
                                    gpointer data) {
  auto local = adopt(g_socket_connection_get_local_address(connection, nullptr));
  auto remote = adopt(g_socket_connection_get_remote_address(connection, nullptr));
  soup_server_accept_iostream(static_cast<FakeWebsocket*>(data)->soup_.get(),
                              G_IO_STREAM(connection), local.get(), remote.get(), nullptr);
  return TRUE;
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
