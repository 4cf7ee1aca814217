// Acceptor: binds an address, takes connections in, shakes hands for TLS.
//
// Ours and not SoupServer's: libsoup 3.2.3 stops listening for ever after the first accept() that
// fails (out of descriptors), and knows neither a deadline nor a count of connections.
// Server's thread.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>

#include "common/control_thread.hpp"
#include "common/ref.hpp"
#include "common/result.hpp"
#include "signaling/server/http/client.hpp"
#include "signaling/server/http/listen_address.hpp"
#include "signaling/server/http/rate_limit.hpp"
#include "signaling/server/http/tls_session.hpp"
#include "signaling/server/http/trusted_proxies.hpp"

namespace webcast {

struct AcceptorSettings {
  size_t connections_per_address = 128;
  size_t connections_per_loopback_address = 512;  // a reverse proxy is one address
  size_t connections = 768;                       // descriptors are 1024 by default
  RateSettings new_connections{.burst = 500, .per_second = 50};  // of an address
  std::chrono::milliseconds request_deadline{20'000};
  // Handshakes of TLS under way. Past these the oldest one has to go, of that address or of all: a
  // peer that means it is done long before.
  size_t handshakes_per_address = 64;
  size_t handshakes = 256;
  std::chrono::milliseconds handshake_deadline{5'000};
  TrustedProxies trusted_proxies{};  // have no limits of their own: their clients have
};

class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  struct Accepted {
    Ref<GIOStream> stream{};
    Ref<GSocketAddress> local{}, remote{};
    std::shared_ptr<Client> client{};
  };
  using OnAccepted = std::function<void(Accepted)>;
  using OnRefused = std::function<void(const char* cause)>;  // as Metrics has it

  // For the handshake that begins.
  using CurrentTls = std::function<std::shared_ptr<TlsContext>()>;

  // `tls`: empty for plain TCP.
  Acceptor(ControlThread& control, AcceptorSettings settings, CurrentTls tls,
           OnAccepted on_accepted, OnRefused on_refused);

  // Binds and starts; gives the port in use.
  Result<uint16_t> open(const ListenAddress& address);
  // No new connections after this; those that are shaking hands end.
  void close();

  size_t connections() const { return counts_->total(); }
  // A trusted proxy's connection is for that address. False: which comes too often, or has as many
  // as it may; nobody but itself is told.
  bool admit(Client& client, const std::string& address);

 private:
  Result<uint16_t> bind(const ListenAddress& address);
  void accept_next();
  void on_connection(Ref<GSocketConnection> connection);
  struct Handshake {
    Accepted accepted{};
    std::shared_ptr<TlsSession> session{};
    Ref<GSource> readable{};
    Timer deadline{};
    ~Handshake() {
      if (readable) g_source_destroy(readable.get());
    }
  };
  using Handshakes = std::list<Handshake>;

  void shake_hands(Accepted accepted, Ref<GSocketConnection> connection);
  void go_on(Handshakes::iterator handshake);
  void make_room_for(const std::string& key);
  bool within_rate(const std::string& key);
  size_t limit_of(const std::string& key) const;

  ControlThread& control_;
  AcceptorSettings settings_;
  CurrentTls tls_;
  OnAccepted on_accepted_;
  OnRefused on_refused_;
  RateLimit rate_, loopback_rate_;
  std::shared_ptr<AddressCounts> counts_ = std::make_shared<AddressCounts>();
  Handshakes handshakes_;  // oldest first
  std::shared_ptr<TlsLingering> lingering_ = std::make_shared<TlsLingering>();
  Ref<GSocketListener> listener_;
  Ref<GCancellable> cancellable_;
  Timer retry_;
};

}  // namespace webcast
