// Reading a remote description into RemoteDescription (sdp.hpp).
#include <glib.h>

#include <algorithm>
#include <charconv>
#include <climits>
#include <set>

#include "common/sdp_limits.hpp"
#include "plugins/sdp/candidate.hpp"
#include "plugins/sdp/offered_media.hpp"
#include "plugins/sdp/sdp.hpp"
#include "plugins/sdp/sdp_layers.hpp"

namespace webcast {
namespace {

constexpr size_t kMaxCandidatesInSdp = 64;
constexpr size_t kMaxSsrcs = 16;

Error malformed(const std::string& what) {
  return Error{ErrorCode::invalid_argument,
               "The viewer's session description is malformed: " + what};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

// Takes the text before `separator` off the front.
std::string_view take(std::string_view& text, char separator) {
  size_t end = text.find(separator);
  std::string_view head = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return head;
}

std::optional<int> to_int(std::string_view text) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<uint8_t> to_payload_type(std::string_view text) {
  auto value = to_int(text);
  if (!value || *value < 0 || *value > 127) return std::nullopt;
  return static_cast<uint8_t>(*value);
}

// RFC 8866 token, as used for mids; short, because it is written back.
bool is_token(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return g_ascii_isalnum(c) || std::string_view("!#$%&'*+-.^_`{|}~").find(c) != std::string::npos;
  });
}

// RFC 8839 section 5.4.
bool is_ice_text(std::string_view text, size_t at_least) {
  if (text.size() < at_least || text.size() > 256) return false;
  // Some implementations use base64url here, so '-', '_' and '=' are let through.
  return std::all_of(text.begin(), text.end(), [](char c) {
    return g_ascii_isalnum(c) || std::string_view("+/-_=").find(c) != std::string::npos;
  });
}

std::string parameter_value(std::string_view text) {
  std::string value;
  for (char c : trimmed(text))
    if (g_ascii_isgraph(c) && c != ';' && c != '"' && c != '\\') value += c;
  return value.substr(0, 128);
}

FormatParameters read_parameters(std::string_view text) {
  FormatParameters parameters;
  while (!text.empty() && parameters.size() < 32) {
    std::string_view item = trimmed(take(text, ';'));
    std::string name;
    for (char c : trimmed(take(item, '=')))
      name += g_ascii_tolower(c);
    if (is_token(name)) parameters[name] = parameter_value(item);
  }
  return parameters;
}

RemotePayload* find_payload(RemoteMedia& media, std::string_view type_text) {
  auto type = to_payload_type(type_text);
  if (!type) return nullptr;
  for (RemotePayload& payload : media.payloads)
    if (payload.type == *type) return &payload;
  return nullptr;
}

void read_rtpmap(RemoteMedia& media, std::string_view value) {
  RemotePayload* payload = find_payload(media, take(value, ' '));
  value = trimmed(value);
  std::string_view name = take(value, '/');
  std::string_view rate_text = take(value, '/');
  auto rate = to_int(rate_text);
  if (!payload || !is_token(name) || !rate || *rate <= 0) return;
  payload->encoding.clear();
  for (char c : name)
    payload->encoding += g_ascii_toupper(c);
  payload->clock_rate = *rate;
  payload->channels = to_int(value).value_or(0);
}

void read_feedback(RemoteMedia& media, std::string_view value) {
  std::string_view type = take(value, ' ');
  value = trimmed(value);
  static constexpr std::string_view kUsed[] = {"nack", "nack pli", "ccm fir", "transport-cc"};
  if (std::find(std::begin(kUsed), std::end(kUsed), value) == std::end(kUsed)) return;
  auto add = [&](RemotePayload& payload) {
    auto& list = payload.feedback;
    if (std::find(list.begin(), list.end(), value) == list.end()) list.emplace_back(value);
  };
  if (type == "*") {
    std::for_each(media.payloads.begin(), media.payloads.end(), add);
  } else if (RemotePayload* payload = find_payload(media, type)) {
    add(*payload);
  }
}

void read_extmap(RemoteMedia& media, std::string_view value) {
  std::string_view id_text = take(value, ' ');
  auto id = to_int(take(id_text, '/'));
  std::string_view uri = take(value, ' ');
  // One-byte headers only (RFC 8285): ids 1 to 14.
  if (!id || *id < 1 || *id > 14) return;
  if (uri == kTransportCcUri) media.transport_cc_id = static_cast<uint8_t>(*id);
  if (uri == kPlayoutDelayUri) media.playout_delay_id = static_cast<uint8_t>(*id);
  if (uri == kColorSpaceUri) media.color_space_id = static_cast<uint8_t>(*id);
  read_layers_extension(media, static_cast<uint8_t>(*id), uri);
}

std::optional<MediaDirection> to_direction(std::string_view key) {
  if (key == "sendrecv") return MediaDirection::sendrecv;
  if (key == "sendonly") return MediaDirection::sendonly;
  if (key == "recvonly") return MediaDirection::recvonly;
  if (key == "inactive") return MediaDirection::inactive;
  return std::nullopt;
}

// Attributes that may stand at session level and hold for each medium then.
void read_transport_attribute(RemoteMedia& media, std::string_view key, std::string_view value) {
  if (key == "ice-ufrag" && is_ice_text(value, 4)) media.ufrag = value;
  if (key == "ice-pwd" && is_ice_text(value, 22)) media.password = value;
  if (key == "setup" && (value == "actpass" || value == "active" || value == "passive"))
    media.setup = value;
  if (key == "fingerprint" && media.fingerprints.size() < 16)
    if (auto fingerprint = parse_fingerprint(value)) media.fingerprints.push_back(*fingerprint);
}

void read_ssrc(RemoteMedia& media, std::string_view value) {
  uint32_t ssrc = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), ssrc);
  bool known = std::find(media.ssrcs.begin(), media.ssrcs.end(), ssrc) != media.ssrcs.end();
  if (error == std::errc() && !known && media.ssrcs.size() < kMaxSsrcs) media.ssrcs.push_back(ssrc);
}

