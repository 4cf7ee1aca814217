// One encoded frame as RTP packets, and whoever takes such frames.
//
// Internal timeline: every pipeline of ours (renditions and peers) runs on the clock of the
// user's pipeline with base time 0, so a buffer's PTS is the clock's own time (running time plus
// the user pipeline's base time). Nothing has to follow when that pipeline pauses and goes on.
#pragma once

#include <gst/gst.h>

#include "plugins/gst/gst_ref.hpp"

namespace webcast {

struct RtpFrame {
  Ref<GstBufferList> packets;               // shared by all viewers: never written to
  bool keyframe = false;                    // decoding can begin here; always true for audio
  GstClockTime time = GST_CLOCK_TIME_NONE;  // internal timeline
  guint64 bytes = 0;
};

// Called on a streaming thread, for each frame in order. Must not wait for anything.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual void push(const RtpFrame& frame) = 0;
};

}  // namespace webcast
