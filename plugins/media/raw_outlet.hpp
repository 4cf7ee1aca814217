// RawOutlet: a track's raw media, handed to all encoders of it.
//
// It keeps the last picture: a rendition that starts has one at once, and a source that gives a
// picture only when something changes (a screen, a slide show) can still answer a keyframe
// request. Owned by its track. push() and end() on the streaming thread, the rest on the control
// thread; the lock is held for pointers, and while one sink takes one picture.
#pragma once

#include <gst/video/video.h>

#include <chrono>
#include <memory>
#include <mutex>

#include "plugins/gst/gst_ref.hpp"
#include "plugins/media/codecs/sample_sink.hpp"
#include "plugins/media/frame_rate.hpp"
#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

class RawOutlet : public SampleSink {
 public:
  explicit RawOutlet(MediaKind kind) : keeps_pictures_(kind == MediaKind::video) {}

  void push(GstBuffer* buffer, GstCaps* caps) override;
  void end() override;

  // How the pictures that follow are to be turned. Streaming thread.
  void set_orientation(GstVideoOrientationMethod orientation);

  // `now`: on the internal timeline, NONE when there is no clock yet.
  void add(std::shared_ptr<SampleSink> sink, GstClockTime now);
  void remove(const SampleSink* sink) { sinks_.remove(sink); }
  // The last picture once more, for `sink`, if none has come for a moment.
  void repeat(SampleSink& sink, GstClockTime now);
  // What was kept belongs to an input that is gone.
  void forget();

 private:
  bool is_late(GstBuffer* buffer) const;
  void adapt(GstBuffer* buffer, GstCaps* caps);
  void push_kept(SampleSink& sink, GstClockTime time);

  const bool keeps_pictures_;
  SampleFanOut sinks_;
  std::mutex mutex_;
  Ref<GstCaps> given_, adapted_;  // the source's caps, and what the encoders are told
  FrameRate rate_;
  GstVideoOrientationMethod orientation_ = GST_VIDEO_ORIENTATION_IDENTITY;
  bool turned_ = false;  // since the last picture
  Ref<GstBuffer> kept_;
  GstClockTime latest_ = GST_CLOCK_TIME_NONE;  // handed out last
  gint64 came_at_ = 0;                         // monotonic, µs
};

}  // namespace webcast
