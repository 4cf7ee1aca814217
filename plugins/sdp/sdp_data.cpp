// The section for messages (sdp.hpp).
#include "plugins/sdp/sdp_data.hpp"

#include "plugins/sdp/sdp.hpp"

namespace webcast {
namespace {

// The only one that webrtcbin (1.22) speaks.
constexpr unsigned kSctpPort = 5000;
constexpr const char* kProtocol = "UDP/DTLS/SCTP";

bool is_usable(const RemoteMedia& line) {
  return line.kind == "application" && line.protocol == kProtocol && line.sctp_port == kSctpPort &&
         line.bundled && !line.rejected;
}

}  // namespace

std::optional<DataPlan> plan_data(const RemoteDescription& offer) {
  for (unsigned i = 0; i < offer.media.size(); ++i)
    if (is_usable(offer.media[i])) return DataPlan{i, offer.media[i].max_message_size};
  return std::nullopt;
}

std::optional<DataPlan> take_data(RemoteDescription& answer, unsigned media) {
  if (answer.media.size() != media + 1 || answer.media.back().kind != "application")
    return std::nullopt;
  RemoteMedia line = std::move(answer.media.back());
  answer.media.pop_back();
  if (!is_usable(line)) return std::nullopt;
  return DataPlan{media, line.max_message_size};
}

void make_data_section(GstSDPMedia* media, size_t longest) {
  gst_sdp_media_set_proto(media, kProtocol);
  gst_sdp_media_add_format(media, "webrtc-datachannel");
  gst_sdp_media_add_attribute(media, "sctp-port", std::to_string(kSctpPort).c_str());
  gst_sdp_media_add_attribute(media, "max-message-size", std::to_string(longest).c_str());
}

void set_longest_message(GstSDPMessage* own) {
  for (guint i = 0; i < gst_sdp_message_medias_len(own); ++i) {
    auto* media = const_cast<GstSDPMedia*>(gst_sdp_message_get_media(own, i));
    if (g_strcmp0(gst_sdp_media_get_media(media), "application") == 0)
      gst_sdp_media_add_attribute(media, "max-message-size",
                                  std::to_string(kMaxMessageSize).c_str());
  }
}

GstSDPMedia* data_section(const GstSDPMedia* own, const std::string& mid,
                          const std::vector<std::string>& candidates) {
  GstSDPMedia* media = nullptr;
  gst_sdp_media_new(&media);
  gst_sdp_media_set_media(media, "application");
  gst_sdp_media_set_port_info(media, 9, 1);
  gst_sdp_media_add_connection(media, "IN", "IP4", "0.0.0.0", 0, 0);
  gst_sdp_media_add_attribute(media, "mid", mid.c_str());
  for (const char* key : {"ice-ufrag", "ice-pwd", "fingerprint", "setup"}) {
    const char* value = gst_sdp_media_get_attribute_val(own, key);
    gst_sdp_media_add_attribute(media, key, value ? value : "");
  }
  make_data_section(media, kMaxMessageSize);
  for (const std::string& candidate : candidates)
    gst_sdp_media_add_attribute(media, "candidate",
                                candidate.substr(std::string_view("candidate:").size()).c_str());
  return media;
}

}  // namespace webcast
