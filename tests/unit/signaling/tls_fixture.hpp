// A certificate made on the way, a TlsSession, and a peer of it that can misbehave.
#pragma once

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "signaling/server/tls_session.hpp"

namespace webcast::test {

// PEM files in a folder of their own.
class TlsFiles {
 public:
  TlsFiles() {
    char* name = g_dir_make_tmp("webcast-tls-XXXXXX", nullptr);
    folder_ = name;
    g_free(name);
    make();
  }
  ~TlsFiles() {
    unlink(certificate().c_str());
    unlink(key().c_str());
    rmdir(folder_.c_str());
  }
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;

  std::string certificate() const { return folder_ + "/cert.pem"; }
  std::string key() const { return folder_ + "/key.pem"; }

  // `passphrase`: of the key; null: it is not encrypted.
  void make(const char* passphrase = nullptr) {
    EVP_PKEY* pair = EVP_EC_gen("P-256");
    X509* one = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(one), 1);
    X509_gmtime_adj(X509_getm_notBefore(one), -3600);
    X509_gmtime_adj(X509_getm_notAfter(one), 86400);
    X509_set_pubkey(one, pair);
    X509_sign(one, pair, EVP_sha256());
    FILE* file = fopen(certificate().c_str(), "w");
    PEM_write_X509(file, one);
    fclose(file);
    file = fopen(key().c_str(), "w");
    PEM_write_PrivateKey(file, pair, passphrase ? EVP_aes_128_cbc() : nullptr, nullptr, 0, nullptr,
                         const_cast<char*>(passphrase));
    fclose(file);
    X509_free(one);
    EVP_PKEY_free(pair);
  }

 private:
  std::string folder_;
};

// The client's side; what it says collects until send().
class TlsPeer {
 public:
  explicit TlsPeer(int descriptor)
      : descriptor_(descriptor), context_(SSL_CTX_new(TLS_client_method())) {
    ssl_ = SSL_new(context_);
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_, in_, out_);
    SSL_set_connect_state(ssl_);
  }
  ~TlsPeer() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(descriptor_);
  }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  bool shake_hands() { return SSL_do_handshake(ssl_) == 1; }
  void change_keys(int times, int kind) {
    for (int i = 0; i < times; i++) {
      ASSERT_EQ(SSL_key_update(ssl_, kind), 1);
      ASSERT_EQ(SSL_do_handshake(ssl_), 1);
    }
  }
  void write(const std::string& text) {
    SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
  }
  bool send() {
    char* bytes = nullptr;
    auto size = BIO_get_mem_data(out_, &bytes);
    ssize_t sent = ::send(descriptor_, bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
    BIO_reset(out_);
    return sent == size;
  }
  // What the socket has of up to `size` bytes; false: nothing now.
  bool take(size_t size = 65536) {
    std::string bytes(size, '\0');
    ssize_t got = recv(descriptor_, bytes.data(), size, MSG_DONTWAIT);
    if (got == 0) at_end_ = true;
    if (got > 0) BIO_write(in_, bytes.data(), static_cast<int>(got));
    return got > 0;
  }
  bool at_end() const { return at_end_; }
  std::string read() {
    std::string text(65536, '\0');
    int got = SSL_read(ssl_, text.data(), static_cast<int>(text.size()));
    text.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return text;
  }

 private:
  int descriptor_;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  BIO *in_ = nullptr, *out_ = nullptr;
  bool at_end_ = false;
};

struct TlsPair {
  TlsPair() : peer(make_sockets()) {
    context = *TlsContext::load(files.certificate(), files.key());
    auto socket = adopt(g_socket_new_from_fd(ours_, nullptr));
    g_socket_set_blocking(socket.get(), FALSE);
    session = TlsSession::create(
        context, adopt(g_socket_connection_factory_create_connection(socket.get())), lingering);
  }
  int make_sockets() {
    int sockets[2] = {};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    ours_ = sockets[0];
    return sockets[1];
  }
  bool shake_hands() {
    TlsStep step = TlsStep::again;
    for (int i = 0; i < 10; i++) {
      bool peer_done = peer.shake_hands();
      peer.send();
      if (step == TlsStep::again) step = session->shake_hands();
      if (step == TlsStep::done && peer_done) return true;
      peer.take();
    }
    return false;
  }
  // Empty: nothing now, or broken().
  std::string read() {
    std::string text(4096, '\0');
    GError* error = nullptr;
    gssize got = session->read(text.data(), text.size(), &error);
    broken_ = error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    g_clear_error(&error);
    text.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return text;
  }
  // Whether it was taken.
  bool write(const std::string& text) {
    GError* error = nullptr;
    gssize taken = session->write(text.data(), text.size(), &error);
    broken_ = error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    g_clear_error(&error);
    return taken == static_cast<gssize>(text.size());
  }
  bool broken() const { return broken_; }

  int ours_ = -1;
  bool broken_ = false;
  TlsFiles files;
  TlsPeer peer;
  std::shared_ptr<TlsContext> context;
  std::shared_ptr<TlsLingering> lingering = std::make_shared<TlsLingering>();
  std::shared_ptr<TlsSession> session;
};

}  // namespace webcast::test
