#include "plugins/signalers/janus/janus_address.hpp"

#include <map>

#include "plugins/signalers/location.hpp"
#include "signaling/protocol/janus_codec.hpp"

namespace webcast {

namespace {

constexpr ServerKind kJanus{"The location of a room",
                            "janus://janus.example.org:8188/1234 or "
                            "januss://janus.example.org:8989/1234",
                            "?pin=…"};
// What Janus listens on where its configuration names no other.
constexpr int kPort = 8188, kTlsPort = 8989;

// What it means, and what to do; the numbers are Janus' own (apierror.h) and the VideoRoom's
// (janus_videoroom.c).
std::string explanation(const JanusAddress& address, const JanusFailure& failure) {
  switch (failure.code) {
    case 403:
      return "Janus does not let us in: add its api_secret as ?secret=…, or a token as ?token=…, "
             "to the location";
    case 426:
      return "there is no room " + address.room.text +
             ": create it, or check the number behind the last slash";
    case 429:
      if (address.pin.empty()) return "the room asks for a PIN: add ?pin=… to the location";
      break;
    case 430:
      if (!address.room.is_number)
        return "the room's name is no number, as this Janus wants it (string_ids is not set there)";
      break;
    case 432:
      return "the room has as many publishers as it takes: end one of them, or raise its "
             "\"publishers\"";
    case 433:
      return "the room does not let us in: check ?pin=… (and ?token=…) of the location";
    case 460:
      return "this Janus has no VideoRoom plugin: enable janus.plugin.videoroom";
    default:
      break;
  }
  return "Janus says: " + failure.reason + " (" + std::to_string(failure.code) + ")";
}

Result<void> read_query(const std::string& location, const char* query, JanusAddress& address) {
  if (!query) return {};
  const std::map<std::string, std::string*> known = {
      {"pin", &address.pin}, {"secret", &address.secret}, {"token", &address.token}};
  GUriParamsIter iter;
  g_uri_params_iter_init(&iter, query, -1, "&", G_URI_PARAMS_NONE);
  char *name = nullptr, *value = nullptr;
  GError* error = nullptr;
  Result<void> read;
  while (g_uri_params_iter_next(&iter, &name, &value, &error)) {
    auto found = known.find(name);
    if (found != known.end()) {
      *found->second = value;
    } else {
      read = bad_server_uri(location, "behind ? stand pin=…, secret=… and token=…, nothing else.",
                            kJanus);
    }
    g_free(name);
    g_free(value);
  }
  if (error) read = bad_server_uri(location, "what stands behind ? cannot be read.", kJanus);
  g_clear_error(&error);
  return read;
}

}  // namespace

Result<JanusAddress> parse_janus_address(const std::string& location) {
  auto uri = parse_server_uri(location, kJanus);
  if (!uri) return uri.error();
  bool is_tls = g_str_equal(g_uri_get_scheme(uri->get()), "januss");
  if (!is_tls && !g_str_equal(g_uri_get_scheme(uri->get()), "janus"))
    return bad_server_uri(location, "the scheme is neither janus nor januss.", kJanus);
  std::string path = g_uri_get_path(uri->get());
  size_t slash = path.rfind('/');
  char* room = slash == std::string::npos
                   ? nullptr
                   : g_uri_unescape_string(path.c_str() + slash + 1, nullptr);
  JanusAddress address;
  address.room = janus_id(room ? room : "");
  g_free(room);
  if (address.room.text.empty())
    return bad_server_uri(location, "the room behind the last slash is missing.", kJanus);
  if (address.room.text.size() > kMaxJanusTextBytes)
    return bad_server_uri(location, "the room's name is too long.", kJanus);
  if (auto read = read_query(location, g_uri_get_query(uri->get()), address); !read)
    return read.error();
  int port = g_uri_get_port(uri->get());
  if (port < 0) port = is_tls ? kTlsPort : kPort;
  address.uri = adopt(g_uri_build(G_URI_FLAGS_ENCODED, is_tls ? "wss" : "ws", nullptr,
                                  g_uri_get_host(uri->get()), port,
                                  path.substr(0, slash + 1).c_str(), nullptr, nullptr));
  address.shown = shown_location(location);
  return address;
}

Error janus_unreachable(const JanusAddress& address, const GError* error, unsigned status) {
  return {ErrorCode::failed,
          address.shown + " cannot be used: " +
              why_unreachable("Janus with its WebSocket transport", error, status) +
              ". It is tried again and again.",
          error ? error->message : ""};
}

Error janus_refusal(const JanusAddress& address, const JanusFailure& failure) {
  return {ErrorCode::refused,
          address.shown + " cannot be used: " + explanation(address, failure) +
              ". It is tried again and again.",
          failure.reason};
}

}  // namespace webcast
