#include "signaling/server/token.hpp"

#include <jwt.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "common/stream_name.hpp"

namespace webcast {

namespace {

// A token of ours has some 200. libjwt decodes on the stack, so this comes first.
constexpr size_t kMaxToken = 2048;

using Jwt = std::unique_ptr<jwt_t, decltype(&jwt_free)>;

std::string text_claim(const Jwt& jwt, const char* name) {
  const char* text = jwt_get_grant(jwt.get(), name);
  return text ? text : "";
}

// Seconds since 1970; -1: the claim is absent, 0: it is no whole number.
long time_claim(const Jwt& jwt, const char* name) {
  errno = 0;
  long seconds = jwt_get_grant_int(jwt.get(), name);
  if (errno == ENOENT) return -1;
  return errno == 0 ? std::max(seconds, 0L) : 0;
}

bool is_in_time(const Jwt& jwt, std::chrono::system_clock::time_point now) {
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  long expires = time_claim(jwt, "exp"), begins = time_claim(jwt, "nbf");
  return expires > 0 && seconds < expires && begins != 0 && seconds >= begins;
}

Jwt decode(const std::string& text, const std::string& secret) {
  if (text.empty() || text.size() > kMaxToken || secret.size() < kLeastTokenSecret)
    return {nullptr, &jwt_free};
  jwt_t* decoded = nullptr;
  int failed =
      jwt_decode(&decoded, text.c_str(), reinterpret_cast<const unsigned char*>(secret.data()),
                 static_cast<int>(secret.size()));
  Jwt jwt(failed ? nullptr : decoded, &jwt_free);
  // The algorithm is ours to choose, not the token's (RFC 8725, 3.1).
  if (jwt && jwt_get_alg(jwt.get()) != JWT_ALG_HS256) jwt.reset();
  return jwt;
}

}  // namespace

std::optional<TokenGrant> read_token(const std::string& text, const std::string& secret,
                                     std::chrono::system_clock::time_point now) {
  Jwt jwt = decode(text, secret);
  if (!jwt || !is_in_time(jwt, now)) return std::nullopt;
  std::string stream = text_claim(jwt, "stream"), role = text_claim(jwt, "role");
  if (stream != "*" && !is_stream_name(stream)) return std::nullopt;
  if (role != "view" && role != "publish") return std::nullopt;
  return TokenGrant{stream, role == "publish"};
}

}  // namespace webcast
