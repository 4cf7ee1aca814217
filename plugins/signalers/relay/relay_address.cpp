#include "plugins/signalers/relay/relay_address.hpp"

#include <libsoup/soup.h>

#include <cstring>

#include "plugins/signalers/location.hpp"

namespace webcast {

namespace {

constexpr ServerKind kRelay{"A relay's location",
                            "ws://relay.example.org:8080 or wss://relay.example.org",
                            "publish-token (view-token of a source) or ?token=…"};

bool has_query_token(GUri* uri) {
  const char* query = g_uri_get_query(uri);
  return query && (g_str_has_prefix(query, "token=") || strstr(query, "&token="));
}

std::string reason(const RelayAddress& address, const GError* error, unsigned status) {
  switch (status) {
    case SOUP_STATUS_UNAUTHORIZED:
      if (address.token_from.empty())
        return std::string("it wants a token: set ") + address.token_property +
               ", or add ?token=… to the location";
      return "it does not take the token of " + address.token_from +
             ": it may be for something else, or have expired";
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

Result<RelayAddress> parse_relay_address(const std::string& location, const char* token_property,
                                         bool has_token) {
  auto uri = parse_server_uri(location, kRelay);
  if (!uri) return uri.error();
  const char* scheme = g_uri_get_scheme(uri->get());
  if (!g_str_equal(scheme, "ws") && !g_str_equal(scheme, "wss"))
    return bad_server_uri(location, "the scheme is neither ws nor wss.", kRelay);
  RelayAddress address{*uri, shown_location(location)};
  address.token_property = token_property;
  if (has_query_token(uri->get()))
    address.token_from = kLocationToken;
  else if (has_token)
    address.token_from = token_property;
  return address;
}

std::string relay_page(const RelayAddress& address, const std::string& page) {
  std::string path = g_uri_get_path(address.uri.get());
  if (path != "" && path != "/" && path != "/ws") return {};
  bool is_tls = g_str_equal(g_uri_get_scheme(address.uri.get()), "wss");
  int port = g_uri_get_port(address.uri.get());
  if (port == (is_tls ? 443 : 80)) port = -1;
  char* url =
      g_uri_join(G_URI_FLAGS_ENCODED, is_tls ? "https" : "http", nullptr,
                 g_uri_get_host(address.uri.get()), port, ("/" + page).c_str(), nullptr, nullptr);
  std::string text = url;
  g_free(url);
  return text;
}

Error relay_trouble(const RelayAddress& address, const GError* error, unsigned status) {
  bool refused = status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN;
  return {refused ? ErrorCode::refused : ErrorCode::failed,
          "The relay " + address.shown + " cannot be used: " + reason(address, error, status) +
              ". It is tried again and again.",
          error ? error->message : ""};
}

}  // namespace webcast
