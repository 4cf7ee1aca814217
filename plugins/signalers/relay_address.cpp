#include "plugins/signalers/relay_address.hpp"

#include <libsoup/soup.h>

#include "plugins/signalers/location.hpp"

namespace webcast {

namespace {

Error bad(const std::string& location, const std::string& why) {
  return {ErrorCode::invalid_argument,
          shown_location(location) + ": " + why +
              " A relay's location looks like ws://relay.example.org:8080 or "
              "wss://relay.example.org."};
}

std::string reason(const GError* error, unsigned status) {
  switch (status) {
    case SOUP_STATUS_UNAUTHORIZED:
      return "it wants a token: add ?token=… to the location";
    case SOUP_STATUS_FORBIDDEN:
      return "it does not go by that host name (403): use its machine's name or address, or have its "
             "allow-origin name the one here";
    case SOUP_STATUS_NOT_FOUND:
      return "there is no relay at this path (404): check the location";
    case SOUP_STATUS_SERVICE_UNAVAILABLE:
      return "it is full (503)";
    default:
      break;
  }
  if (error && error->domain == G_TLS_ERROR)
    return "its certificate is not trusted here: install its authority's certificate on this "
           "machine, or use the name that the certificate is for";
  if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return "nothing listens there: start it, or check host and port";
  if (error && error->domain == G_RESOLVER_ERROR) return "its name is not known: check the host";
  if (status != 0 || (error && error->domain == SOUP_WEBSOCKET_ERROR))
    return "what listens there is no relay: check the location";
  return "it does not answer: check host, port and network";
}

}  // namespace

Result<RelayAddress> parse_relay_address(const std::string& location) {
  auto flags = static_cast<GUriFlags>(G_URI_FLAGS_ENCODED | G_URI_FLAGS_SCHEME_NORMALIZE);
  // Its own words may quote the location, token and all.
  auto uri = adopt(g_uri_parse(location.c_str(), flags, nullptr));
  if (!uri) return bad(location, "this is not an address.");
  const char* scheme = g_uri_get_scheme(uri.get());
  if (!g_str_equal(scheme, "ws") && !g_str_equal(scheme, "wss"))
    return bad(location, "the scheme is neither ws nor wss.");
  const char* host = g_uri_get_host(uri.get());
  if (!host || !*host) return bad(location, "the host is missing.");
  if (g_uri_get_port(uri.get()) == 0) return bad(location, "0 is not a relay's port.");
  if (g_uri_get_userinfo(uri.get()))
    return Error{ErrorCode::invalid_argument,
                 "A relay's location takes no user and password: use ?token=… instead."};
  return RelayAddress{uri, shown_location(location)};
}

Error relay_trouble(const RelayAddress& address, const GError* error, unsigned status) {
  bool refused = status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN;
  return {refused ? ErrorCode::refused : ErrorCode::failed,
          "The relay " + address.shown + " cannot be used: " + reason(error, status) +
              ". It is tried again and again.",
          error ? error->message : ""};
}

}  // namespace webcast
