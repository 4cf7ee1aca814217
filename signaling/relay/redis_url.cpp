#include "signaling/relay/redis_url.hpp"

#include <glib.h>

#include <memory>

namespace webcast {

namespace {

constexpr guint kMostNumber = 1'000'000;

Error invalid(const char* what) {
  return {ErrorCode::invalid_argument,
          std::string("redis: ") + what + ". It looks like redis://:PASSWORD@HOST:6379."};
}

std::string text_of(const char* text) {
  return text ? text : "";
}

}  // namespace

std::string RedisUrl::shown() const {
  bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<RedisUrl> parse_redis_url(const std::string& text) {
  std::unique_ptr<GUri, decltype(&g_uri_unref)> uri(
      g_uri_parse(text.c_str(), G_URI_FLAGS_HAS_PASSWORD, nullptr), &g_uri_unref);
  if (!uri) return invalid("this is no URL");
  std::string scheme = g_uri_get_scheme(uri.get());
  if (scheme == "rediss")
    return invalid("TLS is not spoken here: go through a tunnel such as stunnel's");
  if (scheme != "redis") return invalid("the URL begins with redis://");
  RedisUrl url;
  url.host = text_of(g_uri_get_host(uri.get()));
  if (url.host.empty()) return invalid("the host is missing");
  int port = g_uri_get_port(uri.get());
  if (port == 0) return invalid("there is no port 0");
  if (port > 0) url.port = static_cast<uint16_t>(port);
  url.user = text_of(g_uri_get_user(uri.get()));
  url.password = text_of(g_uri_get_password(uri.get()));
  if (!url.user.empty() && url.password.empty()) return invalid("the user has no password");
  if (g_uri_get_query(uri.get()) || g_uri_get_fragment(uri.get()))
    return invalid("nothing may stand behind the number");
  std::string path = text_of(g_uri_get_path(uri.get()));
  if (path.empty() || path == "/") return url;
  guint64 number = 0;
  if (!g_ascii_string_to_unsigned(path.c_str() + 1, 10, 0, kMostNumber, &number, nullptr))
    return invalid("behind the host stands a number, or nothing");
  url.number = static_cast<unsigned>(number);
  return url;
}

}  // namespace webcast
