// The server's certificate, from PEM files, and what is spoken with it: TLS 1.2 at least, keys that
// no later loss of the certificate's gives away (ECDHE alone), no renegotiation, no tickets.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace webcast {

class TlsContext {
 public:
  // Empty `certificate_file`: none, and null. `key_file` empty: the key is in the first.
  static Result<std::shared_ptr<TlsContext>> load(const std::string& certificate_file,
                                                  const std::string& key_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* get() const { return context_; }
  // The DNS names that the certificate is for, wildcards as they stand in it.
  std::vector<std::string> names() const;

  // Whether one of the files is another one than when it was loaded, or than when this was asked.
  bool files_changed();
  // From the same files.
  Result<std::shared_ptr<TlsContext>> load_again() const {
    return load(certificate_file_, key_file_);
  }

 private:
  TlsContext(SSL_CTX* context, std::string certificate_file, std::string key_file,
             std::string stamp);

  SSL_CTX* context_;
  const std::string certificate_file_, key_file_;
  std::string stamp_;
};

}  // namespace webcast
