// A TCP proxy on loopback whose connections a test can cut, and let through again.
#pragma once

#include <gio/gio.h>

#include <string>
#include <vector>

#include "common/control_thread.hpp"

namespace webcast::test {

class TcpProxy {
 public:
  TcpProxy(std::string host, unsigned port);
  ~TcpProxy();

  unsigned port() const { return port_; }
  // All connections end. While `refuse` holds new ones do so at once.
  void cut(bool refuse);
  void let_through();

 private:
  static gboolean on_incoming(GSocketService*, GSocketConnection* connection, GObject*,
                              gpointer data);
  void take(GSocketConnection* connection);

  const std::string host_;
  const unsigned target_;
  unsigned port_ = 0;
  bool refuses_ = false;
  ControlThread thread_{"tcp-proxy"};
  Ref<GSocketService> service_;
  std::vector<Ref<GSocketConnection>> connections_;
};

}  // namespace webcast::test
