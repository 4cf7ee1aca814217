#include "plugins/signalers/server_uri.hpp"

#include <libsoup/soup.h>

#include "plugins/signalers/location.hpp"

namespace webcast {

Error bad_server_uri(const std::string& location, const std::string& why, const ServerKind& kind) {
  return {ErrorCode::invalid_argument, shown_location(location) + ": " + why + " " + kind.location +
                                           " looks like " + kind.looks_like + "."};
}

Result<Ref<GUri>> parse_server_uri(const std::string& location, const ServerKind& kind) {
  auto flags = static_cast<GUriFlags>(G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE);
  // Its own words may quote the location, token and all.
  auto uri = adopt(g_uri_parse(location.c_str(), flags, nullptr));
  if (!uri) return bad_server_uri(location, "this is not an address.", kind);
  const char* host = g_uri_get_host(uri.get());
  if (!host || !*host) return bad_server_uri(location, "the host is missing.", kind);
  if (g_uri_get_port(uri.get()) == 0)
    return bad_server_uri(location, "0 is not a server's port.", kind);
  if (g_uri_get_userinfo(uri.get()))
    return Error{ErrorCode::invalid_argument, std::string(kind.location) +
                                                  " takes no user and password: use " +
                                                  kind.credential + " instead."};
  return uri;
}

std::string why_unreachable(const std::string& what, const GError* error, unsigned status) {
  if (error && error->domain == G_TLS_ERROR)
    return "its certificate is not trusted here: name its authority's certificate in ca-file, "
           "install that on this machine, or use the name that the certificate is for";
  if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return "nothing listens there: start it, or check host and port";
  if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    return "what listens there ends the connection at once: check that it is a " + what +
           ", and what it says in its log";
  if (error && error->domain == G_RESOLVER_ERROR) return "its name is not known: check the host";
  if (status / 100 == 3)
    return "it leads elsewhere (" + std::to_string(status) +
           "), which is not followed: let location name the address where the " + what +
           " itself is, wss instead of ws for example";
  if (status != 0 || (error && error->domain == SOUP_WEBSOCKET_ERROR))
    return "what listens there is no " + what + ": check the location";
  return "it does not answer: check host, port and network";
}

}  // namespace webcast
