// TlsSession: the server's side of one TLS connection, which never waits: what cannot be read or
// written now is said to be so. (GIO's TLS, 2.74, shakes hands on threads of a pool of ten; a few
// silent peers hold them all.)
//
// Server's thread, like the socket. tls_stream.hpp makes a GIOStream of it.
#pragma once

#include <gio/gio.h>
#include <openssl/types.h>

#include <memory>
#include <set>
#include <string>

#include "common/ref.hpp"
#include "signaling/server/http/tls.hpp"

namespace webcast {

enum class TlsStep { done, again, failed };

class TlsSession;

// The sessions that were closed and have something left to send. Their server's.
class TlsLingering {
 public:
  // Cuts them off.
  void end();

 private:
  friend class TlsSession;
  std::set<std::shared_ptr<TlsSession>> sessions_;
};

class TlsSession : public std::enable_shared_from_this<TlsSession> {
 public:
  static std::shared_ptr<TlsSession> create(std::shared_ptr<TlsContext> context,
                                            Ref<GSocketConnection> connection,
                                            std::weak_ptr<TlsLingering> lingering);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // again: when the socket is readable.
  TlsStep shake_hands();
  // 0: the end. Below it: `error` is set, to WOULD_BLOCK where it is to be tried again.
  gssize read(void* data, gsize size, GError** error);
  gssize write(const void* data, gsize size, GError** error);
  bool can_read() const;
  bool can_write();
  // Something is here that the socket does not know of.
  bool has_read_ahead() const;
  GSocket* socket() const;
  // Says goodbye. What the socket did not take yet still goes its way, for some seconds at most and
  // as long as the server is there.
  bool close(GError** error);

 private:
  friend class TlsLingering;
  TlsSession(std::shared_ptr<TlsContext> context, Ref<GSocketConnection> connection,
             std::weak_ptr<TlsLingering> lingering);
  gssize failed(int result, GError** error);
  // OpenSSL's view of the socket; -1: nothing more in this step.
  static long on_bio(BIO* in, int operation, const char*, size_t, int, long, int result, size_t*);
  // To the socket, what it takes; the rest when it takes more. False: it takes nothing ever.
  bool flush();
  void flush_later();
  void linger(TlsLingering& among);
  void end_linger();

  std::shared_ptr<TlsContext> context_;
  Ref<GSocketConnection> connection_;
  SSL* ssl_ = nullptr;
  int reads_left_ = 0;
  BIO* out_ = nullptr;   // ssl_'s, for what it encrypted
  std::string pending_;  // that the socket did not take yet: a record, or a flight of a handshake
  Ref<GSource> flush_;
  std::weak_ptr<TlsLingering> lingering_;
  Ref<GSource> linger_;  // the end of it; null: it does not linger
  bool closed_ = false;
};

}  // namespace webcast
