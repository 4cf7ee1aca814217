// Intake: makes what a pad brings fit to be played: every buffer gets a time, and bytes become
// whole frames.
//
// A byte stream (a segment that is not TIME: pipes, shared memory, an appsrc as it is by default)
// has no times: they follow the arrival, and raw media are cut into frames by their caps. So do
// times that are missing or stand still.
// Sits in front of the pad's appsink, which waits by the times given here. One streaming thread;
// a flush comes while that thread stands.
#pragma once

#include <gst/base/gstadapter.h>
#include <gst/gst.h>

#include <functional>

#include "plugins/broadcast/arrival_times.hpp"
#include "plugins/gst/gst_ref.hpp"

namespace webcast {

class Intake {
 public:
  Intake() = default;
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;
  ~Intake();

  // What is passed on in place of it.
  Ref<GstEvent> on_segment(GstEvent* event, bool is_live);
  void on_caps(GstCaps* caps);
  void on_flush();

  // `arrived`: the running time now, NONE while the clock does not run. Gives what the buffer
  // makes: itself with a time, frames cut out of bytes, or nothing yet.
  void take(Ref<GstBuffer> buffer, GstClockTime arrived,
            const std::function<void(Ref<GstBuffer>)>& give);

 private:
  Ref<GstBuffer> timed(Ref<GstBuffer> buffer, GstClockTime arrived);
  bool is_whole(GstBuffer* buffer) const;
  GstClockTime duration_of(GstBuffer* buffer) const;

  ArrivalTimes times_;
  GstAdapter* adapter_ = nullptr;  // the beginning of a frame
  GstSegment segment_{};
  bool bytes_ = false, is_live_ = false;
  gsize frame_ = 0;                                // bytes of a raw picture or sample; 0: unknown
  bool is_audio_ = false;                          // whose buffers are any number of frames
  GstClockTime frame_time_ = GST_CLOCK_TIME_NONE;  // of a picture, by the caps
  int samples_a_second_ = 0;                       // of raw sound
};

}  // namespace webcast
