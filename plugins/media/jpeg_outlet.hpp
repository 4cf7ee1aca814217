// JpegOutlet: pictures that come one by one as JPEG, handed to the decoder while one runs.
//
// It keeps the last one, so that a decoder that starts has a picture at once. Owned by its track.
// push() and end() on the streaming thread, the rest on the control thread; the lock is held for
// pointers, and while one sink takes one picture.
#pragma once

#include <memory>
#include <mutex>

#include "plugins/gst/gst_ref.hpp"
#include "plugins/media/codecs/sample_sink.hpp"

namespace webcast {

class JpegOutlet : public SampleSink {
 public:
  void push(GstBuffer* buffer, GstCaps* caps) override {
    Ref<GstBuffer> picture = as_keyframe(buffer);
    std::shared_ptr<const SampleFanOut::Sinks> sinks;
    {
      std::lock_guard lock(mutex_);
      kept_ = picture;
      caps_ = retain(caps);
      came_at_ = g_get_monotonic_time();
      // With the lock: a sink that is added meanwhile gets this picture from add(), and only there.
      sinks = sinks_.read();
    }
    for (const auto& sink : *sinks)
      sink->push(picture.get(), caps);
  }
  void end() override {
    forget();
    sinks_.end();
  }

  // `now`: on the internal timeline, NONE when there is no clock yet.
  void add(const std::shared_ptr<SampleSink>& sink, GstClockTime now) {
    std::lock_guard lock(mutex_);
    sinks_.add(sink);
    if (!kept_) return;
    Ref<GstBuffer> picture = adopt(gst_buffer_copy(kept_.get()));  // the memories are shared
    // Of a slide show it is old. Another keeps its time: those that follow would be before `now`.
    bool stands = g_get_monotonic_time() - came_at_ > kStands;
    if (stands && GST_CLOCK_TIME_IS_VALID(now)) {
      GST_BUFFER_PTS(picture.get()) = now;
      GST_BUFFER_DTS(picture.get()) = GST_CLOCK_TIME_NONE;
    }
    sink->push(picture.get(), caps_.get());
  }
  void remove(const SampleSink* sink) { sinks_.remove(sink); }
  void forget() {
    std::lock_guard lock(mutex_);
    kept_.reset();
  }

 private:
  static constexpr gint64 kStands = G_TIME_SPAN_SECOND;

  // Each is one. Demuxers say otherwise where the file's index does (avidemux, matroskademux).
  static Ref<GstBuffer> as_keyframe(GstBuffer* buffer) {
    if (!GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT)) return retain(buffer);
    Ref<GstBuffer> picture = adopt(gst_buffer_copy(buffer));  // the memories are shared
    GST_BUFFER_FLAG_UNSET(picture.get(), GST_BUFFER_FLAG_DELTA_UNIT);
    return picture;
  }

  SampleFanOut sinks_;
  std::mutex mutex_;
  Ref<GstBuffer> kept_;
  Ref<GstCaps> caps_;
  gint64 came_at_ = 0;  // monotonic, µs
};

}  // namespace webcast
