// Our own offer to receive (sdp.hpp): the codecs that we take, and how it is written.
#include <glib.h>

#include <algorithm>

#include "plugins/sdp/sdp.hpp"
#include "plugins/sdp/sdp_data.hpp"

namespace webcast {
namespace {

constexpr uint8_t kFirstDynamic = 96;
constexpr uint8_t kTransportCcId = 3, kColorSpaceId = 4;

// The forms in which a codec is offered: a line's fmtp. H.264: a server takes the one of its
// stream's profile, and each decoder here has them all.
std::vector<FormatParameters> forms_of(Codec codec) {
  auto h264 = [](const char* profile) {
    return FormatParameters{{"level-asymmetry-allowed", "1"},
                            {"packetization-mode", "1"},
                            {"profile-level-id", profile}};
  };
  switch (codec) {
    case Codec::h264:
      return {h264("42e01f"), h264("4d001f"), h264("64001f")};
    case Codec::vp9:
      return {{{"profile-id", "0"}}};
    case Codec::opus:
      return {{{"minptime", "10"}, {"stereo", "1"}, {"useinbandfec", "1"}}};
    default:
      return {{}};
  }
}

RemotePayload payload_of(Codec codec, FormatParameters parameters) {
  bool video = codec_kind(codec) == MediaKind::video;
  RemotePayload payload;
  payload.encoding = codec_name(codec);
  payload.clock_rate = video ? 90000 : codec == Codec::opus ? 48000 : 8000;
  payload.channels = codec == Codec::opus ? 2 : 0;
  payload.parameters = std::move(parameters);
  payload.feedback = {"transport-cc"};
  if (video) payload.feedback.insert(payload.feedback.end(), {"ccm fir", "nack pli"});
  return payload;
}

RemoteMedia receive_line(MediaKind kind, const std::vector<Codec>& codecs, bool retransmission,
                         uint8_t& next) {
  bool video = kind == MediaKind::video;
  RemoteMedia line;
  line.kind = kind_name(kind);
  for (Codec codec : codecs)
    for (FormatParameters& form : forms_of(codec)) {
      RemotePayload payload = payload_of(codec, std::move(form));
      // RFC 3551: these two have types of their own.
      payload.type = codec == Codec::pcmu ? 0 : codec == Codec::pcma ? 8 : next++;
      if (retransmission && video) payload.feedback.push_back("nack");
      line.payloads.push_back(payload);
      if (!retransmission || !video) continue;
      RemotePayload rtx;
      rtx.type = next++;
      rtx.encoding = "RTX";
      rtx.clock_rate = payload.clock_rate;
      rtx.parameters = {{"apt", std::to_string(payload.type)}};
      line.payloads.push_back(rtx);
    }
  return line;
}

std::string attribute(const GstSDPMedia* media, const char* key) {
  const char* value = gst_sdp_media_get_attribute_val(media, key);
  return value ? value : "";
}

void write_payload(std::string& sdp, const RemotePayload& payload) {
  std::string type = std::to_string(payload.type);
  // As everybody writes them; some servers compare by letter.
  std::string name = payload.encoding == "OPUS"  ? "opus"
                     : payload.encoding == "RTX" ? "rtx"
                                                 : payload.encoding;
  sdp += "a=rtpmap:" + type + " " + name + "/" + std::to_string(payload.clock_rate);
  if (payload.channels > 0) sdp += "/" + std::to_string(payload.channels);
  sdp += "\r\n";
  for (const std::string& feedback : payload.feedback)
    sdp += "a=rtcp-fb:" + type + " " + feedback + "\r\n";
  std::string parameters;
  for (const auto& [key, value] : payload.parameters)
    parameters += (parameters.empty() ? "" : ";") + key + "=" + value;
  if (!parameters.empty()) sdp += "a=fmtp:" + type + " " + parameters + "\r\n";
}

void write_line(std::string& sdp, const RemoteMedia& line, const GstSDPMedia* own) {
  sdp += "m=" + line.kind + " 9 UDP/TLS/RTP/SAVPF";
  for (const RemotePayload& payload : line.payloads)
    sdp += " " + std::to_string(payload.type);
  sdp += "\r\nc=IN IP4 0.0.0.0\r\n";
  for (const char* key : {"mid", "ice-ufrag", "ice-pwd", "fingerprint", "setup"})
    sdp += std::string("a=") + key + ":" + attribute(own, key) + "\r\n";
  sdp += "a=rtcp-mux\r\na=rtcp-rsize\r\na=recvonly\r\na=extmap:" +
         std::to_string(kTransportCcId) + " " + kTransportCcUri + "\r\n";
  if (line.kind == "video")
    sdp += "a=extmap:" + std::to_string(kColorSpaceId) + " " + kColorSpaceUri + "\r\n";
  for (const RemotePayload& payload : line.payloads)
    write_payload(sdp, payload);
}

}  // namespace

std::vector<RemoteMedia> plan_receive_offer(const std::vector<Codec>& video,
                                            const std::vector<Codec>& audio, bool retransmission) {
  std::vector<RemoteMedia> lines;
  uint8_t next = kFirstDynamic;
  if (!video.empty())
    lines.push_back(receive_line(MediaKind::video, video, retransmission, next));
  if (!audio.empty())
    lines.push_back(receive_line(MediaKind::audio, audio, retransmission, next));
  return lines;
}

std::string write_receive_offer(const GstSDPMessage* own_offer,
                                const std::vector<RemoteMedia>& lines,
                                const std::vector<std::string>& candidates) {
  std::string sdp = std::string("v=0\r\no=- ") +
                    gst_sdp_message_get_origin(own_offer)->sess_id +
                    " 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-options:trickle\r\n"
                    "a=group:BUNDLE";
  for (guint i = 0; i < gst_sdp_message_medias_len(own_offer); ++i)
    sdp += " " + attribute(gst_sdp_message_get_media(own_offer, i), "mid");
  sdp += "\r\n";
  for (guint i = 0; i < lines.size(); ++i) {
    write_line(sdp, lines[i], gst_sdp_message_get_media(own_offer, i));
    for (const std::string& candidate : i == 0 ? candidates : std::vector<std::string>())
      sdp += "a=" + candidate + "\r\n";
  }
  if (gst_sdp_message_medias_len(own_offer) > lines.size()) {
    const GstSDPMedia* own =
        gst_sdp_message_get_media(own_offer, static_cast<guint>(lines.size()));
    GstSDPMedia* media = data_section(own, attribute(own, "mid"), {});
    char* text = gst_sdp_media_as_text(media);
    sdp += text;
    g_free(text);
    gst_sdp_media_free(media);
  }
  return sdp;
}

}  // namespace webcast
