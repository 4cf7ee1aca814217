#include "signaling/server/http/acceptor.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <utility>

#include "common/address_key.hpp"
#include "common/process_budget.hpp"
#include "signaling/server/http/tls_stream.hpp"

namespace webcast {

namespace {

constexpr int kBindTries = 5;
constexpr std::chrono::milliseconds kRetryAfter{200};
// Unsent or unacknowledged data this old: the other side is gone, or reads nothing.
constexpr int kTcpUserTimeout = 20'000;

Error listen_error(const ListenAddress& address, const GError* error) {
  std::string where = address.text();
  if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE)) {
    return {ErrorCode::in_use,
            "Cannot listen on " + where +
                ": another program uses that port. Stop it, or choose another port (0: a free "
                "one).",
            error->message};
  }
  if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED)) {
    return {ErrorCode::refused,
            "Cannot listen on " + where +
                ": ports below 1024 need a privilege. Choose a port from 1024 up.",
            error->message};
  }
  return {ErrorCode::failed,
          "Cannot listen on " + where +
              ": this machine has no such address, or it cannot be used. Use 127.0.0.1, or "
              "nothing before the colon for all addresses.",
          error->message};
}

Ref<GSocketAddress> socket_address(const std::string& host, uint16_t port) {
  auto inet = adopt(g_inet_address_new_from_string(host.c_str()));
  return adopt(g_inet_socket_address_new(inet.get(), port));
}

// Connections are to leave descriptors for what they are made for.
AcceptorSettings within_limits(AcceptorSettings settings) {
  size_t descriptors = measure_process().limit.descriptors;
  settings.connections = std::min(settings.connections, descriptors / 4 * 3);
  settings.connections_per_loopback_address =
      std::min(settings.connections_per_loopback_address, descriptors / 2);
  settings.connections_per_address = std::min(settings.connections_per_address, descriptors / 4);
  return settings;
}

// Adds one address; the port that it got, or 0 with `error`.
uint16_t add(GSocketListener* listener, const std::string& host, uint16_t port, GError** error) {
  GSocketAddress* effective = nullptr;
  if (!g_socket_listener_add_address(listener, socket_address(host, port).get(),
                                     G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, nullptr,
                                     &effective, error))
    return 0;
  auto bound = adopt(effective);
  return g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound.get()));
}

}  // namespace

Acceptor::Acceptor(ControlThread& control, AcceptorSettings settings, CurrentTls tls,
                   OnAccepted on_accepted, OnRefused on_refused)
    : control_(control),
      settings_(within_limits(settings)),
      tls_(std::move(tls)),
      on_accepted_(std::move(on_accepted)),
      on_refused_(std::move(on_refused)),
      rate_(settings.new_connections),
      loopback_rate_(of_loopback(settings.new_connections)),
      cancellable_(adopt(g_cancellable_new())) {}

Result<uint16_t> Acceptor::bind(const ListenAddress& address) {
  // An IPv6 socket on all addresses takes IPv4 too; a machine without IPv6 gets the plain one.
  // "localhost" is both, because browsers try both.
  std::string first = address.host, second;
  if (address.host.empty()) first = "::";
  if (address.host == "localhost") first = "127.0.0.1", second = "::1";

  GError* error = nullptr;
  for (int tries = kBindTries; tries > 0; tries--) {
    g_clear_error(&error);
    listener_ = adopt(g_socket_listener_new());
    uint16_t port = add(listener_.get(), first, address.port, &error);
    bool in_use = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
    if (port == 0 && address.host.empty() && !in_use) {
      g_clear_error(&error);
      port = add(listener_.get(), "0.0.0.0", address.port, &error);
    }
    if (port == 0) break;
    if (second.empty() || add(listener_.get(), second, port, &error)) return port;
    in_use = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
    if (!in_use) {
      g_clear_error(&error);  // no IPv6 here
      return port;
    }
    if (address.port != 0) break;
  }
  Error result = listen_error(address, error);
  g_clear_error(&error);
  g_socket_listener_close(listener_.get());
  listener_.reset();
  return result;
}

Result<uint16_t> Acceptor::open(const ListenAddress& address) {
  auto port = bind(address);
  if (port) accept_next();
  return port;
}

void Acceptor::close() {
  g_cancellable_cancel(cancellable_.get());
  retry_.cancel();
  handshakes_.clear();
  if (auto lingering = std::exchange(lingering_, nullptr)) lingering->end();
  if (listener_) g_socket_listener_close(listener_.get());
  listener_.reset();
}

void Acceptor::accept_next() {
  if (!listener_) return;
  auto done = [](GObject* source, GAsyncResult* result, gpointer data) {
    auto* weak = static_cast<std::weak_ptr<Acceptor>*>(data);
    auto self = weak->lock();
    delete weak;
    GError* error = nullptr;
    auto connection =
        adopt(g_socket_listener_accept_finish(G_SOCKET_LISTENER(source), result, nullptr, &error));
    bool cancelled = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    if (error && !cancelled) g_info("A connection was not accepted: %s", error->message);
    g_clear_error(&error);
    if (!self || cancelled || !self->listener_) return;
    if (!connection) {
      // Out of descriptors, mostly: some come back when others leave.
      self->retry_ = self->control_.after(kRetryAfter, [weak_self = std::weak_ptr(self)] {
        if (auto again = weak_self.lock()) again->accept_next();
      });
      return;
    }
    self->on_connection(std::move(connection));
    self->accept_next();
  };
  g_socket_listener_accept_async(listener_.get(), cancellable_.get(), done,
                                 new std::weak_ptr<Acceptor>(shared_from_this()));
}