void read_media_attribute(RemoteMedia& media, std::string_view key, std::string_view value) {
  if (auto direction = to_direction(key)) media.direction = *direction;
  if (key == "rtpmap") read_rtpmap(media, value);
  if (key == "extmap") read_extmap(media, value);
  if (key == "rtcp-mux") media.rtcp_mux = true;
  if (key == "mid" && is_token(value)) media.mid = value;
  if (key == "candidate" && media.candidates.size() < kMaxCandidatesInSdp &&
      value.size() <= kMaxCandidateBytes)
    media.candidates.push_back("candidate:" + std::string(value));
  if (key == "bundle-only") media.rejected = false;
  if (key == "ssrc") read_ssrc(media, value);
  read_layers(media, key, value);
  if (key == "sctp-port") media.sctp_port = static_cast<unsigned>(to_int(value).value_or(0));
  if (key == "max-message-size")
    media.max_message_size = static_cast<size_t>(std::max(to_int(value).value_or(INT_MAX), 0));
}

void read_static_payload(RemotePayload& payload) {
  if (payload.type == 0) payload.encoding = "PCMU";
  if (payload.type == 8) payload.encoding = "PCMA";
  if (!payload.encoding.empty()) payload.clock_rate = 8000;
}

template <typename Function>
void for_each_attribute(const GstSDPMedia* media, Function function) {
  for (guint i = 0; i < gst_sdp_media_attributes_len(media); ++i) {
    const GstSDPAttribute* attribute = gst_sdp_media_get_attribute(media, i);
    function(std::string_view(attribute->key ? attribute->key : ""),
             trimmed(attribute->value ? attribute->value : ""));
  }
}

RemoteMedia read_media(const GstSDPMedia* sdp, const RemoteMedia& session) {
  RemoteMedia media;
  media.kind = gst_sdp_media_get_media(sdp) ? gst_sdp_media_get_media(sdp) : "";
  media.protocol = gst_sdp_media_get_proto(sdp) ? gst_sdp_media_get_proto(sdp) : "";
  media.rejected = gst_sdp_media_get_port(sdp) == 0;
  media.direction = session.direction;
  for (guint i = 0; i < gst_sdp_media_formats_len(sdp); ++i)
    if (auto type = to_payload_type(gst_sdp_media_get_format(sdp, i))) {
      RemotePayload payload;
      payload.type = *type;
      read_static_payload(payload);
      if (!find_payload(media, gst_sdp_media_get_format(sdp, i))) media.payloads.push_back(payload);
    }
  // Payload types are named by rtpmap first, whatever the order of the lines.
  for_each_attribute(sdp, [&](std::string_view key, std::string_view value) {
    read_transport_attribute(media, key, value);
    read_media_attribute(media, key, value);
  });
  for_each_attribute(sdp, [&](std::string_view key, std::string_view value) {
    if (key == "rtcp-fb") read_feedback(media, value);
    if (key == "fmtp")
      if (RemotePayload* payload = find_payload(media, take(value, ' ')))
        payload->parameters = read_parameters(value);
  });
  if (media.ufrag.empty()) media.ufrag = session.ufrag;
  if (media.password.empty()) media.password = session.password;
  if (media.setup.empty()) media.setup = session.setup;
  if (media.fingerprints.empty()) media.fingerprints = session.fingerprints;
  return media;
}

