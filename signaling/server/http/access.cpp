#include "signaling/server/http/access.hpp"

#include <glib.h>

#include <algorithm>
#include <array>

#include "signaling/server/http/token.hpp"

namespace webcast {

namespace {

// Who comes is remembered with what it showed: a JWT has 2 KiB at most.
constexpr size_t kMostTokenBytes = 4096;

using Digest = std::array<guint8, 32>;

Digest digest_of(const std::string& text) {
  Digest digest{};
  gsize size = digest.size();
  GChecksum* checksum = g_checksum_new(G_CHECKSUM_SHA256);
  g_checksum_update(checksum, reinterpret_cast<const guchar*>(text.data()),
                    static_cast<gssize>(text.size()));
  g_checksum_get_digest(checksum, digest.data(), &size);
  g_checksum_free(checksum);
  return digest;
}

// Takes the same time whatever differs; digests hide the length too.
bool equal_secrets(const std::string& a, const std::string& b) {
  Digest first = digest_of(a), second = digest_of(b);
  guint8 difference = 0;
  for (size_t i = 0; i < first.size(); i++)
    difference |= first[i] ^ second[i];
  return difference == 0;
}

std::string lower(std::string text) {
  for (char& c : text)
    c = g_ascii_tolower(c);
  return text;
}

std::string bearer_of(const std::string& authorization) {
  constexpr size_t kLength = 7;  // "Bearer "
  if (g_ascii_strncasecmp(authorization.c_str(), "bearer ", kLength) != 0) return {};
  return authorization.substr(kLength);
}

// The first "bearer.…" of a list of subprotocols.
std::string bearer_subprotocol(const std::string& subprotocols) {
  gchar** parts = g_strsplit(subprotocols.c_str(), ",", -1);
  std::string found;
  for (gchar** part = parts; *part && found.empty(); part++) {
    if (g_str_has_prefix(g_strstrip(*part), "bearer.")) found = *part;
  }
  g_strfreev(parts);
  return found;
}

std::string authority_of(const std::string& origin) {
  size_t start = origin.find("://");
  return start == std::string::npos ? std::string() : lower(origin.substr(start + 3));
}

bool matches_name(const std::string& pattern, const std::string& host) {
  if (!g_str_has_prefix(pattern.c_str(), "*.")) return pattern == host;
  size_t dot = host.find('.');
  return dot != std::string::npos && host.substr(dot) == pattern.substr(1);
}

}  // namespace

Access::Access(AccessRules rules) : rules_(std::move(rules)) {
  set_allow_origins(std::move(rules_.allow_origins));
  for (std::string& name : rules_.host_names)
    name = lower(name);
  set_certificate_names(std::move(rules_.certificate_names));
}

void Access::set_certificate_names(std::vector<std::string> names) {
  for (std::string& name : names)
    name = lower(name);
  rules_.certificate_names = std::move(names);
}

void Access::set_tokens(std::string view_token, std::string publish_token) {
  rules_.view_token = std::move(view_token);
  rules_.publish_token = std::move(publish_token);
}

void Access::set_allow_origins(std::vector<std::string> origins) {
  for (std::string& origin : origins)
    origin = lower(origin);
  rules_.allow_origins = std::move(origins);
}

Admission Access::admits(const std::string& token, bool may_publish,
                         std::chrono::system_clock::time_point now) const {
  Grant grant = grant_of(token, {.is_websocket = true, .now = now});
  if (asks_token() && !grant.watches) return Admission::none;
  if (!may_publish || !asks_publish_token() || grant.publishes) return Admission::whole;
  // Its right was everybody's, or came by a token that is none any more.
  return token.empty() || grant.watches ? Admission::watching : Admission::none;
}

Access::Grant Access::grant_of(const std::string& token, const AccessRequest& request) const {
  auto is = [&](const std::string& secret) {
    return !secret.empty() && equal_secrets(token, secret);
  };
  if (token.empty() || token.size() > kMostTokenBytes) return {};
  if (is(rules_.publish_token)) return {true, true, {}};
  if (is(rules_.view_token)) return {true, !asks_publish_token(), {}};
  if (rules_.token_secret.empty()) return {};
  auto grant = read_token(token, rules_.token_secret, request.now);
  bool about_it =
      request.is_websocket || !request.token_needed || (grant && grant->covers(request.stream));
  if (!grant || !about_it) return {};
  return {true, grant->publishes, grant->stream == "*" ? "" : grant->stream};
}

bool Access::host_allowed(const std::string& header) const {
  std::string host = split_host(header).host;
  if (host.empty()) return false;
  if (rules_.address.is_all()) {
    // A page whose site is a bare address was served from there: nothing was rebound.
    if (is_ip_address(host)) return true;
  } else if (host == rules_.address.host) {
    return true;
  }
  bool local = rules_.address.is_loopback() || rules_.address.is_all();
  if (local && is_loopback_host(host)) return true;
  auto is_host = [&](const std::string& name) { return matches_name(name, host); };
  if (std::any_of(rules_.host_names.begin(), rules_.host_names.end(), is_host) ||
      std::any_of(rules_.certificate_names.begin(), rules_.certificate_names.end(), is_host))
    return true;
  return std::any_of(
      rules_.allow_origins.begin(), rules_.allow_origins.end(),
      [&](const std::string& origin) { return split_host(authority_of(origin)).host == host; });
}

bool Access::origin_allowed(const std::string& origin) const {
  return std::any_of(
      rules_.allow_origins.begin(), rules_.allow_origins.end(),
      [&](const std::string& allowed) { return allowed == "*" || allowed == lower(origin); });
}

Verdict Access::check(const AccessRequest& request) const {
  Verdict verdict;
  std::string subprotocol = bearer_subprotocol(request.subprotocols);
  std::string named = subprotocol.empty() ? "" : subprotocol.substr(7);
  const std::string tokens[] = {named, bearer_of(request.authorization), request.query_token};
  Grant best;  // the first that publishes, or else the first
  for (const std::string& token : tokens) {
    Grant grant = grant_of(token, request);
    bool better = grant.watches && (!best.watches || (grant.publishes && !best.publishes));
    if (better) best = grant;
    bool fits = token.size() <= kMostTokenBytes;
    if (better || (verdict.token.empty() && fits)) verdict.token = token;
  }
  bool has_token = best.watches;
  verdict.token_valid = has_token;
  verdict.may_publish = !asks_publish_token() || best.publishes;
  verdict.only_stream = best.only_stream;
  // A browser drops a WebSocket that is not answered with one of the subprotocols it named.
  if (!asks_token() || grant_of(named, request).watches) verdict.subprotocol = subprotocol;

  if (!has_token && !host_allowed(request.host)) {
    verdict.status = 403;
    verdict.sentence =
        "This address is not served under that host name. Use the address that the stream was "
        "started with, or name the site in allow-origins.";
    return verdict;
  }
  bool foreign = !request.origin.empty() && authority_of(request.origin) != lower(request.host);
  bool listed = foreign && origin_allowed(request.origin);
  // The preflight carries no token; what it permits is asked for with one.
  bool preflight =
      request.is_preflight && (asks_token() || (request.publishes && asks_publish_token()));
  if (foreign && !listed && !has_token && !preflight) {
    verdict.status = 403;
    verdict.sentence =
        "Pages of that site may not use this stream: its origin is not in allow-origins.";
    return verdict;
  }
  if (foreign) {
    bool all = std::find(rules_.allow_origins.begin(), rules_.allow_origins.end(), "*") !=
               rules_.allow_origins.end();
    verdict.cors_origin = all ? "*" : request.origin;
  }
  if (asks_token() && request.token_needed && !has_token && !request.is_preflight) {
    verdict.status = 401;
    verdict.sentence =
        rules_.token_secret.empty()
            ? "This stream needs a token: open its address with ?token=… at the end."
            : "This takes a token that is for this stream and has not expired: open the stream's "
              "address with ?token=… at the end.";
  } else if (request.publishes && !verdict.may_publish && !request.is_preflight) {
    verdict.status = 401;
    verdict.sentence =
        "To publish here takes the publish token: open this address with ?token=… at the end.";
  }
  return verdict;
}

}  // namespace webcast
