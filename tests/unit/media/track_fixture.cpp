#include "tests/unit/media/track_fixture.hpp"

#include <gst/video/video.h>

#include <algorithm>

namespace webcast {

void Collected::push(const RtpFrame& frame) {
  waiter_.change([&] { frames_.push_back(frame); });
}

size_t Collected::count() {
  return frames().size();
}

size_t Collected::keyframes() {
  auto all = frames();
  return std::count_if(all.begin(), all.end(), [](const RtpFrame& f) { return f.keyframe; });
}

void Collected::wait_for_frames(size_t count) {
  waiter_.wait([&] { return frames_.size() >= count; });
}

void Collected::wait_for_keyframes(size_t count) {
  waiter_.wait([&] {
    return static_cast<size_t>(std::count_if(frames_.begin(), frames_.end(), [](const RtpFrame& f) {
             return f.keyframe;
           })) >= count;
  });
}

std::vector<RtpFrame> Collected::frames() {
  std::vector<RtpFrame> copy;
  waiter_.look([&] {
    copy = frames_;
    return true;
  });
  return copy;
}

Feeder::Feeder(Track& track, const std::string& description, Edit edit)
    : track_(track), edit_(std::move(edit)) {
  GError* error = nullptr;
  pipeline_ = gst_parse_launch((description + " ! appsink name=out sync=true").c_str(), &error);
  if (error) ADD_FAILURE() << error->message;
  Ref<GstElement> out = adopt(gst_bin_get_by_name(GST_BIN(pipeline_), "out"));
  GstAppSinkCallbacks callbacks = {};
  callbacks.new_sample = [](GstAppSink* sink, gpointer data) {
    auto* self = static_cast<Feeder*>(data);
    Ref<GstSample> sample = adopt(gst_app_sink_pull_sample(sink));
    if (!sample) return GST_FLOW_OK;
    const GstSegment* segment = gst_sample_get_segment(sample.get());
    GstBuffer* original = gst_sample_get_buffer(sample.get());
    GstClockTime base = gst_element_get_base_time(GST_ELEMENT(sink));
    Ref<GstBuffer> buffer = adopt(gst_buffer_copy(original));
    GST_BUFFER_PTS(buffer.get()) =
        base + gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(original));
    if (GST_BUFFER_DTS_IS_VALID(original)) {
      guint64 dts = 0;
      int sign = gst_segment_to_running_time_full(segment, GST_FORMAT_TIME,
                                                  GST_BUFFER_DTS(original), &dts);
      GST_BUFFER_DTS(buffer.get()) = sign >= 0 ? base + dts : base - dts;
    }
    if (self->edit_) buffer = self->edit_(std::move(buffer));
    if (!buffer) return GST_FLOW_OK;
    self->track_.feed(buffer.get(), gst_sample_get_caps(sample.get()));
    return GST_FLOW_OK;
  };
  callbacks.eos = [](GstAppSink*, gpointer data) {
    auto* self = static_cast<Feeder*>(data);
    self->track_.end();
    self->waiter_.change([&] { self->ended_ = true; });
  };
  gst_app_sink_set_callbacks(GST_APP_SINK(out.get()), &callbacks, this, nullptr);
  gst_element_set_state(pipeline_, GST_STATE_PLAYING);
}

Feeder::~Feeder() {
  gst_element_set_state(pipeline_, GST_STATE_NULL);
  gst_object_unref(pipeline_);
}

void Feeder::wait_for_end() {
  waiter_.wait([this] { return ended_; });
}

void Feeder::send_force_keyframe() {
  Ref<GstElement> out = adopt(gst_bin_get_by_name(GST_BIN(pipeline_), "out"));
  gst_element_send_event(out.get(),
                         gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 1));
}

void Feeder::set(const char* element, const char* property, const std::string& value) {
  Ref<GstElement> found = adopt(gst_bin_get_by_name(GST_BIN(pipeline_), element));
  gst_util_set_object_arg(G_OBJECT(found.get()), property, value.c_str());
}

bool Feeder::share_context(GstElement* asker, const char* type) {
  Ref<GstContext> context = adopt(gst_element_get_context(pipeline_, type));
  if (context) gst_element_set_context(asker, context.get());
  return static_cast<bool>(context);
}

