// How a secret that got out is known: each one that a test sets has the mark in itself, and a
// signed token begins with what its header is in base64url. Nothing that is printed, logged or
// posted may have either; tests/run.sh looks for them in all output (tests/support/secrets.sh).
#pragma once

#include <initializer_list>
#include <string_view>

namespace webcast::test {

inline constexpr const char* kSecretMark = "s3cret";
inline constexpr const char* kSignedTokenMark = "eyJhbGciOi";

inline bool shows_secret(std::string_view text) {
  for (const char* mark : {kSecretMark, kSignedTokenMark})
    if (text.find(mark) != std::string_view::npos) return true;
  return false;
}

}  // namespace webcast::test
