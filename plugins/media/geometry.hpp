// What must happen to a picture before an encoder of browsers' codecs takes it. Pure.
#pragma once

#include <gst/video/video.h>

#include "plugins/gst/rtp_format.hpp"

namespace webcast {

struct Geometry {
  int crop_right = 0, crop_bottom = 0;  // lines cut off
  bool scale = false;                   // to width × height
  int width = 0, height = 0;            // what is encoded, with square pixels
  bool deinterlace = false;
};

// H.264 in 4:2:0 has even sizes: the odd line is cut off, scaling would blur all the others.
Geometry plan_geometry(const GstVideoInfo& info, Codec codec);

}  // namespace webcast
