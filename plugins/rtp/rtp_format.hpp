// What media, peers and elements say to each other about one RTP stream.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace webcast {

enum class MediaKind { video, audio };
enum class Codec { h264, vp8, vp9, av1, h265, opus, pcma, pcmu };

// The encoding name of the codec's RTP payload format ("H264", "OPUS"), as in SDP and in the
// properties video-codecs and audio-codecs.
std::string_view codec_name(Codec codec);
std::optional<Codec> codec_from_name(std::string_view name);  // any case
MediaKind codec_kind(Codec codec);
const char* kind_name(MediaKind kind);  // "video", "audio"

// fmtp parameters of one payload type, names in lower case (RFC 8866 section 6.15).
using FormatParameters = std::map<std::string, std::string>;

// One RTP stream as the payloader makes it; the same for all who watch it.
struct RtpFormat {
  MediaKind kind = MediaKind::video;
  Codec codec = Codec::vp8;
  int clock_rate = 90000;
  int channels = 0;  // audio; 0 for video
  uint8_t payload_type = 96;
  uint32_t ssrc = 0;
  FormatParameters parameters{};  // profile-level-id from the real SPS, packetization-mode, …
  // One-byte header extensions present in every packet (RFC 8285); 0: absent.
  uint8_t transport_cc_id = 0;
  uint8_t playout_delay_id = 0;
};

// What a remote side says it can decode: one payload type of its SDP.
struct CodecCapability {
  Codec codec = Codec::vp8;
  FormatParameters parameters{};
};

// What a viewer can decode. A viewer who sent no offer is not known yet: it is taken to have
// what RFC 7742 and RFC 7874 make mandatory for browsers (VP8, H.264 constrained baseline, Opus).
struct ViewerCodecs {
  bool known = false;
  std::vector<CodecCapability> capabilities{};
};

// True when a stream of `format` can be decoded by one of `codecs`. H.264: the profile must be
// one that the viewer names (level asymmetry allowed, RFC 6184 section 8.2.2); VP9: the same
// profile-id (absent: 0).
bool can_decode(const ViewerCodecs& codecs, const RtpFormat& format);
bool can_decode(const CodecCapability& capability, const RtpFormat& format);

// H.264 leaves here in fragments (packetization-mode 1). Who names that mode for some payload type
// gets that one; who names it for none (GStreamer's WHEP sources) takes fragments all the same.
// Interleaved packets (mode 2) are never sent.
bool names_fragments(const CodecCapability& capability);

inline constexpr const char* kTransportCcUri =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
inline constexpr const char* kPlayoutDelayUri =
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
inline constexpr const char* kColorSpaceUri =
    "http://www.webrtc.org/experiments/rtp-hdrext/color-space";

}  // namespace webcast
