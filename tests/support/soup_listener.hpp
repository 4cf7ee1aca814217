// SoupListener: a SoupServer on a free port of one address. Belongs to the thread that made it, on
// whose GMainContext it calls back.
#pragma once

#include <libsoup/soup.h>

#include <string>

#include "common/ref.hpp"

namespace webcast::test {

class SoupListener {
 public:
  explicit SoupListener(const std::string& address = "127.0.0.1") {
    // Not soup_server_listen(): libsoup 3.2.3 leaks a socket for each connection of its own.
    auto any = adopt(g_inet_socket_address_new_from_string(address.c_str(), 0));
    GSocketAddress* effective = nullptr;
    g_socket_listener_add_address(G_SOCKET_LISTENER(service_.get()), any.get(),
                                  G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, nullptr, &effective,
                                  nullptr);
    auto bound = adopt(effective);
    port_ = g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound.get()));
    g_signal_connect(service_.get(), "incoming", G_CALLBACK(&on_incoming), soup_.get());
  }
  ~SoupListener() {
    g_socket_service_stop(service_.get());
    g_socket_listener_close(G_SOCKET_LISTENER(service_.get()));
    service_.reset();
    soup_server_disconnect(soup_.get());
  }
  SoupListener(const SoupListener&) = delete;
  SoupListener& operator=(const SoupListener&) = delete;

  SoupServer* soup() const { return soup_.get(); }
  uint16_t port() const { return port_; }

 private:
  static gboolean on_incoming(GSocketService*, GSocketConnection* connection, GObject*,
                              gpointer soup) {
    auto local = adopt(g_socket_connection_get_local_address(connection, nullptr));
    auto remote = adopt(g_socket_connection_get_remote_address(connection, nullptr));
    soup_server_accept_iostream(static_cast<SoupServer*>(soup), G_IO_STREAM(connection),
                                local.get(), remote.get(), nullptr);
    return TRUE;
  }

  Ref<SoupServer> soup_ = adopt(SOUP_SERVER(g_object_new(SOUP_TYPE_SERVER, nullptr)));
  Ref<GSocketService> service_ = adopt(g_socket_service_new());
  uint16_t port_ = 0;
};

}  // namespace webcast::test
