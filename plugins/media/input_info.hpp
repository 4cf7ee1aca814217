// What is known of a track's input. Plain data.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

struct InputInfo {
  bool known = false;  // false: nothing came, or not yet enough of it
  MediaKind kind = MediaKind::video;
  std::optional<Codec> codec{};   // nothing: raw, or
  bool jpeg = false;              // each picture is a JPEG, which is always decoded
  FormatParameters parameters{};  // as a viewer would be offered the encoded stream
  std::string obstacle{};  // why no viewer can take the encoded stream as it is; empty: nothing
  int width = 0, height = 0, fps_n = 0, fps_d = 1;
  int rate = 0, channels = 0;

  bool operator==(const InputInfo&) const = default;
};

// Sizes, rates and, for encoded streams that need no parsing, all the rest.
InputInfo info_from_caps(MediaKind kind, GstCaps* caps);

// "H264 1280x720", "raw 640x480", "OPUS"; empty when unknown.
std::string describe(const InputInfo& info);

}  // namespace webcast
