#include "signaling/server/http/token.hpp"

#include <json-glib/json-glib.h>
#include <jwt.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "common/stream_name.hpp"

namespace webcast {

namespace {

// A token of ours has some 200. libjwt decodes on the stack, so this comes first.
constexpr size_t kMaxToken = 2048;

// Who is meant, in a token that says for whom it is (RFC 7519 section 4.1.3).
constexpr const char* kAudience = "webcast";

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

bool is_audience(JsonNode* node) {
  return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING &&
         g_str_equal(json_node_get_string(node), kAudience);
}

bool is_for_us(const Jwt& jwt) {
  char* text = jwt_get_grants_json(jwt.get(), "aud");
  if (!text) return true;
  JsonNode* audience = json_from_string(text, nullptr);
  std::free(text);
  if (!audience) return false;
  bool found = is_audience(audience);
  JsonArray* list = JSON_NODE_HOLDS_ARRAY(audience) ? json_node_get_array(audience) : nullptr;
  for (guint i = 0; list && i < json_array_get_length(list); i++)
    found |= is_audience(json_array_get_element(list, i));
  json_node_unref(audience);
  return found;
}

// What the header says to be critical has to be understood (RFC 7515 section 4.1.11); there is
// nothing that would be.
bool has_critical(const Jwt& jwt) {
  char* text = jwt_get_headers_json(jwt.get(), "crit");
  std::free(text);
  return text != nullptr;
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
  if (jwt && has_critical(jwt)) jwt.reset();
  return jwt;
}

}  // namespace

std::optional<TokenGrant> read_token(const std::string& text, const std::string& secret,
                                     std::chrono::system_clock::time_point now) {
  Jwt jwt = decode(text, secret);
  if (!jwt || !is_in_time(jwt, now) || !is_for_us(jwt)) return std::nullopt;
  std::string stream = text_claim(jwt, "stream"), role = text_claim(jwt, "role");
  if (stream != "*" && !is_stream_name(stream)) return std::nullopt;
  if (role != "view" && role != "publish") return std::nullopt;
  return TokenGrant{stream, role == "publish"};
}

}  // namespace webcast
