#include "tests/integration/janus/tcp_proxy.hpp"

namespace webcast::test {

TcpProxy::TcpProxy(std::string host, unsigned port) : host_(std::move(host)), target_(port) {
  thread_.call([this] {
    service_ = adopt(g_socket_service_new());
    auto loopback = adopt(g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4));
    auto address = adopt(g_inet_socket_address_new(loopback.get(), 0));
    GSocketAddress* chosen = nullptr;
    g_socket_listener_add_address(G_SOCKET_LISTENER(service_.get()), address.get(),
                                  G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, nullptr, &chosen,
                                  nullptr);
    auto owned = adopt(chosen);
    port_ = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(chosen));
    g_signal_connect(service_.get(), "incoming", G_CALLBACK(on_incoming), this);
    g_socket_service_start(service_.get());
  });
}

TcpProxy::~TcpProxy() {
  cut(true);
  thread_.call([this] {
    g_socket_service_stop(service_.get());
    service_.reset();
  });
}

gboolean TcpProxy::on_incoming(GSocketService*, GSocketConnection* connection, GObject*,
                               gpointer data) {
  static_cast<TcpProxy*>(data)->take(connection);
  return TRUE;
}

void TcpProxy::take(GSocketConnection* connection) {
  if (refuses_) return;
  auto client = adopt(g_socket_client_new());
  auto target = adopt(g_socket_client_connect_to_host(
      client.get(), host_.c_str(), static_cast<guint16>(target_), nullptr, nullptr));
  if (!target) return;
  auto flags = static_cast<GIOStreamSpliceFlags>(G_IO_STREAM_SPLICE_CLOSE_STREAM1 |
                                                 G_IO_STREAM_SPLICE_CLOSE_STREAM2);
  g_io_stream_splice_async(G_IO_STREAM(connection), G_IO_STREAM(target.get()), flags,
                           G_PRIORITY_DEFAULT, nullptr, nullptr, nullptr);
  connections_.push_back(retain(connection));
  connections_.push_back(target);
}

void TcpProxy::cut(bool refuse) {
  thread_.call([&] {
    refuses_ = refuse;
    for (const auto& connection : std::exchange(connections_, {}))
      g_socket_shutdown(g_socket_connection_get_socket(connection.get()), TRUE, TRUE, nullptr);
  });
}

void TcpProxy::let_through() {
  thread_.call([&] { refuses_ = false; });
}

}  // namespace webcast::test
