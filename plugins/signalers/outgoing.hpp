// How the servers that locations name are spoken to: whose certificates are trusted, and what else
// they are shown. Holds secrets: never logged.
#pragma once

#include <libsoup/soup.h>

#include <string>

#include "common/ref.hpp"
#include "common/result.hpp"
#include "plugins/signalers/origin.hpp"

namespace webcast {

struct OutgoingSettings {
  std::string ca_file{};      // PEM; empty: the system's authorities
  bool insecure_tls = false;  // any certificate will do
  HttpHeaders headers{};      // of each request to a location's own origin
};

// What is wrong with the settings, with the remedy. Reads no file. `token_property`: the one whose
// token goes into Authorization; empty: no token is set.
Result<void> check_outgoing(const OutgoingSettings& settings, const std::string& token_property);

// The settings as connections need them.
class OutgoingHttp {
 public:
  // The error is one of ca-file.
  static Result<OutgoingHttp> load(const OutgoingSettings& settings);

  Ref<SoupSession> make_session() const;
  // Before it is sent.
  void prepare(SoupMessage* message) const;
  const HttpHeaders& headers() const { return headers_; }
  void set_bearer(const std::string& token);

 private:
  Ref<GTlsDatabase> authorities_{};
  bool insecure_tls_ = false;
  HttpHeaders headers_{};
};

// With `token` as Authorization: Bearer, where there is one.
HttpHeaders with_bearer(HttpHeaders headers, const std::string& token);

}  // namespace webcast
