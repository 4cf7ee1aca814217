#include "plugins/signalers/origin.hpp"

#include <glib.h>

namespace webcast {

std::string origin_of(const std::string& url) {
  auto flags = static_cast<GUriFlags>(G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE);
  GUri* uri = g_uri_parse(url.c_str(), flags, nullptr);
  if (!uri) return {};
  const char* host = g_uri_get_host(uri);
  std::string origin;
  // Of a scheme that it does not know GLib tells no port, which -1 is.
  if (host && *host && g_uri_get_port(uri) > 0) {
    char* lower = g_ascii_strdown(host, -1);
    std::string name = lower;
    g_free(lower);
    if (name.find(':') != std::string::npos) name = "[" + name + "]";
    origin = std::string(g_uri_get_scheme(uri)) + "://" + name + ":" +
             std::to_string(g_uri_get_port(uri));
  }
  g_uri_unref(uri);
  return origin;
}

}  // namespace webcast
