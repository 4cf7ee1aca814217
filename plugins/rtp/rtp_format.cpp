#include "plugins/rtp/rtp_format.hpp"

#include <glib.h>

#include <algorithm>
#include <array>

namespace webcast {
namespace {

struct CodecEntry {
  Codec codec;
  std::string_view name;
  MediaKind kind;
};

constexpr std::array kCodecs = {
    CodecEntry{Codec::h264, "H264", MediaKind::video},
    CodecEntry{Codec::vp8, "VP8", MediaKind::video},
    CodecEntry{Codec::vp9, "VP9", MediaKind::video},
    CodecEntry{Codec::av1, "AV1", MediaKind::video},
    CodecEntry{Codec::h265, "H265", MediaKind::video},
    CodecEntry{Codec::opus, "OPUS", MediaKind::audio},
    CodecEntry{Codec::pcma, "PCMA", MediaKind::audio},
    CodecEntry{Codec::pcmu, "PCMU", MediaKind::audio},
};

const CodecEntry& entry(Codec codec) {
  return *std::find_if(kCodecs.begin(), kCodecs.end(),
                       [codec](const CodecEntry& e) { return e.codec == codec; });
}

std::string parameter(const FormatParameters& parameters, const char* name, const char* absent) {
  auto found = parameters.find(name);
  return found == parameters.end() ? absent : found->second;
}

// The profile of a profile-level-id, as RFC 6184 table 5 groups profile_idc and profile-iop.
enum class H264Profile { constrained_baseline, baseline, main, high, constrained_high, other };

struct ProfileOfId {
  H264Profile profile = H264Profile::other;
  unsigned idc = 0;  // tells apart those that the table does not name
};

std::optional<ProfileOfId> h264_profile(const std::string& profile_level_id) {
  if (profile_level_id.size() != 6) return std::nullopt;
  char* end = nullptr;
  unsigned value = static_cast<unsigned>(g_ascii_strtoull(profile_level_id.c_str(), &end, 16));
  if (*end != '\0') return std::nullopt;
  unsigned idc = value >> 16, iop = (value >> 8) & 0xff;
  bool set0 = iop & 0x80, set1 = iop & 0x40, set2 = iop & 0x20, set4 = iop & 0x08,
       set5 = iop & 0x04;
  switch (idc) {
    case 66:
      return ProfileOfId{set1 ? H264Profile::constrained_baseline : H264Profile::baseline, idc};
    case 77:
      return ProfileOfId{set0 ? H264Profile::constrained_baseline : H264Profile::main, idc};
    case 88:
      if (set0 && set1) return ProfileOfId{H264Profile::constrained_baseline, idc};
      if (set0) return ProfileOfId{H264Profile::baseline, idc};
      return ProfileOfId{H264Profile::other, idc};
    case 100:
      return ProfileOfId{set4 && set5 && !set2 ? H264Profile::constrained_high : H264Profile::high,
                         idc};
    default:
      return ProfileOfId{H264Profile::other, idc};
  }
}

// A decoder of `has` decodes a stream of `wanted`: the same profile, or one that contains it.
bool h264_profile_covers(const ProfileOfId& has, const ProfileOfId& wanted) {
  if (has.profile == H264Profile::other || wanted.profile == H264Profile::other)
    return has.idc == wanted.idc && has.profile == wanted.profile;
  if (has.profile == wanted.profile) return true;
  switch (wanted.profile) {
    case H264Profile::constrained_baseline:
      return true;  // a subset of each of the others
    case H264Profile::main:
    case H264Profile::constrained_high:
      return has.profile == H264Profile::high;
    default:
      return false;
  }
}

bool h264_can_decode(const FormatParameters& capability, const FormatParameters& stream) {
  std::string mode = parameter(capability, "packetization-mode", "0");
  if (mode != "0" && mode != "1") return false;
  // Absent: baseline, level 1 (RFC 6184 section 8.1).
  auto has = h264_profile(parameter(capability, "profile-level-id", "42000a"));
  auto wanted = h264_profile(parameter(stream, "profile-level-id", "42e01f"));
  return has && wanted && h264_profile_covers(*has, *wanted);
}

}  // namespace

std::string_view codec_name(Codec codec) {
  return entry(codec).name;
}
MediaKind codec_kind(Codec codec) {
  return entry(codec).kind;
}
const char* kind_name(MediaKind kind) {
  return kind == MediaKind::video ? "video" : "audio";
}

std::optional<Codec> codec_from_name(std::string_view name) {
  for (const CodecEntry& e : kCodecs)
    if (e.name.size() == name.size() &&
        g_ascii_strncasecmp(e.name.data(), name.data(), name.size()) == 0)
      return e.codec;
  return std::nullopt;
}

bool names_fragments(const CodecCapability& capability) {
  return capability.codec == Codec::h264 &&
         parameter(capability.parameters, "packetization-mode", "0") == "1";
}

bool can_decode(const CodecCapability& capability, const RtpFormat& format) {
  if (capability.codec != format.codec) return false;
  switch (format.codec) {
    case Codec::h264:
      return h264_can_decode(capability.parameters, format.parameters);
    case Codec::vp9:
      return parameter(capability.parameters, "profile-id", "0") ==
             parameter(format.parameters, "profile-id", "0");
    default:
      return true;
  }
}

bool can_decode(const ViewerCodecs& codecs, const RtpFormat& format) {
  if (!codecs.known) {
    static const CodecCapability kMandatory[] = {
        {Codec::h264, {{"profile-level-id", "42e01f"}, {"packetization-mode", "1"}}},
        {Codec::vp8, {}},
        {Codec::opus, {}}};
    return std::any_of(std::begin(kMandatory), std::end(kMandatory),
                       [&](const auto& capability) { return can_decode(capability, format); });
  }
  const auto& all = codecs.capabilities;
  bool fragments = std::any_of(all.begin(), all.end(), names_fragments);
  return std::any_of(all.begin(), all.end(), [&](const CodecCapability& capability) {
    bool passed_over = fragments && capability.codec == Codec::h264 && !names_fragments(capability);
    return !passed_over && can_decode(capability, format);
  });
}

}  // namespace webcast
