#include "plugins/signalers/outgoing.hpp"

#include <algorithm>
#include <cstring>

namespace webcast {

namespace {

constexpr size_t kMostHeaders = 32, kMostHeaderBytes = 8 * 1024;

Error wrong(const std::string& sentence) {
  return {ErrorCode::invalid_argument, "headers: " + sentence};
}

// A token of RFC 9110 5.6.2.
bool is_header_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return g_ascii_isalnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != nullptr);
  });
}

// What HTTP or the WebSocket says of itself: another value would break the request, or split it.
bool is_of_the_protocol(const std::string& name) {
  static const char* const kOwn[] = {
      "connection", "content-encoding",  "content-length", "content-type",
      "host",       "if-match",          "keep-alive",     "te",
      "trailer",    "transfer-encoding", "upgrade",        "webcast-resume"};
  char* lower = g_ascii_strdown(name.c_str(), -1);
  bool own = g_str_has_prefix(lower, "sec-websocket-") || g_str_has_prefix(lower, "proxy-") ||
             std::any_of(std::begin(kOwn), std::end(kOwn),
                         [&](const char* known) { return g_str_equal(known, lower); });
  g_free(lower);
  return own;
}

bool is_header_value(const std::string& value) {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return c != '\t' && g_ascii_iscntrl(c); });
}

gboolean accept_any(SoupMessage*, GTlsCertificate*, GTlsCertificateFlags, gpointer) {
  return TRUE;
}

Error bad_authorities(const std::string& file, const std::string& why, const GError* error) {
  return {ErrorCode::invalid_argument,
          "ca-file: \"" + file + "\" " + why +
              ": name a PEM file with the certificates of the authorities to trust.",
          error ? error->message : ""};
}

}  // namespace

Result<void> check_outgoing(const OutgoingSettings& settings, const std::string& token_property) {
  if (settings.headers.size() > kMostHeaders)
    return wrong(std::to_string(kMostHeaders) + " are the most there may be");
  size_t bytes = 0;
  for (const auto& [name, value] : settings.headers) {
    bytes += name.size() + value.size();
    if (!is_header_name(name)) return wrong("\"" + name + "\" is not the name of an HTTP header");
    if (is_of_the_protocol(name))
      return wrong(name + " is set by the protocol itself: leave it out");
    if (!is_header_value(value)) return wrong("the value of " + name + " has control characters");
    if (!token_property.empty() && g_ascii_strcasecmp(name.c_str(), "authorization") == 0)
      return wrong(name + " and " + token_property + " say the same: set one of them");
  }
  if (bytes > kMostHeaderBytes)
    return wrong("they are longer than " + std::to_string(kMostHeaderBytes) + " bytes together");
  return {};
}

Result<OutgoingHttp> OutgoingHttp::load(const OutgoingSettings& settings) {
  OutgoingHttp outgoing;
  outgoing.insecure_tls_ = settings.insecure_tls;
  outgoing.headers_ = settings.headers;
  if (settings.ca_file.empty()) return outgoing;
  GError* error = nullptr;
  // glib-networking takes absolute paths only, and a file without any certificate.
  char* path = g_canonicalize_filename(settings.ca_file.c_str(), nullptr);
  GList* certificates = g_tls_certificate_list_new_from_file(path, &error);
  bool has_any = certificates != nullptr;
  g_list_free_full(certificates, g_object_unref);
  if (has_any) outgoing.authorities_ = adopt(g_tls_file_database_new(path, &error));
  g_free(path);
  if (outgoing.authorities_) return outgoing;
  Error why = bad_authorities(settings.ca_file,
                              error ? "cannot be used" : "has no certificate in it", error);
  g_clear_error(&error);
  return why;
}

Ref<SoupSession> OutgoingHttp::make_session() const {
  auto session = adopt(soup_session_new());
  soup_session_set_user_agent(session.get(), "gst-webcast/" WEBCAST_VERSION);
  if (authorities_) soup_session_set_tls_database(session.get(), authorities_.get());
  return session;
}

void OutgoingHttp::prepare(SoupMessage* message) const {
  // Who is spoken to is the caller's to decide, at each step: what a request carries may be secret.
  soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
  if (insecure_tls_)
    g_signal_connect(message, "accept-certificate", G_CALLBACK(&accept_any), nullptr);
}

void OutgoingHttp::set_bearer(const std::string& token) {
  headers_.erase("Authorization");
  headers_ = with_bearer(std::move(headers_), token);
}

HttpHeaders with_bearer(HttpHeaders headers, const std::string& token) {
  if (!token.empty()) headers["Authorization"] = "Bearer " + token;
  return headers;
}

}  // namespace webcast
