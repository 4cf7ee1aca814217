#include "plugins/media/input_info.hpp"

#include "plugins/media/codecs/catalogue.hpp"

namespace webcast {
namespace {

// RTP and browsers know one or two channels of Opus, and 8 kHz mono of G.711.
std::string audio_obstacle(const InputInfo& info, const GstStructure* structure) {
  if (info.codec == Codec::opus) {
    int family = 0;
    gst_structure_get_int(structure, "channel-mapping-family", &family);
    if (family != 0 || info.channels > 2) return "its Opus has more than two channels";
  } else if (info.codec && (info.rate != 8000 || info.channels != 1)) {
    return "its " + std::string(codec_name(*info.codec)) + " is not 8000 Hz mono";
  }
  return {};
}

}  // namespace

InputInfo info_from_caps(MediaKind kind, GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  InputInfo info;
  info.kind = kind;
  info.codec = codec_of_caps(caps);
  info.jpeg = kind == MediaKind::video && is_jpeg(caps);
  gst_structure_get_int(structure, "width", &info.width);
  gst_structure_get_int(structure, "height", &info.height);
  gst_structure_get_fraction(structure, "framerate", &info.fps_n, &info.fps_d);
  gst_structure_get_int(structure, "rate", &info.rate);
  gst_structure_get_int(structure, "channels", &info.channels);
  if (kind == MediaKind::audio) info.obstacle = audio_obstacle(info, structure);
  if (info.codec == Codec::vp9) {
    const char* profile = gst_structure_get_string(structure, "profile");
    info.parameters["profile-id"] = profile ? profile : "0";
  } else if (info.codec == Codec::h264) {
    info.parameters["packetization-mode"] = "1";
  }
  return info;
}

std::string describe(const InputInfo& info) {
  if (!info.known) return {};
  std::string text = info.codec ? std::string(codec_name(*info.codec)) : info.jpeg ? "JPEG" : "raw";
  if (info.width > 0 && info.height > 0)
    text += " " + std::to_string(info.width) + "x" + std::to_string(info.height);
  else if (!info.codec && info.rate > 0)
    text += " " + std::to_string(info.rate) + " Hz";
  return text;
}

}  // namespace webcast
