#include "common/web_origin.hpp"

#include <glib.h>

namespace webcast {

Result<void> check_web_origin(const std::string& origin) {
  if (origin == "*") return {};
  GUri* uri = g_uri_parse(origin.c_str(), G_URI_FLAGS_NONE, nullptr);
  bool has_scheme = origin.find("://") != std::string::npos;
  const char* host = uri ? g_uri_get_host(uri) : nullptr;
  bool has_host = host && *host;
  // Browsers send no path; with one, the origin would fit no page.
  bool ends_there = uri && !*g_uri_get_path(uri) && !g_uri_get_query(uri) &&
                    !g_uri_get_fragment(uri) && !g_uri_get_userinfo(uri);
  if (uri) g_uri_unref(uri);
  if (has_scheme && has_host && ends_there) return {};
  return Error{ErrorCode::invalid_argument,
               "\"" + origin + "\" is no origin, and would let no page in: " +
                   (has_scheme ? "write scheme, host and port alone, as https://example.org"
                               : "put its scheme before it, as https://" + origin)};
}

}  // namespace webcast
