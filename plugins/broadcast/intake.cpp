#include "plugins/broadcast/intake.hpp"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

namespace webcast {
namespace {

// More than any picture that is encoded here; caps can say anything.
constexpr gsize kGreatestFrame = 256 * 1024 * 1024;

// Several buffers may make one picture: none of them takes its time.
bool is_part(const GstStructure* structure) {
  const char* alignment = gst_structure_get_string(structure, "alignment");
  return g_strcmp0(alignment, "nal") == 0 || g_strcmp0(alignment, "obu") == 0;
}

}  // namespace

Intake::~Intake() {
  if (adapter_) g_object_unref(adapter_);
}

Ref<GstEvent> Intake::on_segment(GstEvent* event, bool is_live) {
  is_live_ = is_live;
  if (adapter_) gst_adapter_clear(adapter_);
  gst_event_copy_segment(event, &segment_);
  bytes_ = segment_.format != GST_FORMAT_TIME;
  if (!bytes_) return retain(event);
  gst_segment_init(&segment_, GST_FORMAT_TIME);
  Ref<GstEvent> timed = adopt(gst_event_new_segment(&segment_));
  gst_event_set_seqnum(timed.get(), gst_event_get_seqnum(event));
  return timed;
}

void Intake::on_caps(GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  frame_ = 0;
  frame_time_ = GST_CLOCK_TIME_NONE;
  samples_a_second_ = 0;
  GstVideoInfo video;
  GstAudioInfo audio;
  is_audio_ =
      gst_structure_has_name(structure, "audio/x-raw") && gst_audio_info_from_caps(&audio, caps);
  bool in_memory = gst_caps_features_is_equal(gst_caps_get_features(caps, 0),
                                              GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY);
  if (is_audio_) {
    frame_ = GST_AUDIO_INFO_BPF(&audio);
    samples_a_second_ = GST_AUDIO_INFO_RATE(&audio);
  } else if (in_memory && gst_structure_has_name(structure, "video/x-raw") &&
             gst_video_info_from_caps(&video, caps)) {
    frame_ = GST_VIDEO_INFO_SIZE(&video);
  }
  if (frame_ > kGreatestFrame) frame_ = 0;
  int numerator = 0, denominator = 1;
  if (gst_structure_get_fraction(structure, "framerate", &numerator, &denominator) &&
      numerator > 0 && !is_part(structure))
    frame_time_ = gst_util_uint64_scale_int(GST_SECOND, denominator, numerator);
  if (adapter_) gst_adapter_clear(adapter_);
}

void Intake::on_flush() {
  times_.reset();
  if (adapter_) gst_adapter_clear(adapter_);
}

bool Intake::is_whole(GstBuffer* buffer) const {
  if (!bytes_ || frame_ == 0) return true;
  if (adapter_ && gst_adapter_available(adapter_) > 0) return false;
  gsize size = gst_buffer_get_size(buffer);
  // With its own strides it need not have the size that the caps say.
  if (!is_audio_) return size == frame_ || gst_buffer_get_video_meta(buffer);
  return size % frame_ == 0;
}

void Intake::take(Ref<GstBuffer> buffer, GstClockTime arrived,
                  const std::function<void(Ref<GstBuffer>)>& give) {
  if (is_whole(buffer.get())) return give(timed(std::move(buffer), arrived));
  if (!adapter_) adapter_ = gst_adapter_new();
  gst_adapter_push(adapter_, buffer.release());
  while (gsize ready = gst_adapter_available(adapter_) / frame_) {
    gsize size = is_audio_ ? ready * frame_ : frame_;
    give(timed(adopt(gst_adapter_take_buffer(adapter_, size)), arrived));
  }
}

GstClockTime Intake::duration_of(GstBuffer* buffer) const {
  if (is_audio_ && frame_ > 0 && samples_a_second_ > 0)
    return gst_util_uint64_scale_int(gst_buffer_get_size(buffer) / frame_, GST_SECOND,
                                     samples_a_second_);
  if (GST_BUFFER_DURATION_IS_VALID(buffer)) return GST_BUFFER_DURATION(buffer);
  return frame_time_;
}

Ref<GstBuffer> Intake::timed(Ref<GstBuffer> buffer, GstClockTime arrived) {
  GstClockTime own = GST_BUFFER_PTS_IS_VALID(buffer.get()) ? GST_BUFFER_PTS(buffer.get())
                                                           : GST_BUFFER_DTS(buffer.get());
  GstClockTime duration = duration_of(buffer.get());
  GstClockTime running =
      bytes_ ? GST_CLOCK_TIME_NONE : gst_segment_to_running_time(&segment_, GST_FORMAT_TIME, own);
  // Outside of its segment: whoever waits for its time leaves it out.
  if (!bytes_ && GST_CLOCK_TIME_IS_VALID(own) && !GST_CLOCK_TIME_IS_VALID(running)) return buffer;
  if (times_.trust(running, duration, g_get_monotonic_time())) return buffer;
  // Live pictures come when they come; sound is a stretch without seams.
  bool paced = !is_live_;
  GstClockTime time =
      times_.next(arrived, paced || is_audio_ ? duration : GST_CLOCK_TIME_NONE, paced);
  Ref<GstBuffer> copy = adopt(gst_buffer_make_writable(buffer.release()));
  GST_BUFFER_PTS(copy.get()) =
      gst_segment_position_from_running_time(&segment_, GST_FORMAT_TIME, time);
  GST_BUFFER_DTS(copy.get()) = GST_CLOCK_TIME_NONE;
  return copy;
}

}  // namespace webcast
