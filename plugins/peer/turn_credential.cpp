#include "plugins/peer/turn_credential.hpp"

#include <glib.h>

#include <algorithm>
#include <array>
#include <memory>

namespace webcast {

namespace {

struct Free {
  void operator()(char* text) const { g_free(text); }
};
using Text = std::unique_ptr<char, Free>;

std::string signature_of(const std::string& user, const std::string& secret) {
  std::array<guint8, 20> digest{};
  gsize size = digest.size();
  GHmac* hmac =
      g_hmac_new(G_CHECKSUM_SHA1, reinterpret_cast<const guchar*>(secret.data()), secret.size());
  g_hmac_update(hmac, reinterpret_cast<const guchar*>(user.data()),
                static_cast<gssize>(user.size()));
  g_hmac_get_digest(hmac, digest.data(), &size);
  g_hmac_unref(hmac);
  return Text(g_base64_encode(digest.data(), size)).get();
}

std::string escaped(const std::string& text) {
  return Text(g_uri_escape_string(text.c_str(), nullptr, FALSE)).get();
}

}  // namespace

Result<std::string> with_turn_credential(const std::string& server, const std::string& secret,
                                         const std::string& id,
                                         std::chrono::system_clock::time_point now) {
  size_t scheme_end = server.find("://");
  // Not repeated in the sentence: it may hold a password.
  if (scheme_end == std::string::npos)
    return Error{ErrorCode::invalid_argument, "A TURN server is not of the form turn://HOST:PORT."};
  size_t host = scheme_end + 3;
  size_t authority_end = std::min(server.find_first_of("/?#", host), server.size());
  size_t at = server.rfind('@', authority_end);
  if (at != std::string::npos && at >= host) host = at + 1;
  auto expiry = std::chrono::duration_cast<std::chrono::seconds>(
      (now + kTurnCredentialLife).time_since_epoch());
  std::string user = std::to_string(expiry.count()) + ":" + id;
  std::string userinfo = escaped(user) + ":" + escaped(signature_of(user, secret));
  return server.substr(0, scheme_end + 3) + userinfo + "@" + server.substr(host);
}

}  // namespace webcast
