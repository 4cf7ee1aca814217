#include "plugins/media/raw_outlet.hpp"

#include <gst/video/video.h>

#include "plugins/media/codecs/chains.hpp"
#include "plugins/media/codecs/geometry.hpp"

namespace webcast {
namespace {

// Without a picture for so long, a source is not waited for.
constexpr gint64 kIdle = 100 * G_TIME_SPAN_MILLISECOND;
// Older than this, the kept picture gets the present time: viewers' clocks follow its stamp.
constexpr GstClockTime kOld = GST_SECOND;

}  // namespace

// Time must not go back within an encoder: after a repeated picture, which has the present time,
// one that was under way already may be earlier. More than kOld is no lateness: a new timeline.
bool RawOutlet::is_late(GstBuffer* buffer) const {
  GstClockTime time = GST_BUFFER_PTS(buffer);
  // Both fields of a picture have its time.
  if (GST_BUFFER_FLAG_IS_SET(buffer, GST_VIDEO_BUFFER_FLAG_ONEFIELD) && time == latest_)
    return false;
  return keeps_pictures_ && GST_CLOCK_TIME_IS_VALID(latest_) && time <= latest_ &&
         latest_ - time < kOld;
}

// With the lock.
void RawOutlet::adapt(GstBuffer* buffer, GstCaps* caps) {
  bool same = given_.get() == caps || (given_ && gst_caps_is_equal(given_.get(), caps));
  given_ = retain(caps);
  if (!same) rate_.begin(claimed_framerate(caps));
  bool changed = keeps_pictures_ && rate_.add(GST_BUFFER_PTS(buffer));
  if (same && !changed && !std::exchange(turned_, false)) return;
  adapted_ = completed_caps(caps, rate_.rate());
  if (!keeps_pictures_ || orientation_ == GST_VIDEO_ORIENTATION_IDENTITY) return;
  adapted_ = adopt(gst_caps_make_writable(adapted_.release()));
  webcast::set_orientation(adapted_.get(), orientation_);
}

void RawOutlet::push(GstBuffer* buffer, GstCaps* caps) {
  Ref<GstCaps> adapted;
  std::shared_ptr<const SampleFanOut::Sinks> sinks;
  {
    std::lock_guard lock(mutex_);
    if (is_late(buffer)) return;
    adapt(buffer, caps);
    adapted = adapted_;
    latest_ = GST_BUFFER_PTS(buffer);
    came_at_ = g_get_monotonic_time();
    if (keeps_pictures_) kept_ = retain(buffer);
    // With the lock: a sink that is added meanwhile gets this picture from add(), and only there.
    sinks = sinks_.read();
  }
  for (const auto& sink : *sinks)
    sink->push(buffer, adapted.get());
}

void RawOutlet::set_orientation(GstVideoOrientationMethod orientation) {
  std::lock_guard lock(mutex_);
  turned_ = std::exchange(orientation_, orientation) != orientation || turned_;
}

void RawOutlet::end() {
  forget();
  sinks_.end();
}

void RawOutlet::forget() {
  std::lock_guard lock(mutex_);
  kept_.reset();
  latest_ = GST_CLOCK_TIME_NONE;
}

void RawOutlet::add(std::shared_ptr<SampleSink> sink, GstClockTime now) {
  std::lock_guard lock(mutex_);
  sinks_.add(sink);
  if (!kept_) return;
  bool old = GST_CLOCK_TIME_IS_VALID(now) && now > latest_ && now - latest_ > kOld;
  push_kept(*sink, old ? now : latest_);
}

void RawOutlet::repeat(SampleSink& sink, GstClockTime now) {
  std::lock_guard lock(mutex_);
  if (!kept_ || !GST_CLOCK_TIME_IS_VALID(now) || now <= latest_ ||
      g_get_monotonic_time() - came_at_ < kIdle)
    return;
  push_kept(sink, now);
}

void RawOutlet::push_kept(SampleSink& sink, GstClockTime time) {
  Ref<GstBuffer> copy = adopt(gst_buffer_copy(kept_.get()));  // the memories are shared
  GST_BUFFER_PTS(copy.get()) = time;
  GST_BUFFER_DTS(copy.get()) = GST_CLOCK_TIME_NONE;
  latest_ = time;
  sink.push(copy.get(), adapted_.get());
}

}  // namespace webcast
