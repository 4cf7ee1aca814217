#include "plugins/session/settings_checks.hpp"

#include <gio/gio.h>

#include <algorithm>
#include <string_view>

#include "common/stream_name.hpp"
#include "common/web_origin.hpp"
#include "plugins/signalers/location.hpp"
#include "plugins/signalers/manual.hpp"

namespace webcast {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && g_ascii_isspace(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && g_ascii_isspace(text.back()))
    text.remove_suffix(1);
  return text;
}

Error invalid(std::string sentence) {
  return Error{ErrorCode::invalid_argument, std::move(sentence)};
}

// Without a user no TURN server gives anything; with a secret each peer gets one of its own.
Result<void> check_turn_server(const std::string& server, bool has_secret) {
  if (!g_str_has_prefix(server.c_str(), "turn://") && !g_str_has_prefix(server.c_str(), "turns://"))
    return invalid("turn-servers: each must look like turn://user:password@host:port");
  std::string user = server.substr(server.find("://") + 3);
  size_t at = user.rfind('@');
  size_t colon = at == std::string::npos ? 0 : user.substr(0, at).find(':');
  bool has_user =
      at != std::string::npos && colon != std::string::npos && colon > 0 && colon + 1 < at;
  if (has_user || has_secret) return {};
  return invalid("turn-servers: " + shown_location(server) +
                 " has no user and password, without which no server relays anything: write "
                 "turn://user:password@host:port, or set turn-secret");
}

Result<void> check_ice(const IceSettings& ice) {
  if (ice.max_port != 0 && ice.min_port > ice.max_port)
    return invalid("min-port " + std::to_string(ice.min_port) + " is above max-port " +
                   std::to_string(ice.max_port) + ": swap them, or set both to 0 for any port");
  for (const std::string& address : ice.local_addresses)
    if (!g_hostname_is_ip_address(address.c_str()))
      return invalid("local-addresses: \"" + address +
                     "\" is not an IP address; name addresses of this machine such as 127.0.0.1");
  if (!ice.external_address.empty() && !g_hostname_is_ip_address(ice.external_address.c_str()))
    return invalid("external-address: \"" + ice.external_address + "\" is not an IP address");
  if (!ice.stun_server.empty() && !g_str_has_prefix(ice.stun_server.c_str(), "stun://"))
    return invalid("stun-server must look like stun://host:port");
  for (const std::string& server : ice.turn_servers)
    if (auto ok = check_turn_server(server, !ice.turn_secret.empty()); !ok) return ok;
  if (ice.relay_only && ice.turn_servers.empty())
    return invalid("ice-transport-policy=relay needs at least one server in turn-servers");
  return {};
}

}  // namespace

Result<std::vector<Codec>> parse_codecs(const std::string& text, MediaKind kind,
                                        const char* property) {
  std::vector<Codec> codecs;
  std::string_view rest = text;
  while (!rest.empty()) {
    size_t comma = rest.find(',');
    std::string_view name = trimmed(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    auto codec = codec_from_name(name);
    if (!codec || codec_kind(*codec) != kind)
      return invalid(std::string(property) + ": \"" + std::string(name) + "\" is not a codec for " +
                     kind_name(kind) + "; use " +
                     (kind == MediaKind::video ? "H264, VP8, VP9, AV1, H265" : "OPUS, PCMA, PCMU"));
    if (std::find(codecs.begin(), codecs.end(), *codec) == codecs.end()) codecs.push_back(*codec);
  }
  if (codecs.empty()) return invalid(std::string(property) + " is empty: name at least one codec");
  return codecs;
}

Result<void> check_origins(const std::vector<std::string>& origins) {
  for (const std::string& origin : origins)
    if (auto ok = check_web_origin(origin); !ok)
      return invalid("allow-origins: " + ok.error().sentence);
  return {};
}

bool is_manual(const std::string& location) {
  auto parsed = parse_location(location);
  return parsed && parsed->scheme == kManualScheme;
}

static Result<void> check_manual(const std::vector<std::string>& locations, SignalerRole role) {
  auto count = std::count_if(locations.begin(), locations.end(), is_manual);
  if (count > 1)
    return invalid(
        "location: manual: stands there twice, and one offer is for one viewer: for more of them "
        "use an element for each");
  if (count == 1 && role == SignalerRole::consumer && locations.size() > 1)
    return invalid(
        "location: a source's manual: stands alone, as the source takes one publisher: take away "
        "the other locations, or use an element for each");
  return {};
}

Result<CheckedSettings> check_common(const std::string& location, const std::string& stream,
                                     const std::string& video_codecs,
                                     const std::string& audio_codecs, const IceSettings& ice,
                                     const WaySettings& ways) {
  if (!is_stream_name(stream))
    return invalid("stream: \"" + stream +
                   "\" is not a stream name; use 1 to 64 letters, digits, '.', '_' or '-'");
  auto locations = split_locations(location);
  if (!locations) return locations.error();
  if (auto ok = check_manual(*locations, ways.role); !ok) return ok.error();
  auto video = parse_codecs(video_codecs, MediaKind::video, "video-codecs");
  if (!video) return video.error();
  auto audio = parse_codecs(audio_codecs, MediaKind::audio, "audio-codecs");
  if (!audio) return audio.error();
  if (auto ok = check_ice(ice); !ok) return ok.error();
  const AccessSettings& access = ways.access;
  if (access.tls_certificate.empty() != access.tls_key.empty())
    return invalid("tls-certificate and tls-key belong together: set both, or neither");
  if (auto ok = check_origins(access.allow_origins); !ok) return ok.error();
  std::string token = ways.shown_token().empty() ? "" : shown_token_property(ways.role);
  if (auto ok = check_outgoing(ways.outgoing, token); !ok) return ok.error();
  CheckedSettings checked{*locations, *video, *audio};
  if (ways.outgoing.insecure_tls)
    checked.warnings.push_back(
        "insecure-tls is set: whoever is on the way to the server can pose as it, get the token "
        "and change what is sent. Set ca-file to the authority of its certificate instead.");
  return checked;
}

}  // namespace webcast
