// DtlsSession: the DTLS 1.2 handshake of one viewer and the SRTP keys that come out of it.
//
// One a viewer, owned by its Transport, on the swarm's thread. OpenSSL sees memory only:
// datagrams come in through receive() and leave through `send`, cut at record borders.
#pragma once

#include <glib.h>
#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace webcast::swarm {

struct FreeSsl {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
template <typename T>
using SslPtr = std::unique_ptr<T, FreeSsl>;

// A self-signed ECDSA certificate; all viewers of the process share one.
struct DtlsIdentity {
  SslPtr<EVP_PKEY> key;
  SslPtr<X509> certificate;
  SslPtr<SSL_CTX> context;
  std::string fingerprint;  // "sha-256 AB:CD:…"

  static DtlsIdentity create();
};

// Key and salt of each direction, as libsrtp takes them.
struct SrtpKeys {
  std::array<uint8_t, 30> local, remote;
};

class DtlsSession {
 public:
  struct Events {
    std::function<void(std::span<const uint8_t>)> send;
    std::function<void(const SrtpKeys&)> connected;
    std::function<void(const std::string& reason)> failed;
  };
  // `remote_fingerprint`: what the peer's certificate must have, "sha-256 AB:CD:…".
  DtlsSession(const DtlsIdentity& identity, bool server, std::string remote_fingerprint,
              Events events);
  ~DtlsSession();
  DtlsSession(const DtlsSession&) = delete;
  DtlsSession& operator=(const DtlsSession&) = delete;

  void start() { handshake(); }
  void receive(std::span<const uint8_t> datagram);
  // Encrypted, as data channels go; dropped before the handshake is done.
  void send_data(std::span<const uint8_t> data);

 private:
  void handshake();
  void finish();
  void flush();
  void arm_timer();
  void stop_timer();
  static gboolean on_timer(gpointer self);

  SslPtr<SSL> ssl_;
  bool server_;
  bool done_ = false;
  std::string remote_fingerprint_;
  Events events_;
  guint timer_ = 0;
};

}  // namespace webcast::swarm
