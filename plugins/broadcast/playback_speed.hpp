// What media is to those who watch while a pipeline plays it faster, slower or backwards. Pure.
#pragma once

#include <gst/gst.h>

#include <string>

#include "plugins/gst/gst_ref.hpp"
#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

struct AtSpeed {
  Ref<GstCaps> caps;       // as what its buffers pass; none: they cannot be sent
  std::string obstacle{};  // then: why not, and what to do
};

// `rate`: of the segment; 1 is the usual speed, below 0 backwards.
AtSpeed at_speed(MediaKind kind, GstCaps* caps, double rate);

}  // namespace webcast