void Acceptor::on_connection(Ref<GSocketConnection> connection) {
  Accepted accepted;
  accepted.local = adopt(g_socket_connection_get_local_address(connection.get(), nullptr));
  accepted.remote = adopt(g_socket_connection_get_remote_address(connection.get(), nullptr));
  if (!accepted.local || !accepted.remote) return;

  std::string key = peer_key(accepted.remote.get());
  bool is_proxy = settings_.trusted_proxies.contains(peer_address(accepted.remote.get()));
  if (!is_proxy && !within_rate(key)) return;  // it is counted there
  size_t limit = is_proxy ? settings_.connections : limit_of(key);
  constexpr Resources kOne{.descriptors = 1, .threads = 0, .address_space = 0};
  if (!process_has_room(kOne) || !counts_->add(key, limit, settings_.connections)) {
    g_info("Too many connections: one is refused");
    return on_refused_("full");
  }
  auto socket = retain(g_socket_connection_get_socket(connection.get()));
  g_socket_set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY, TRUE, nullptr);
  g_socket_set_option(socket.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, kTcpUserTimeout, nullptr);
  accepted.client = std::make_shared<Client>(std::move(socket), key, counts_);
  accepted.client->set_deadline(control_, settings_.request_deadline);
  Client::attach(connection.get(), accepted.client);
  accepted.stream = retain(G_IO_STREAM(connection.get()));
  if (tls_) {
    shake_hands(std::move(accepted), std::move(connection));
  } else {
    on_accepted_(std::move(accepted));
  }
}

bool Acceptor::within_rate(const std::string& key) {
  RateLimit& rate = is_loopback_key(key) ? loopback_rate_ : rate_;
  if (rate.take(key, std::chrono::steady_clock::now()).count() == 0) return true;
  on_refused_("rate");
  return false;
}

size_t Acceptor::limit_of(const std::string& key) const {
  return is_loopback_key(key) ? settings_.connections_per_loopback_address
                              : settings_.connections_per_address;
}

bool Acceptor::admit(Client& client, const std::string& address) {
  std::string key = key_of_address(address);
  if (!within_rate(key)) return false;
  if (client.belongs_to(address, limit_of(key))) return true;
  on_refused_("full");
  return false;
}

void Acceptor::make_room_for(const std::string& key) {
  auto of_address = [&](const Handshake& one) { return one.accepted.client->key() == key; };
  auto count = std::count_if(handshakes_.begin(), handshakes_.end(), of_address);
  auto oldest = handshakes_.end();
  if (static_cast<size_t>(count) >= settings_.handshakes_per_address) {
    oldest = std::find_if(handshakes_.begin(), handshakes_.end(), of_address);
  } else if (handshakes_.size() >= settings_.handshakes) {
    oldest = handshakes_.begin();
  }
  if (oldest == handshakes_.end()) return;
  handshakes_.erase(oldest);
  on_refused_("handshake");
}

void Acceptor::shake_hands(Accepted accepted, Ref<GSocketConnection> connection) {
  auto session = TlsSession::create(tls_(), std::move(connection), lingering_);
  if (!session) return;
  make_room_for(accepted.client->key());
  auto handshake = handshakes_.emplace(handshakes_.end());
  handshake->accepted = std::move(accepted);
  handshake->session = std::move(session);
  handshake->deadline =
      control_.after(settings_.handshake_deadline, [weak = weak_from_this(), handshake] {
        auto self = weak.lock();
        if (!self) return;
        self->on_refused_("handshake");
        self->handshakes_.erase(handshake);
      });
  go_on(handshake);
}

void Acceptor::go_on(Handshakes::iterator handshake) {
  TlsStep step = handshake->session->shake_hands();
  if (step == TlsStep::again) {
    if (handshake->readable) return;
    struct Waiting {
      std::weak_ptr<Acceptor> acceptor;
      Handshakes::iterator handshake;
    };
    handshake->readable =
        adopt(g_socket_create_source(handshake->session->socket(), G_IO_IN, nullptr));
    GSocketSourceFunc run = [](GSocket*, GIOCondition, gpointer data) -> gboolean {
      // Its copy: the source goes with the handshake.
      Waiting waiting = *static_cast<Waiting*>(data);
      if (auto self = waiting.acceptor.lock()) self->go_on(waiting.handshake);
      return G_SOURCE_CONTINUE;
    };
    g_source_set_callback(handshake->readable.get(), G_SOURCE_FUNC(run),
                          new Waiting{weak_from_this(), handshake},
                          [](gpointer data) { delete static_cast<Waiting*>(data); });
    g_source_attach(handshake->readable.get(), control_.context());
    return;
  }
  Accepted accepted = std::move(handshake->accepted);
  auto session = std::move(handshake->session);
  handshakes_.erase(handshake);
  if (step == TlsStep::failed) return;
  accepted.stream = adopt(tls_stream_new(std::move(session)));
  on_accepted_(std::move(accepted));
}

}  // namespace webcast
