#include "signaling/server/http/tls_session.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

namespace webcast {

namespace {

constexpr gsize kMostInRecord = 16 * 1024;  // RFC 8446 section 5.1

// A flight of a handshake and a record. Beyond it the peer asks for new keys again and again, and
// reads no answer.
constexpr size_t kMostPending = 128 * 1024;

// From the socket, for one step; a record takes two. OpenSSL reads on until data comes: over as
// many changes of keys and refused handshakes as a peer sends, without SSL_MODE_AUTO_RETRY too.
// They are to wait in the socket while others have their turn.
constexpr int kMostReads = 32;

// For a peer to take what is left for it.
constexpr guint kLingerSeconds = 10;

gssize would_block(GError** error) {
  g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "Not now");
  return -1;
}

}  // namespace

std::shared_ptr<TlsSession> TlsSession::create(std::shared_ptr<TlsContext> context,
                                               Ref<GSocketConnection> connection,
                                               std::weak_ptr<TlsLingering> lingering) {
  std::shared_ptr<TlsSession> self(
      new TlsSession(std::move(context), std::move(connection), std::move(lingering)));
  return self->ssl_ ? self : nullptr;
}

TlsSession::TlsSession(std::shared_ptr<TlsContext> context, Ref<GSocketConnection> connection,
                       std::weak_ptr<TlsLingering> lingering)
    : context_(std::move(context)),
      connection_(std::move(connection)),
      lingering_(std::move(lingering)) {
  ssl_ = SSL_new(context_->get());
  if (!ssl_) return;
  out_ = BIO_new(BIO_s_mem());
  BIO* in = BIO_new_socket(g_socket_get_fd(socket()), BIO_NOCLOSE);
  BIO_set_callback_ex(in, &TlsSession::on_bio);
  BIO_set_callback_arg(in, reinterpret_cast<char*>(this));
  SSL_set_bio(ssl_, in, out_);
  SSL_set_accept_state(ssl_);
}

TlsSession::~TlsSession() {
  if (flush_) g_source_destroy(flush_.get());
  if (linger_) g_source_destroy(linger_.get());
  SSL_free(ssl_);
}

GSocket* TlsSession::socket() const {
  return g_socket_connection_get_socket(connection_.get());
}

long TlsSession::on_bio(BIO* in, int operation, const char*, size_t, int, long, int result,
                        size_t*) {
  if (operation != BIO_CB_READ) return result;
  auto* self = reinterpret_cast<TlsSession*>(BIO_get_callback_arg(in));
  if (self->reads_left_-- > 0) return result;
  BIO_set_retry_read(in);
  return -1;
}

TlsStep TlsSession::shake_hands() {
  ERR_clear_error();
  reads_left_ = kMostReads;
  int result = SSL_accept(ssl_);
  bool sent = flush();
  if (result == 1) return sent ? TlsStep::done : TlsStep::failed;
  bool waits = SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ;
  return waits && sent ? TlsStep::again : TlsStep::failed;
}

gssize TlsSession::failed(int result, GError** error) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_ZERO_RETURN:
      return 0;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return would_block(error);
    default: {
      char text[256] = "the connection broke";
      if (unsigned long code = ERR_peek_error()) ERR_error_string_n(code, text, sizeof text);
      g_set_error(error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "TLS: %s", text);
      return -1;
    }
  }
}

gssize TlsSession::read(void* data, gsize size, GError** error) {
  if (closed_) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The connection is closed");
    return -1;
  }
  ERR_clear_error();
  reads_left_ = kMostReads;
  int result = SSL_read(ssl_, data, static_cast<int>(std::min<gsize>(size, G_MAXINT)));
  // There may be an alert to send, or an answer to new keys.
  if (!flush() && result != 0) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "TLS: the peer takes nothing");
    return -1;
  }
  return result > 0 ? result : failed(result, error);
}