void read_session(const GstSDPMessage* sdp, RemoteDescription& description, RemoteMedia& session) {
  for (guint i = 0; i < gst_sdp_message_attributes_len(sdp); ++i) {
    const GstSDPAttribute* attribute = gst_sdp_message_get_attribute(sdp, i);
    std::string_view key = attribute->key ? attribute->key : "";
    std::string_view value = trimmed(attribute->value ? attribute->value : "");
    read_transport_attribute(session, key, value);
    if (auto direction = to_direction(key)) session.direction = *direction;
    if (key == "ice-lite") description.ice_lite = true;
    if (key == "group" && value.starts_with("BUNDLE ") && description.bundle.empty()) {
      take(value, ' ');
      while (!value.empty() && description.bundle.size() < kMaxSdpMedia)
        if (std::string_view mid = take(value, ' '); is_token(mid))
          description.bundle.emplace_back(mid);
    }
  }
}

// A medium that is alone, or that all others were rejected beside, has one transport without any
// group (webrtcbin names none by default).
void mark_single(std::vector<RemoteMedia>& media) {
  auto used = [](const RemoteMedia& line) { return !line.rejected; };
  if (std::count_if(media.begin(), media.end(), used) == 1)
    std::find_if(media.begin(), media.end(), used)->bundled = true;
}

Result<void> check_line(std::string_view line, unsigned number) {
  // "x=…", printable; anything above ASCII is UTF-8 of a session name, say.
  if (line.size() < 2 || !g_ascii_islower(line[0]) || line[1] != '=')
    return malformed("line " + std::to_string(number) + " is not of the form x=value.");
  for (unsigned char c : line)
    if (c < 0x20 && c != '\t')
      return malformed("line " + std::to_string(number) + " holds a control character.");
  return {};
}

}  // namespace

Result<void> check_sdp_limits(const std::string& sdp) {
  if (sdp.size() > kMaxSdpBytes)
    return Error{ErrorCode::limit, "The viewer's session description is larger than 64 KiB."};
  if (!std::string_view(sdp).starts_with("v=0")) return malformed("it does not begin with v=0.");
  std::string_view rest = sdp;
  unsigned lines = 0, media = 0;
  while (!rest.empty()) {
    std::string_view line = take(rest, '\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    if (++lines > kMaxSdpLines)
      return Error{ErrorCode::limit, "The viewer's session description has more than 500 lines."};
    if (auto ok = check_line(line, lines); !ok) return ok;
    if (line.starts_with("m=") && ++media > kMaxSdpMedia)
      return Error{ErrorCode::limit, "The viewer's session description has more than 16 media."};
  }
  return {};
}

Result<RemoteDescription> parse_description(const std::string& sdp) {
  if (auto ok = check_sdp_limits(sdp); !ok) return ok.error();
  GstSDPMessage* raw = nullptr;
  gst_sdp_message_new(&raw);
  SdpPtr message(raw);
  if (gst_sdp_message_parse_buffer(reinterpret_cast<const guint8*>(sdp.data()),
                                   static_cast<guint>(sdp.size()), raw) != GST_SDP_OK)
    return malformed("it could not be parsed.");

  RemoteDescription description;
  RemoteMedia session;
  read_session(raw, description, session);
  std::set<std::string> mids;
  for (guint i = 0; i < gst_sdp_message_medias_len(raw); ++i) {
    RemoteMedia media = read_media(gst_sdp_message_get_media(raw, i), session);
    if (!media.mid.empty() && !mids.insert(media.mid).second)
      return malformed("two media have the same mid.");
    media.bundled = !media.mid.empty() &&
                    std::find(description.bundle.begin(), description.bundle.end(), media.mid) !=
                        description.bundle.end();
    description.media.push_back(std::move(media));
  }
  if (description.media.empty()) return malformed("it has no media.");
  mark_single(description.media);
  return description;
}

Result<OfferedMedia> read_offer(const std::string& sdp) {
  auto description = parse_description(sdp);
  if (!description) return description.error();
  OfferedMedia offered;
  offered.video.known = offered.audio.known = true;
  for (const RemoteMedia& media : description->media) {
    if (!media.receives() || (media.kind != "video" && media.kind != "audio")) continue;
    bool video = media.kind == "video";
    ++(video ? offered.video_lines : offered.audio_lines);
    for (const RemotePayload& payload : media.payloads) {
      auto codec = codec_from_name(payload.encoding);
      if (!codec || (codec_kind(*codec) == MediaKind::video) != video) continue;
      (video ? offered.video : offered.audio).capabilities.push_back({*codec, payload.parameters});
    }
  }
  return offered;
}

}  // namespace webcast
