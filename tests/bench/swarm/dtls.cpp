#include "tests/bench/swarm/dtls.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace webcast::swarm {
namespace {

constexpr size_t kMaxDatagram = 1200;
constexpr size_t kRecordHeader = 13;  // RFC 6347 section 4.1

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  std::string text = "sha-256 ";
  for (unsigned i = 0; i < size; ++i) {
    char hex[4];
    g_snprintf(hex, sizeof hex, i ? ":%02X" : "%02X", digest[i]);
    text += hex;
  }
  return text;
}

std::string last_error() {
  char text[256] = "unknown error";
  if (unsigned long code = ERR_get_error()) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

// Browsers repeat a lost flight after 50 ms, not after the second of RFC 6347: the first one often
// comes before the other side's ICE is ready.
unsigned retransmission_timer(SSL*, unsigned last_us) {
  return last_us == 0 ? 50'000 : std::min(2 * last_us, 3'200'000u);
}

// The peer's certificate is self-signed; finish() compares it with the SDP.
int accept_any(int, X509_STORE_CTX*) {
  return 1;
}

}  // namespace

DtlsIdentity DtlsIdentity::create() {
  DtlsIdentity identity;
  identity.key.reset(EVP_EC_gen("P-256"));
  identity.certificate.reset(X509_new());
  X509* certificate = identity.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  uint32_t serial = 1;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial & 0x7fffffff);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -24 * 3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("swarm"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_set_pubkey(certificate, identity.key.get());
  X509_sign(certificate, identity.key.get(), EVP_sha256());
  identity.fingerprint = fingerprint_of(certificate);

  identity.context.reset(SSL_CTX_new(DTLS_method()));
  SSL_CTX* context = identity.context.get();
  SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION);
  SSL_CTX_use_certificate(context, certificate);
  SSL_CTX_use_PrivateKey(context, identity.key.get());
  SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AES128_CM_SHA1_80");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
  SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
  return identity;
}

DtlsSession::DtlsSession(const DtlsIdentity& identity, bool server, std::string remote_fingerprint,
                         Events events)
    : ssl_(SSL_new(identity.context.get())),
      server_(server),
      remote_fingerprint_(std::move(remote_fingerprint)),
      events_(std::move(events)) {
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_mtu(ssl_.get(), kMaxDatagram);
  DTLS_set_timer_cb(ssl_.get(), retransmission_timer);
  if (server_)
    SSL_set_accept_state(ssl_.get());
  else
    SSL_set_connect_state(ssl_.get());
}

DtlsSession::~DtlsSession() {
  stop_timer();
}

void DtlsSession::receive(std::span<const uint8_t> datagram) {
  BIO_write(SSL_get_rbio(ssl_.get()), datagram.data(), static_cast<int>(datagram.size()));
  if (!done_) return handshake();
  // A peer that lost our last flight repeats its own: reading makes OpenSSL answer again.
  uint8_t ignored[2048];
  while (SSL_read(ssl_.get(), ignored, sizeof ignored) > 0) {
  }
  ERR_clear_error();
  flush();
}

void DtlsSession::send_data(std::span<const uint8_t> data) {
  if (!done_) return;
  SSL_write(ssl_.get(), data.data(), static_cast<int>(data.size()));
  ERR_clear_error();
  flush();
}

void DtlsSession::handshake() {
  stop_timer();
  int result = SSL_do_handshake(ssl_.get());
  int error = SSL_get_error(ssl_.get(), result);
  flush();
  if (result == 1) return finish();
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    ERR_clear_error();
    return arm_timer();
  }
  events_.failed("DTLS handshake: " + last_error());
}

void DtlsSession::finish() {
  done_ = true;
  SslPtr<X509> certificate(SSL_get1_peer_certificate(ssl_.get()));
  if (!certificate || fingerprint_of(certificate.get()) != remote_fingerprint_)
    return events_.failed("the certificate is not the one of the SDP");
  if (!SSL_get_selected_srtp_profile(ssl_.get())) return events_.failed("no SRTP profile");

  // RFC 5764 section 4.2: client key, server key, client salt, server salt.
  std::array<uint8_t, 60> material{};
  constexpr char kLabel[] = "EXTRACTOR-dtls_srtp";
  if (SSL_export_keying_material(ssl_.get(), material.data(), material.size(), kLabel,
                                 sizeof kLabel - 1, nullptr, 0, 0) != 1)
    return events_.failed("no SRTP keys: " + last_error());
  std::array<uint8_t, 30> client{}, server{};
  std::copy_n(material.begin(), 16, client.begin());
  std::copy_n(material.begin() + 16, 16, server.begin());
  std::copy_n(material.begin() + 32, 14, client.begin() + 16);
  std::copy_n(material.begin() + 46, 14, server.begin() + 16);
  events_.connected(server_ ? SrtpKeys{server, client} : SrtpKeys{client, server});
}

void DtlsSession::flush() {
  // The memory BIO joins the records of a flight: give them out again as datagrams of whole
  // records.
  BIO* out = SSL_get_wbio(ssl_.get());
  std::vector<uint8_t> flight(BIO_ctrl_pending(out));
  if (flight.empty()) return;
  BIO_read(out, flight.data(), static_cast<int>(flight.size()));
  size_t begin = 0, end = 0;
  while (end + kRecordHeader <= flight.size()) {
    size_t record = kRecordHeader + (flight[end + 11] << 8 | flight[end + 12]);
    if (end > begin && end + record - begin > kMaxDatagram) {
      events_.send(std::span(flight).subspan(begin, end - begin));
      begin = end;
    }
    end = std::min(end + record, flight.size());
  }
  if (end > begin) events_.send(std::span(flight).subspan(begin, end - begin));
}

void DtlsSession::arm_timer() {
  timeval left{};
  if (!DTLSv1_get_timeout(ssl_.get(), &left)) return;
  auto wait = static_cast<guint>(left.tv_sec * 1000 + left.tv_usec / 1000 + 1);
  timer_ = g_timeout_add(wait, &DtlsSession::on_timer, this);
}

void DtlsSession::stop_timer() {
  if (timer_) g_source_remove(timer_);
  timer_ = 0;
}

gboolean DtlsSession::on_timer(gpointer data) {
  auto* self = static_cast<DtlsSession*>(data);
  self->timer_ = 0;
  if (DTLSv1_handle_timeout(self->ssl_.get()) < 0) {
    self->events_.failed("DTLS handshake: no answer");
    return G_SOURCE_REMOVE;
  }
  self->flush();
  self->arm_timer();
  return G_SOURCE_REMOVE;
}

}  // namespace webcast::swarm
