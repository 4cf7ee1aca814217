#include "plugins/signalers/relay_address.hpp"

#include <libsoup/soup.h>

#include "plugins/signalers/location.hpp"

namespace webcast {

namespace {

constexpr ServerKind kRelay{"A relay's location",
                            "ws://relay.example.org:8080 or wss://relay.example.org", "?token=…"};

std::string reason(const GError* error, unsigned status) {
  switch (status) {
    case SOUP_STATUS_UNAUTHORIZED:
      return "it wants a token: add ?token=… to the location";
    case SOUP_STATUS_FORBIDDEN:
      return "it does not go by that host name (403): use its machine's name or address, or have "
             "its allow-origin name the one here";
    case SOUP_STATUS_NOT_FOUND:
      return "there is no relay at this path (404): check the location";
    case SOUP_STATUS_SERVICE_UNAVAILABLE:
      return "it is full (503)";
    default:
      return why_unreachable("relay", error, status);
  }
}

}  // namespace

Result<RelayAddress> parse_relay_address(const std::string& location) {
  auto uri = parse_server_uri(location, kRelay);
  if (!uri) return uri.error();
  const char* scheme = g_uri_get_scheme(uri->get());
  if (!g_str_equal(scheme, "ws") && !g_str_equal(scheme, "wss"))
    return bad_server_uri(location, "the scheme is neither ws nor wss.", kRelay);
  return RelayAddress{*uri, shown_location(location)};
}

Error relay_trouble(const RelayAddress& address, const GError* error, unsigned status) {
  bool refused = status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN;
  return {refused ? ErrorCode::refused : ErrorCode::failed,
          "The relay " + address.shown + " cannot be used: " + reason(error, status) +
              ". It is tried again and again.",
          error ? error->message : ""};
}

}  // namespace webcast
