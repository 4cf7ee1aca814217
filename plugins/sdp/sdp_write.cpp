// Writing descriptions: for webrtcbin out of what was read, for the viewer out of webrtcbin's.
#include <glib.h>

#include <algorithm>
#include <charconv>

#include "plugins/sdp/sdp.hpp"
#include "plugins/sdp/sdp_data.hpp"
#include "plugins/sdp/sdp_layers.hpp"

namespace webcast {
namespace {

constexpr const char* kProtocol = "UDP/TLS/RTP/SAVPF";
constexpr const char* kStreamId = "webcast";  // one MediaStream: browsers keep it in lip sync

struct MediaDeleter {
  void operator()(GstSDPMedia* media) const { gst_sdp_media_free(media); }
};
using MediaPtr = std::unique_ptr<GstSDPMedia, MediaDeleter>;

void add(GstSDPMedia* media, const char* key, const std::string& value) {
  // Never null: gst_sdp_media_attributes_to_caps() takes it for text (1.22).
  gst_sdp_media_add_attribute(media, key, value.c_str());
}

MediaPtr new_media(const std::string& kind, guint port) {
  GstSDPMedia* media = nullptr;
  gst_sdp_media_new(&media);
  gst_sdp_media_set_media(media, kind.c_str());
  gst_sdp_media_set_port_info(media, port, 1);
  gst_sdp_media_set_proto(media, kProtocol);
  gst_sdp_media_add_connection(media, "IN", "IP4", "0.0.0.0", 0, 0);
  return MediaPtr(media);
}

SdpPtr new_message(bool ice_lite) {
  GstSDPMessage* message = nullptr;
  gst_sdp_message_new(&message);
  gst_sdp_message_set_version(message, "0");
  // webrtcbin copies the origin of an offer into its answer; no secret, the peer is told it.
  std::string id = std::to_string(g_random_int());
  gst_sdp_message_set_origin(message, "-", id.c_str(), "1", "IN", "IP4", "0.0.0.0");
  gst_sdp_message_set_session_name(message, "-");
  gst_sdp_message_add_time(message, "0", "0", nullptr);
  gst_sdp_message_add_attribute(message, "ice-options", "trickle");
  if (ice_lite) gst_sdp_message_add_attribute(message, "ice-lite", "");
  return SdpPtr(message);
}

std::string fingerprint_text(const Fingerprint& fingerprint) {
  std::string text = fingerprint.algorithm + " ";
  for (size_t i = 0; i < fingerprint.digest.size(); ++i) {
    if (i > 0 && i % 2 == 0) text += ':';
    text += g_ascii_toupper(fingerprint.digest[i]);
  }
  return text;
}

void add_transport(GstSDPMedia* media, const RemoteMedia& transport, const std::string& setup) {
  add(media, "ice-ufrag", transport.ufrag);
  add(media, "ice-pwd", transport.password);
  // webrtcbin wants the same one everywhere and looks at none; the comparison is ours.
  for (const Fingerprint& fingerprint : transport.fingerprints)
    if (fingerprint.algorithm == "sha-256") {
      add(media, "fingerprint", fingerprint_text(fingerprint));
      break;
    }
  add(media, "setup", setup);
  add(media, "rtcp-mux", "");
}

std::string rtpmap_text(const RemotePayload& payload) {
  std::string text = std::to_string(payload.type) + " " + payload.encoding + "/" +
                     std::to_string(payload.clock_rate);
  if (payload.channels > 0) text += "/" + std::to_string(payload.channels);
  return text;
}

void add_parameters(GstSDPMedia* media, const RemotePayload& payload) {
  std::string text;
  for (const auto& [name, value] : payload.parameters) {
    // Out-of-band parameter sets, and what a receiver prefers, are nothing to a sender.
    if (name.starts_with("sprop-") || value.empty()) continue;
    text += (text.empty() ? "" : ";") + name + "=" + value;
  }
  if (!text.empty()) add(media, "fmtp", std::to_string(payload.type) + " " + text);
}

void add_payload(GstSDPMedia* media, const RemotePayload& payload) {
  gst_sdp_media_add_format(media, std::to_string(payload.type).c_str());
  add(media, "rtpmap", rtpmap_text(payload));
  add_parameters(media, payload);
}

const RemotePayload* payload_of(const RemoteMedia& media, int type) {
  auto found = std::find_if(media.payloads.begin(), media.payloads.end(),
                            [type](const RemotePayload& p) { return p.type == type; });
  return found == media.payloads.end() ? nullptr : &*found;
}

void add_feedback(GstSDPMedia* media, const RemotePayload& payload, const MediumPlan& plan) {
  for (const std::string& feedback : payload.feedback) {
    if (feedback == "nack" && !plan.nack) continue;
    if (feedback == "transport-cc" && plan.transport_cc_id == 0) continue;
    add(media, "rtcp-fb", std::to_string(payload.type) + " " + feedback);
  }
}

void add_extension(GstSDPMedia* media, uint8_t id, const char* uri) {
  if (id != 0) add(media, "extmap", std::to_string(id) + " " + uri);
}

// The planned codec of one m-line, its retransmission, feedback and extensions.
void add_plan(GstSDPMedia* media, const RemoteMedia& line, const MediumPlan& plan) {
  const RemotePayload* payload = payload_of(line, plan.payload_type);
  if (!payload) return;
  add_payload(media, *payload);
  add_feedback(media, *payload, plan);
  if (const RemotePayload* rtx = payload_of(line, plan.rtx_payload_type)) add_payload(media, *rtx);
  add_extension(media, plan.transport_cc_id, kTransportCcUri);
  add_extension(media, plan.playout_delay_id, kPlayoutDelayUri);
}

// By these webrtcbin tells one medium's packets from another's. The name is ours: one for all,
// for they are in lip sync.
void add_ssrcs(GstSDPMedia* media, const RemoteMedia& line) {
  for (uint32_t ssrc : line.ssrcs)
    add(media, "ssrc", std::to_string(ssrc) + " cname:" + kStreamId);
}

std::string attribute(const GstSDPMedia* media, const char* key) {
  const char* value = gst_sdp_media_get_attribute_val(media, key);
  return value ? value : "";
}

// A copy of one of webrtcbin's media for the viewer: `mid`, the candidates, and the stream's
// name where every browser looks for it (RFC 8830; not in a=ssrc).
MediaPtr for_viewer(const GstSDPMedia* own, const std::string& mid,
                    const std::vector<std::string>& candidates, bool sends = true) {
  GstSDPMedia* copy = nullptr;
  gst_sdp_media_copy(own, &copy);
  MediaPtr media(copy);
  for (guint i = gst_sdp_media_attributes_len(copy); i > 0; --i) {
    const GstSDPAttribute* item = gst_sdp_media_get_attribute(copy, i - 1);
    std::string_view key = item->key, value = item->value ? item->value : "";
    if (key == "mid" || key == "candidate" || key == "end-of-candidates" ||
        (key == "ssrc" && value.find(" msid:") != std::string_view::npos))
      gst_sdp_media_remove_attribute(copy, i - 1);
  }
  if (!mid.empty()) add(copy, "mid", mid);
  if (sends)
    add(copy, "msid", std::string(kStreamId) + " " + gst_sdp_media_get_media(own) + "-" + mid);
  for (const std::string& candidate : candidates) {
    std::string_view text = candidate;
    if (text.starts_with("candidate:")) text.remove_prefix(10);
    add(copy, "candidate", std::string(text));
  }
  return media;
}

// What was agreed of the codec, in the place of what webrtcbin (1.22) left of it: it loses
// profile-level-id, which says what may be sent (RFC 6184 section 8.2.2), and some feedback.
void restore_codec(GstSDPMedia* media, const RemoteMedia& line, const MediumPlan& plan) {
  const RemotePayload* payload = payload_of(line, plan.payload_type);
  if (!payload) return;
  std::string type = std::to_string(payload->type) + " ";
  for (guint i = gst_sdp_media_attributes_len(media); i > 0; --i) {
    const GstSDPAttribute* item = gst_sdp_media_get_attribute(media, i - 1);
    std::string_view key = item->key, value = item->value ? item->value : "";
    if ((key == "fmtp" || key == "rtcp-fb") && value.starts_with(type))
      gst_sdp_media_remove_attribute(media, i - 1);
  }
  add_parameters(media, *payload);
  add_feedback(media, *payload, plan);
}

// The answer to an m-line that we don't serve: inactive in the bundle, for a browser may have
// tied its transport to it; refused when it is not plain bundled RTP. A refused one names the
// transport too: webrtcbin refuses a whole answer in which one m-line does not.
MediaPtr unserved(const RemoteMedia& line, const GstSDPMedia* served) {
  bool inactive = !line.rejected && line.bundled && line.rtcp_mux && !line.payloads.empty() &&
                  !line.payloads.front().encoding.empty() && !line.mid.empty() &&
                  (line.kind == "audio" || line.kind == "video");
  MediaPtr media = new_media(line.kind, inactive ? 9 : 0);
  if (!line.protocol.empty()) gst_sdp_media_set_proto(media.get(), line.protocol.c_str());
  if (!line.mid.empty()) add(media.get(), "mid", line.mid);
  bool data = line.kind == "application";
  if (line.payloads.empty())
    gst_sdp_media_add_format(media.get(), data ? "webrtc-datachannel" : "0");
  else if (line.payloads.front().encoding.empty())
    gst_sdp_media_add_format(media.get(), std::to_string(line.payloads.front().type).c_str());
  else
    add_payload(media.get(), line.payloads.front());
  add(media.get(), "inactive", "");
  for (const char* key : {"ice-ufrag", "ice-pwd", "fingerprint", "setup"})
    add(media.get(), key, attribute(served, key));
  if (!data) add(media.get(), "rtcp-mux", "");
  return media;
}

void replace_group(GstSDPMessage* message, const std::string& mids) {
  for (guint i = gst_sdp_message_attributes_len(message); i > 0; --i)
    if (g_strcmp0(gst_sdp_message_get_attribute(message, i - 1)->key, "group") == 0)
      gst_sdp_message_remove_attribute(message, i - 1);
  if (!mids.empty()) gst_sdp_message_add_attribute(message, "group", ("BUNDLE" + mids).c_str());
}

std::string to_text(const GstSDPMessage* message) {
  std::unique_ptr<char, decltype(&g_free)> text(gst_sdp_message_as_text(message), g_free);
  return text.get();
}

// Session level of webrtcbin's own description, without its media.
SdpPtr session_of(const GstSDPMessage* own) {
  SdpPtr message = new_message(false);
  const GstSDPOrigin* origin = gst_sdp_message_get_origin(own);
  gst_sdp_message_set_origin(message.get(), "-", origin->sess_id, origin->sess_version, "IN", "IP4",
                             "0.0.0.0");
  return message;
}

}  // namespace

Result<CleanOffer> clean_offer(const RemoteDescription& offer, const SessionPlan& plan,
                               MediaDirection direction, const std::optional<DataPlan>& data) {
  bool sends = direction == MediaDirection::sendonly;
  auto transport = bundle_transport(offer);
  if (!transport) return transport.error();
  CleanOffer clean;
  clean.sdp = new_message(offer.ice_lite);
  std::string mids;
  for (unsigned line = 0; line < offer.media.size(); ++line)
    for (size_t i = 0; i < plan.size(); ++i) {
      if (!plan[i] || plan[i]->mline != line) continue;
      std::string mid = std::to_string(clean.order.size());
      MediaPtr media = new_media(offer.media[line].kind, 9);
      add(media.get(), "mid", mid);
      add_transport(media.get(), *transport,
                    transport->setup.empty() ? "actpass" : transport->setup);
      add(media.get(), sends ? "sendonly" : "recvonly", "");
      add_plan(media.get(), offer.media[line], *plan[i]);
      if (sends) add_ssrcs(media.get(), offer.media[line]);
      gst_sdp_message_add_media(clean.sdp.get(), media.get());
      clean.order.push_back(i);
      mids += " " + mid;
    }
  if (data) {
    MediaPtr media = new_media("application", 9);
    std::string mid = std::to_string(clean.order.size());
    add(media.get(), "mid", mid);
    add_transport(media.get(), *transport, transport->setup.empty() ? "actpass" : transport->setup);
    make_data_section(media.get(), data->max_message_size);
    gst_sdp_message_add_media(clean.sdp.get(), media.get());
    mids += " " + mid;
  }
  replace_group(clean.sdp.get(), mids);
  return clean;
}

Result<SdpPtr> clean_answer(const RemoteDescription& answer, const SessionPlan& plan,
                            const GstSDPMessage* own_offer, MediaDirection direction) {
  bool sends = direction == MediaDirection::sendonly;
  auto transport = bundle_transport(answer);
  if (!transport) return transport.error();
  std::string setup = transport->setup == "passive" ? "passive" : "active";
  SdpPtr clean = new_message(answer.ice_lite);
  std::string mids;
  for (guint i = 0; i < gst_sdp_message_medias_len(own_offer) && i <= plan.size(); ++i) {
    const GstSDPMedia* own = gst_sdp_message_get_media(own_offer, i);
    MediaPtr media = new_media(gst_sdp_media_get_media(own), 9);
    std::string mid = attribute(own, "mid");
    add(media.get(), "mid", mid);
    add_transport(media.get(), *transport, setup);
    if (i == plan.size()) {
      make_data_section(media.get(), kMaxMessageSize);
      gst_sdp_message_add_media(clean.get(), media.get());
      mids += " " + mid;
      break;
    }
    add(media.get(), "rtcp-rsize", "");
    if (plan[i]) {
      add(media.get(), sends ? "sendonly" : "recvonly", "");
      add_plan(media.get(), answer.media[i], *plan[i]);
      if (sends) add_ssrcs(media.get(), answer.media[i]);
    } else {
      add(media.get(), "inactive", "");
      gst_sdp_media_add_format(media.get(), gst_sdp_media_get_format(own, 0));
      add(media.get(), "rtpmap", attribute(own, "rtpmap"));
    }
    gst_sdp_message_add_media(clean.get(), media.get());
    mids += " " + mid;
  }
  replace_group(clean.get(), mids);
  return clean;
}

std::string answer_for_viewer(const GstSDPMessage* own_answer, const RemoteDescription& offer,
                              const CleanOffer& clean, const SessionPlan& plan,
                              const std::vector<std::string>& candidates,
                              const std::optional<DataPlan>& data) {
  SdpPtr message = session_of(own_answer);
  const GstSDPMedia* served = gst_sdp_message_get_media(own_answer, 0);
  unsigned tag = candidate_mline(offer);
  for (unsigned line = 0; line < offer.media.size(); ++line) {
    const std::vector<std::string>& here = line == tag ? candidates : std::vector<std::string>();
    if (data && data->mline == line) {
      auto index = static_cast<guint>(clean.order.size());
      MediaPtr media(
          data_section(gst_sdp_message_get_media(own_answer, index), offer.media[line].mid, here));
      gst_sdp_message_add_media(message.get(), media.get());
      continue;
    }
    auto own = std::find_if(clean.order.begin(), clean.order.end(),
                            [&](size_t medium) { return plan[medium]->mline == line; });
    MediaPtr media;
    if (own != clean.order.end()) {
      media = for_viewer(
          gst_sdp_message_get_media(own_answer, static_cast<guint>(own - clean.order.begin())),
          offer.media[line].mid, here, offer.media[line].receives());
      restore_codec(media.get(), offer.media[line], *plan[*own]);
      if (!offer.media[line].receives()) add_layers(media.get(), offer.media[line]);
      // Read here: webrtcbin need not know of it.
      add_extension(media.get(), plan[*own]->color_space_id, kColorSpaceUri);
    } else {
      media = unserved(offer.media[line], served);
      if (gst_sdp_media_get_port(media.get()) != 0)
        for (const std::string& candidate : here)
          add(media.get(), "candidate", candidate.substr(std::string_view("candidate:").size()));
    }
    gst_sdp_message_add_media(message.get(), media.get());
  }
  std::string mids;
  for (const std::string& mid : offer.bundle)
    for (guint i = 0; i < gst_sdp_message_medias_len(message.get()); ++i) {
      const GstSDPMedia* media = gst_sdp_message_get_media(message.get(), i);
      if (attribute(media, "mid") == mid && gst_sdp_media_get_port(media) != 0) mids += " " + mid;
    }
  replace_group(message.get(), mids);
  return to_text(message.get());
}

std::string offer_for_viewer(const GstSDPMessage* own_offer,
                             const std::vector<std::string>& candidates) {
  SdpPtr message = session_of(own_offer);
  std::string mids;
  for (guint i = 0; i < gst_sdp_message_medias_len(own_offer); ++i) {
    const GstSDPMedia* own = gst_sdp_message_get_media(own_offer, i);
    mids += " " + attribute(own, "mid");
    bool is_data = g_strcmp0(gst_sdp_media_get_media(own), "application") == 0;
    MediaPtr media = is_data ? MediaPtr(data_section(own, attribute(own, "mid"), {}))
                             : for_viewer(own, attribute(own, "mid"),
                                          i == 0 ? candidates : std::vector<std::string>());
    gst_sdp_message_add_media(message.get(), media.get());
  }
  replace_group(message.get(), mids);
  return to_text(message.get());
}

void note_retransmission(SessionPlan& plan, const GstSDPMessage* own_offer) {
  for (guint i = 0; i < gst_sdp_message_medias_len(own_offer) && i < plan.size(); ++i) {
    const GstSDPMedia* media = gst_sdp_message_get_media(own_offer, i);
    std::string apt = "apt=" + std::to_string(plan[i]->payload_type);
    for (guint k = 0; k < gst_sdp_media_attributes_len(media); ++k) {
      const GstSDPAttribute* item = gst_sdp_media_get_attribute(media, k);
      std::string_view value = item->value ? item->value : "";
      size_t space = value.find(' ');
      if (g_strcmp0(item->key, "fmtp") != 0 || space == std::string_view::npos ||
          value.substr(space + 1) != apt)
        continue;
      int type = -1;
      std::from_chars(value.data(), value.data() + space, type);
      plan[i]->rtx_payload_type = type;
    }
  }
}

std::optional<uint32_t> rtx_ssrc(const GstSDPMessage* own, uint32_t ssrc) {
  std::string prefix = "FID " + std::to_string(ssrc) + " ";
  for (guint i = 0; i < gst_sdp_message_medias_len(own); ++i) {
    const GstSDPMedia* media = gst_sdp_message_get_media(own, i);
    for (guint k = 0; k < gst_sdp_media_attributes_len(media); ++k) {
      const GstSDPAttribute* item = gst_sdp_media_get_attribute(media, k);
      std::string_view value = item->value ? item->value : "";
      if (g_strcmp0(item->key, "ssrc-group") != 0 || !value.starts_with(prefix)) continue;
      value.remove_prefix(prefix.size());
      uint32_t found = 0;
      auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), found);
      if (error == std::errc()) return found;
    }
  }
  return std::nullopt;
}

}  // namespace webcast
