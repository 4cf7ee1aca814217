// What a viewer makes of a rendition's frames: depayloaded and decoded by GStreamer.
#pragma once

#include <gst/gst.h>

#include <string>
#include <vector>

#include "plugins/rtp/rtp_format.hpp"
#include "plugins/rtp/rtp_frame.hpp"

namespace webcast {

struct Received {
  size_t buffers = 0;  // decoded
  int width = 0, height = 0, rate = 0, channels = 0;
  std::string error;
  std::vector<guint8> first_pixels;  // 4:2:0 luma of the last picture's first line
};

Received receive(const RtpFormat& format, const std::vector<RtpFrame>& frames);

}  // namespace webcast
