// Signed tokens: JWT (RFC 7519) with HS256 alone, by libjwt. Pure: a text and the time in, what it
// permits out (docs/protocol.md, "Who may come in").
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace webcast {

constexpr size_t kLeastTokenSecret = 32;  // bytes: as many as the hash has (RFC 7518, 3.2)

// What the bearer of a valid token may do.
struct TokenGrant {
  std::string stream{};  // its name; "*": any
  bool publishes = false;
  bool covers(const std::string& name) const { return stream == "*" || stream == name; }
};

// Nothing where `text` is no token that `secret` signed, or is valid no more or not yet.
std::optional<TokenGrant> read_token(const std::string& text, const std::string& secret,
                                     std::chrono::system_clock::time_point now);

}  // namespace webcast