gssize TlsSession::write(const void* data, gsize size, GError** error) {
  if (closed_ || !flush()) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The connection is closed");
    return -1;
  }
  if (!pending_.empty()) return would_block(error);
  ERR_clear_error();
  int result = SSL_write(ssl_, data, static_cast<int>(std::min(size, kMostInRecord)));
  // Half a message of a handshake came (new keys): nothing can be written before its rest, which
  // may never come, and the socket takes more all the while. Who means it sends it whole.
  if (result <= 0 && SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE,
                        "TLS: half a message of a handshake came");
    return -1;
  }
  if (result <= 0) return failed(result, error);
  flush();
  return result;
}

bool TlsSession::has_read_ahead() const {
  return SSL_pending(ssl_) > 0;
}

bool TlsSession::can_read() const {
  return closed_ || has_read_ahead() ||
         (g_socket_condition_check(socket(), G_IO_IN) & (G_IO_IN | G_IO_HUP | G_IO_ERR)) != 0;
}

bool TlsSession::can_write() {
  return closed_ || !flush() || pending_.empty();
}

bool TlsSession::flush() {
  char buffer[4096];
  for (int got; (got = BIO_read(out_, buffer, sizeof buffer)) > 0;)
    pending_.append(buffer, static_cast<size_t>(got));
  while (!pending_.empty()) {
    GError* error = nullptr;
    gssize sent = g_socket_send(socket(), pending_.data(), pending_.size(), nullptr, &error);
    if (sent < 0) {
      bool later = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
      g_error_free(error);
      if (later) flush_later();
      return later && pending_.size() <= kMostPending;
    }
    pending_.erase(0, static_cast<size_t>(sent));
  }
  return true;
}

void TlsSession::flush_later() {
  if (flush_) return;
  flush_ = adopt(g_socket_create_source(socket(), G_IO_OUT, nullptr));
  GSocketSourceFunc run = [](GSocket*, GIOCondition, gpointer data) -> gboolean {
    if (auto self = static_cast<std::weak_ptr<TlsSession>*>(data)->lock()) {
      self->flush_.reset();
      bool goes_on = self->flush() && !self->pending_.empty();
      if (self->linger_ && !goes_on) self->end_linger();
    }
    return G_SOURCE_REMOVE;
  };
  g_source_set_callback(
      flush_.get(), G_SOURCE_FUNC(run), new std::weak_ptr<TlsSession>(weak_from_this()),
      [](gpointer data) { delete static_cast<std::weak_ptr<TlsSession>*>(data); });
  g_source_attach(flush_.get(), g_main_context_get_thread_default());
}

bool TlsSession::close(GError** error) {
  if (!std::exchange(closed_, true)) {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_)) SSL_shutdown(ssl_);
    auto among = lingering_.lock();
    if (flush() && !pending_.empty() && among) linger(*among);
  }
  if (linger_) return true;
  if (flush_) g_source_destroy(flush_.get());
  flush_.reset();
  return g_io_stream_close(G_IO_STREAM(connection_.get()), nullptr, error);
}

void TlsSession::linger(TlsLingering& among) {
  among.sessions_.insert(shared_from_this());
  linger_ = adopt(g_timeout_source_new_seconds(kLingerSeconds));
  GSourceFunc run = [](gpointer data) -> gboolean {
    if (auto self = static_cast<std::weak_ptr<TlsSession>*>(data)->lock()) self->end_linger();
    return G_SOURCE_REMOVE;
  };
  g_source_set_callback(
      linger_.get(), run, new std::weak_ptr<TlsSession>(weak_from_this()),
      [](gpointer data) { delete static_cast<std::weak_ptr<TlsSession>*>(data); });
  g_source_attach(linger_.get(), g_main_context_get_thread_default());
}

// The caller holds the session.
void TlsSession::end_linger() {
  if (auto among = lingering_.lock()) among->sessions_.erase(shared_from_this());
  for (Ref<GSource>* source : {&linger_, &flush_}) {
    if (*source) g_source_destroy(source->get());
    source->reset();
  }
  g_io_stream_close(G_IO_STREAM(connection_.get()), nullptr, nullptr);
}

void TlsLingering::end() {
  for (const auto& session : std::exchange(sessions_, {}))
    session->end_linger();
}

}  // namespace webcast
