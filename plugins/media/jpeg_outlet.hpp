// JpegOutlet: pictures that come one by one as JPEG, handed to the decoder while one runs.
//
// It keeps the last one, so that a decoder that starts has a picture at once. Owned by its track.
// push() and end() on the streaming thread, the rest on the control thread.
#pragma once

#include <memory>
#include <mutex>

#include "plugins/gst/gst_ref.hpp"
#include "plugins/media/sample_sink.hpp"

namespace webcast {

class JpegOutlet : public SampleSink {
 public:
  void push(GstBuffer* buffer, GstCaps* caps) override {
    {
      std::lock_guard lock(mutex_);
      kept_ = retain(buffer);
      caps_ = retain(caps);
    }
    sinks_.push(buffer, caps);
  }
  void end() override {
    forget();
    sinks_.end();
  }

  // `now`: on the internal timeline, NONE when there is no clock yet.
  void add(const std::shared_ptr<SampleSink>& sink, GstClockTime now) {
    Ref<GstBuffer> picture;
    Ref<GstCaps> caps;
    {
      std::lock_guard lock(mutex_);
      if (kept_) picture = adopt(gst_buffer_copy(kept_.get()));  // the memories are shared
      caps = caps_;
    }
    if (picture && GST_CLOCK_TIME_IS_VALID(now)) {
      GST_BUFFER_PTS(picture.get()) = now;
      GST_BUFFER_DTS(picture.get()) = GST_CLOCK_TIME_NONE;
    }
    if (picture) sink->push(picture.get(), caps.get());
    sinks_.add(sink);
  }
  void remove(const SampleSink* sink) { sinks_.remove(sink); }
  void forget() {
    std::lock_guard lock(mutex_);
    kept_.reset();
  }

 private:
  SampleFanOut sinks_;
  std::mutex mutex_;
  Ref<GstBuffer> kept_;
  Ref<GstCaps> caps_;
};

}  // namespace webcast
