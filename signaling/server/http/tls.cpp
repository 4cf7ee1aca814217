#include "signaling/server/http/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <utility>

namespace webcast {

namespace {

std::string last_error() {
  char text[256] = "";
  ERR_error_string_n(ERR_peek_error(), text, sizeof text);
  ERR_clear_error();
  return text;
}

// Of the two files; another one when either was written, replaced or given to somebody else.
std::string stamp_of(const std::string& certificate_file, const std::string& key_file) {
  std::string text;
  for (const std::string& file : {certificate_file, key_file}) {
    struct stat status {};
    if (file.empty() || stat(file.c_str(), &status) != 0) continue;
    for (auto part :
         {static_cast<long long>(status.st_ino), static_cast<long long>(status.st_size),
          static_cast<long long>(status.st_mode), static_cast<long long>(status.st_uid),
          static_cast<long long>(status.st_gid), static_cast<long long>(status.st_ctim.tv_sec),
          static_cast<long long>(status.st_ctim.tv_nsec)})
      text += std::to_string(part) + " ";
  }
  return text;
}

// Nobody is there to be asked; OpenSSL's own would ask the terminal, and wait.
int refuse_passphrase(char*, int, int, void* is_encrypted) {
  *static_cast<bool*>(is_encrypted) = true;
  return -1;
}

void set_up(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Of 1.2; all that 1.3 has are of that kind.
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  // A peer that just goes ends what it says as well as one that says so: HTTP and WebSocket have
  // lengths of their own.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                   SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::load(const std::string& certificate_file,
                                                     const std::string& key_file) {
  if (certificate_file.empty()) {
    if (key_file.empty()) return std::shared_ptr<TlsContext>();
    return Error{ErrorCode::invalid_argument,
                 "tls-key is set but tls-certificate is not: set both, as PEM files."};
  }
  ERR_clear_error();
  const std::string& key = key_file.empty() ? certificate_file : key_file;
  // Before they are read: what changes meanwhile is read again.
  std::string stamp = stamp_of(certificate_file, key_file);
  bool is_encrypted = false;
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (context) {
    SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, &is_encrypted);
  }
  bool usable = context &&
                SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) == 1 &&
                SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1 &&
                SSL_CTX_check_private_key(context) == 1;
  if (!usable) {
    std::string cause = last_error();
    SSL_CTX_free(context);
    if (is_encrypted)
      return Error{ErrorCode::invalid_argument,
                   "The TLS key in " + key +
                       " is encrypted, and nobody is asked for its passphrase here: write it out "
                       "without one (openssl pkey -in KEY -out PLAIN-KEY), for this user alone to "
                       "read.",
                   cause};
    return Error{ErrorCode::invalid_argument,
                 "The TLS certificate " + certificate_file +
                     (key_file.empty() ? "" : " with the key " + key_file) +
                     " cannot be used: both must be PEM files that this user may read, and belong "
                     "together.",
                 cause};
  }
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  set_up(context);
  return std::shared_ptr<TlsContext>(
      new TlsContext(context, certificate_file, key_file, std::move(stamp)));
}

TlsContext::TlsContext(SSL_CTX* context, std::string certificate_file, std::string key_file,
                       std::string stamp)
    : context_(context),
      certificate_file_(std::move(certificate_file)),
      key_file_(std::move(key_file)),
      stamp_(std::move(stamp)) {}

bool TlsContext::files_changed() {
  std::string now = stamp_of(certificate_file_, key_file_);
  return std::exchange(stamp_, now) != now;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

std::vector<std::string> TlsContext::names() const {
  std::vector<std::string> names;
  auto* list = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(SSL_CTX_get0_certificate(context_), NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; list && i < sk_GENERAL_NAME_num(list); i++) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    if (name->type != GEN_DNS) continue;
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                       static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  GENERAL_NAMES_free(list);
  return names;
}

}  // namespace webcast