TrackTest::~TrackTest() {
  control_.call([this] {
    if (track_) track_->stop();
    track_.reset();
  });
  control_.stop();
}

Track& TrackTest::make_track(MediaKind kind, TrackSettings settings) {
  TrackEvents events;
  events.input_changed = [this] { waiter_.change([this] { input_changes_++; }); };
  events.warning = [this](const Error& error) {
    waiter_.change([&] { warnings_.push_back(error.sentence); });
  };
  events.drained = [this] { waiter_.change([this] { drained_++; }); };
  events.encoder_setup = [this](const std::string&, GstElement* encoder) {
    waiter_.change([&] { encoders_.push_back(GST_OBJECT_NAME(gst_element_get_factory(encoder))); });
    if (on_encoder_) on_encoder_(encoder);
    return false;
  };
  events.context_needed = [this](GstElement* asker, const char* type) {
    if (on_context_needed_) on_context_needed_(asker, type);
  };
  events.upstream_keyframe = [this] {
    upstream_keyframes_++;
    if (on_upstream_keyframe_) on_upstream_keyframe_();
  };
  control_.call([&] {
    track_ = Track::create("video_0", kind, control_, settings, std::move(events));
    Ref<GstClock> clock = adopt(gst_system_clock_obtain());
    track_->set_clock(clock.get());
  });
  return *track_;
}

Result<std::unique_ptr<RenditionLease>> TrackTest::try_lease(std::vector<Codec> preference,
                                                             ViewerCodecs viewer) {
  Result<std::unique_ptr<RenditionLease>> result = Error{};
  control_.call([&] { result = track_->lease(preference, viewer); });
  return result;
}

std::shared_ptr<TrackTest::Held> TrackTest::hold(std::vector<Codec> preference,
                                                 ViewerCodecs viewer) {
  auto held = std::make_shared<Held>();
  auto done = std::make_shared<bool>(false);
  auto lease = try_lease(std::move(preference), std::move(viewer));
  if (!lease) {
    held->error = lease.error().sentence;
    return held;
  }
  control_.call([&] {
    held->lease = std::move(*lease);
    held->lease->when_lost(
        [this, held](Error error) { waiter_.change([&] { held->lost = error.sentence; }); });
    held->lease->when_ready([this, held, done](Result<void> result) {
      if (result) {
        Rendition& rendition = held->lease->rendition();
        held->format = *rendition.format();
        held->name = rendition.name();
        rendition.subscribe(held->sink);
      }
      waiter_.change([&] {
        if (!result) held->error = result.error().sentence;
        *done = true;
      });
    });
  });
  waiter_.wait([&] { return *done; });
  return held;
}

void TrackTest::release(const std::shared_ptr<Held>& held) {
  control_.call([&] {
    if (held->lease) held->lease->rendition().unsubscribe(held->sink.get());
    held->lease.reset();
  });
}

void TrackTest::stop_track() {
  control_.call([this] { track_->stop(); });
}

void TrackTest::wait_for_input(int changes) {
  waiter_.wait([&] { return input_changes_ >= changes; });
}

StructurePtr TrackTest::stats(const std::shared_ptr<Held>& held) {
  StructurePtr structure;
  control_.call([&] { structure = held->lease->rendition().stats(); });
  return structure;
}

size_t TrackTest::rendition_count() {
  size_t count = 0;
  control_.call([&] { count = track_->renditions().size(); });
  return count;
}

CodecCapability TrackTest::h264(const char* profile_level_id) {
  return {Codec::h264, {{"profile-level-id", profile_level_id}, {"packetization-mode", "1"}}};
}

ViewerCodecs TrackTest::everything() {
  return only({h264("42e01f"),
               h264("4d001f"),
               {Codec::vp8, {}},
               {Codec::vp9, {}},
               {Codec::opus, {}},
               {Codec::pcmu, {}},
               {Codec::pcma, {}}});
}

ViewerCodecs TrackTest::only(std::vector<CodecCapability> capabilities) {
  return {true, std::move(capabilities)};
}

}  // namespace webcast
