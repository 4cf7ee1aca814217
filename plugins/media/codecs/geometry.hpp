// What must happen to a picture before an encoder of browsers' codecs takes it. Pure.
#pragma once

#include <gst/video/video.h>

#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

struct Geometry {
  int crop_right = 0, crop_bottom = 0;  // lines cut off
  bool scale = false;                   // to width × height
  int width = 0, height = 0;            // what is encoded, with square pixels
  bool deinterlace = false;
};

// How a picture of these caps is to be turned: a field of our own, which its track sets. Caps of
// another kind make another run of each stage.
GstVideoOrientationMethod orientation_of(GstCaps* caps);
void set_orientation(GstCaps* caps, GstVideoOrientationMethod orientation);
// What it is once it has been turned.
GstVideoInfo upright(const GstVideoInfo& info, GstVideoOrientationMethod orientation);

// H.264 in 4:2:0 has even sizes: the odd line is cut off, scaling would blur all the others.
Geometry plan_geometry(const GstVideoInfo& info, Codec codec);

}  // namespace webcast
