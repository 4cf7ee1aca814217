// Makes JWT as anybody would, without the library that checks them.
#pragma once

#include <glib.h>

#include <string>

namespace webcast::test {

inline std::string base64url(const guchar* data, size_t size) {
  char* encoded = g_base64_encode(data, size);
  std::string text = encoded;
  g_free(encoded);
  while (text.ends_with('='))
    text.pop_back();
  for (char& c : text)
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

inline std::string base64url(const std::string& text) {
  return base64url(reinterpret_cast<const guchar*>(text.data()), text.size());
}

// `header`, `claims`: JSON. `hash`: what signs, whatever the header says.
inline std::string signed_token(const std::string& secret, const std::string& claims,
                                const std::string& header = R"({"alg":"HS256","typ":"JWT"})",
                                GChecksumType hash = G_CHECKSUM_SHA256) {
  std::string text = base64url(header) + "." + base64url(claims);
  GHmac* hmac = g_hmac_new(hash, reinterpret_cast<const guchar*>(secret.data()), secret.size());
  g_hmac_update(hmac, reinterpret_cast<const guchar*>(text.data()),
                static_cast<gssize>(text.size()));
  guint8 digest[64];
  gsize size = sizeof digest;
  g_hmac_get_digest(hmac, digest, &size);
  g_hmac_unref(hmac);
  return text + "." + base64url(digest, size);
}

}  // namespace webcast::test
