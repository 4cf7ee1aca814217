// A certificate made on the way, a TlsSession, and a peer of it that can misbehave.
#pragma once

#include <gtest/gtest.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "signaling/server/http/tls_session.hpp"

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
    SSL_CTX_set_ciphersuites(context_, "TLS_AES_128_GCM_SHA256");
    SSL_CTX_set_keylog_callback(context_, [](const SSL* ssl, const char* line) {
      static_cast<TlsPeer*>(SSL_get_app_data(ssl))->note_secret(line);
    });
    ssl_ = SSL_new(context_);
    SSL_set_app_data(ssl_, this);
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
  // Goes at once, as the first record behind the handshake (RFC 8446 sections 5.2 and 7.3); this
  // side's own TLS knows nothing of it.
  bool send_handshake_bytes(const std::string& bytes) {
    std::string plain = bytes + '\x16';
    unsigned char header[] = {0x17, 3, 3, 0, static_cast<unsigned char>(plain.size() + 16)};
    std::string key = expand("key", 16), nonce = expand("iv", 12);  // record 0 changes no bit of it
    std::string sealed(plain.size() + 16, '\0');
    auto* out = reinterpret_cast<unsigned char*>(sealed.data());
    auto in = [](const std::string& text) {
      return reinterpret_cast<const unsigned char*>(text.data());
    };
    int size = 0, rest = 0;
    EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();
    bool done =
        EVP_EncryptInit_ex(cipher, EVP_aes_128_gcm(), nullptr, in(key), in(nonce)) == 1 &&
        EVP_EncryptUpdate(cipher, nullptr, &size, header, sizeof header) == 1 &&
        EVP_EncryptUpdate(cipher, out, &size, in(plain), static_cast<int>(plain.size())) == 1 &&
        EVP_EncryptFinal_ex(cipher, out + size, &rest) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, 16, out + plain.size()) == 1;
    EVP_CIPHER_CTX_free(cipher);
    std::string record(reinterpret_cast<char*>(header), sizeof header);
    record += sealed;
    return done && ::send(descriptor_, record.data(), record.size(), MSG_NOSIGNAL) ==
                       static_cast<ssize_t>(record.size());
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
  void note_secret(const std::string& line) {
    if (!line.starts_with("CLIENT_TRAFFIC_SECRET_0 ")) return;
    std::string text = line.substr(line.rfind(' ') + 1);
    secret_.clear();
    for (size_t at = 0; at + 1 < text.size(); at += 2)
      secret_ += static_cast<char>(std::stoi(text.substr(at, 2), nullptr, 16));
  }
  // HKDF-Expand-Label of the secret (RFC 8446 section 7.1).
  std::string expand(const char* label, size_t size) {
    std::string info{'\0', static_cast<char>(size)};
    std::string name = std::string("tls13 ") + label;
    info += static_cast<char>(name.size());
    info += name + '\0' + '\1';  // no context; HKDF's counter
    std::string bytes(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
         reinterpret_cast<const unsigned char*>(info.data()), info.size(),
         reinterpret_cast<unsigned char*>(bytes.data()), &length);
    bytes.resize(size);
    return bytes;
  }

  std::string secret_;
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
