#include "plugins/broadcast/pad_tap.hpp"

#include <gst/video/video.h>

#include <chrono>
#include <cmath>

#include "common/clean_text.hpp"
#include "plugins/broadcast/alternate_fields.hpp"

namespace webcast {
namespace {

constexpr auto kDrainTimeout = std::chrono::seconds(2);
// Room for a demuxer that interleaves badly; raw pictures are bounded by bytes.
constexpr guint64 kQueueTime = 2 * GST_SECOND;
constexpr guint kQueueBytes = 64 * 1024 * 1024;

// What comes first is what a source that can choose should give: the encoders' own formats.
const char* sink_caps(MediaKind kind) {
  return kind == MediaKind::video
             ? "video/x-raw, format=(string){ I420, NV12 }; video/x-raw(ANY); video/x-h264; "
               "video/x-vp8; video/x-vp9; video/x-h265; video/x-av1; image/jpeg"
             : "audio/x-raw, format=(string)S16LE, layout=(string)interleaved, rate=(int)48000, "
               "channels=(int)[1,2]; audio/x-raw; audio/x-opus; "
               "audio/x-alaw; audio/x-mulaw";
}

bool upstream_is_live(GstPad* pad) {
  GstQuery* query = gst_query_new_latency();
  gboolean live = FALSE;
  if (gst_pad_peer_query(pad, query)) gst_query_parse_latency(query, &live, nullptr, nullptr);
  gst_query_unref(query);
  return live;
}

GstClockTime shifted(GstClockTime time, const GstSegment* segment, GstClockTime base) {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return GST_CLOCK_TIME_NONE;
  guint64 running = 0;
  int sign = gst_segment_to_running_time_full(segment, GST_FORMAT_TIME, time, &running);
  if (sign > 0) return base + running;
  if (sign < 0 && base >= running) return base - running;
  return GST_CLOCK_TIME_NONE;
}

// In a pipeline without a clock, where running time says nothing: by the one that the element then
// takes (WebcastSink).
Ref<GstBuffer> arriving_now(GstBuffer* buffer) {
  Ref<GstClock> clock = adopt(gst_system_clock_obtain());
  Ref<GstBuffer> shared = retain(buffer);
  Ref<GstBuffer> copy = adopt(gst_buffer_copy(shared.get()));
  GST_BUFFER_PTS(copy.get()) = gst_clock_get_time(clock.get());
  GST_BUFFER_DTS(copy.get()) = GST_CLOCK_TIME_NONE;
  return copy;
}

}  // namespace

Result<std::shared_ptr<PadTap>> PadTap::create(GstBin* bin, std::string name, MediaKind kind,
                                               GstPadTemplate* templ) {
  std::shared_ptr<PadTap> tap(new PadTap(std::move(name), kind));
  tap->queue_ = make_element("queue");
  tap->appsink_ = make_element("appsink");
  if (!tap->queue_ || !tap->appsink_)
    return Error{ErrorCode::not_found,
                 "The elements queue and appsink are missing: install GStreamer's core and base "
                 "plugins (gstreamer1.0-plugins-base)"};
  g_object_set(tap->queue_.get(), "max-size-time", kQueueTime, "max-size-bytes", kQueueBytes,
               "max-size-buffers", 0u, nullptr);
  Ref<GstCaps> caps = adopt(gst_caps_from_string(sink_caps(kind)));
  // async=false: a pad that gets no data must not keep the whole pipeline from starting.
  g_object_set(tap->appsink_.get(), "caps", caps.get(), "async", FALSE, "max-buffers", 1u,
               "enable-last-sample", FALSE, nullptr);
  tap->connect_callbacks();
  gst_bin_add_many(bin, tap->queue_.get(), tap->appsink_.get(), nullptr);
  gst_element_link(tap->queue_.get(), tap->appsink_.get());
  Ref<GstPad> target = adopt(gst_element_get_static_pad(tap->queue_.get(), "sink"));
  tap->ghost_ = adopt(GST_PAD(gst_object_ref_sink(
      gst_ghost_pad_new_from_template(tap->name_.c_str(), target.get(), templ))));
  gst_element_sync_state_with_parent(tap->appsink_.get());
  gst_element_sync_state_with_parent(tap->queue_.get());
  return tap;
}

void PadTap::connect_callbacks() {
  GstAppSinkCallbacks callbacks = {};
  callbacks.new_sample = [](GstAppSink* appsink, gpointer data) {
    Ref<GstSample> sample = adopt(gst_app_sink_try_pull_sample(appsink, 0));
    auto tap = static_cast<std::weak_ptr<PadTap>*>(data)->lock();
    if (sample && tap) tap->on_sample(sample.get());
    return GST_FLOW_OK;
  };
  callbacks.eos = [](GstAppSink*, gpointer data) {
    if (auto tap = static_cast<std::weak_ptr<PadTap>*>(data)->lock()) tap->on_end();
  };
  gst_app_sink_set_callbacks(
      GST_APP_SINK(appsink_.get()), &callbacks, new std::weak_ptr<PadTap>(weak_from_this()),
      [](gpointer data) { delete static_cast<std::weak_ptr<PadTap>*>(data); });
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(queue_.get(), "src"));
  constexpr auto kEvents = static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                                                        GST_PAD_PROBE_TYPE_EVENT_FLUSH);
  constexpr auto kBuffers =
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
  auto add = [&](GstPadProbeType type, GstPadProbeCallback callback) {
    gst_pad_add_probe(pad.get(), type, callback, new std::weak_ptr<PadTap>(weak_from_this()),
                      [](gpointer data) { delete static_cast<std::weak_ptr<PadTap>*>(data); });
  };
  add(kEvents, &PadTap::on_event);
  add(kBuffers, &PadTap::on_buffer);
}

GstPadProbeReturn PadTap::on_event(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto tap = static_cast<std::weak_ptr<PadTap>*>(data)->lock();
  if (!tap) return GST_PAD_PROBE_OK;
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  GstEventType type = GST_EVENT_TYPE(event);
  if (type == GST_EVENT_FLUSH_START) tap->on_flush();
  if (type == GST_EVENT_FLUSH_STOP) tap->intake_.on_flush();
  if (type == GST_EVENT_STREAM_START || type == GST_EVENT_TAG) {
    tap->on_orientation(event);
    tap->on_title(event);
  }
  if (type == GST_EVENT_CAPS) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    tap->intake_.on_caps(caps);
  }
  if (type == GST_EVENT_SEGMENT) tap->on_segment(info);  // which replaces it
  return GST_PAD_PROBE_OK;
}

// Each stream has tags of its own; a phone's tell how it was held.
void PadTap::on_orientation(GstEvent* event) {
  GstVideoOrientationMethod orientation = GST_VIDEO_ORIENTATION_IDENTITY;
  if (GST_EVENT_TYPE(event) == GST_EVENT_TAG) {
    GstTagList* tags = nullptr;
    gst_event_parse_tag(event, &tags);
    if (!gst_video_orientation_from_tag(tags, &orientation)) return;
  }
  if (auto track = this->track()) track->set_orientation(orientation);
}

// Tags without a title say nothing of it; another stream has none until its tags come.
void PadTap::on_title(GstEvent* event) {
  GstTagList* tags = nullptr;
  std::string title;
  if (GST_EVENT_TYPE(event) == GST_EVENT_TAG) {
    gst_event_parse_tag(event, &tags);
    char* text = nullptr;
    if (!gst_tag_list_get_string(tags, GST_TAG_TITLE, &text)) return;
    title = clean_text(text, kLongestTitle);
    g_free(text);
  }
  std::function<void()> changed;
  {
    std::lock_guard lock(mutex_);
    std::string before = shown_title();
    if (!tags) title_of_all_ = title_of_stream_ = "";
    bool of_all = tags && gst_tag_list_get_scope(tags) == GST_TAG_SCOPE_GLOBAL;
    (of_all ? title_of_all_ : title_of_stream_) = title;
    if (shown_title() != before) changed = title_changed_;
  }
  if (changed) changed();
}

std::string PadTap::title() const {
  std::lock_guard lock(mutex_);
  return shown_title();
}

void PadTap::on_title_changed(std::function<void()> listener) {
  std::lock_guard lock(mutex_);
  title_changed_.swap(listener);
}

void PadTap::on_segment(GstPadProbeInfo* info) {
  // A live source's buffers come at their time already: waiting once more would only add latency.
  Ref<GstPad> inlet = adopt(gst_element_get_static_pad(queue_.get(), "sink"));
  bool is_live = upstream_is_live(inlet.get());
  g_object_set(appsink_.get(), "sync", !is_live, nullptr);
  Ref<GstEvent> event = adopt(GST_PAD_PROBE_INFO_EVENT(info));
  GST_PAD_PROBE_INFO_DATA(info) = intake_.on_segment(event.get(), is_live).release();
}

GstPadProbeReturn PadTap::on_buffer(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto tap = static_cast<std::weak_ptr<PadTap>*>(data)->lock();
  if (!tap) return GST_PAD_PROBE_OK;
  if (tap->since_flush_ < 2 && ++tap->since_flush_ == 2) tap->set_async(false);
  return tap->on_data(pad, info);
}

// Data that becomes several buffers: all but the last are pushed on from here.
GstPadProbeReturn PadTap::on_data(GstPad* pad, GstPadProbeInfo* info) {
  Ref<GstBuffer> last;
  Ref<GstPad> peer = adopt(gst_pad_get_peer(pad));
  auto give = [&](Ref<GstBuffer> buffer) {
    if (last && peer) gst_pad_chain(peer.get(), last.release());
    last = std::move(buffer);
  };
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    // One by one, as they leave the appsink.
    GstBufferList* list = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
    for (guint i = 0; i < gst_buffer_list_length(list); i++)
      intake_.take(retain(gst_buffer_list_get(list, i)), running_time_now(), give);
    if (last && peer) gst_pad_chain(peer.get(), last.release());
    return GST_PAD_PROBE_DROP;
  }
  intake_.take(adopt(GST_PAD_PROBE_INFO_BUFFER(info)), running_time_now(), give);
  GST_PAD_PROBE_INFO_DATA(info) = last.release();
  // Nothing is left for whoever drops what a probe leaves.
  return GST_PAD_PROBE_INFO_DATA(info) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_HANDLED;
}

GstClockTime PadTap::running_time_now() const {
  if (GST_STATE(appsink_.get()) != GST_STATE_PLAYING) return GST_CLOCK_TIME_NONE;
  return gst_element_get_current_running_time(appsink_.get());
}

// The pipeline begins a new time after a flush only if its sinks lose their state by it and wait
// for the next buffer. Who has been given buffers may be waited for.
void PadTap::on_flush() {
  {
    std::lock_guard lock(mutex_);
    drained_ = true;  // what still waits for the end is not the end any more
    drained_condition_.notify_all();
  }
  set_async(true);
  since_flush_ = 0;
}

void PadTap::set_async(bool async) {
  g_object_set(appsink_.get(), "async", static_cast<gboolean>(async), nullptr);
}

Ref<GstBuffer> PadTap::on_internal_timeline(GstBuffer* buffer, const GstSegment* segment) const {
  GstClockTime base = gst_element_get_base_time(appsink_.get());
  Ref<GstClock> clock = adopt(gst_element_get_clock(appsink_.get()));
  if (!clock || !GST_CLOCK_TIME_IS_VALID(base)) return arriving_now(buffer);
  GstClockTime pts = shifted(GST_BUFFER_PTS(buffer), segment, base);
  GstClockTime dts = shifted(GST_BUFFER_DTS(buffer), segment, base);
  if (!GST_CLOCK_TIME_IS_VALID(pts)) {
    if (GST_CLOCK_TIME_IS_VALID(GST_BUFFER_PTS(buffer))) return {};  // outside of the segment
    pts = dts;
  }
  if (!GST_CLOCK_TIME_IS_VALID(pts)) pts = gst_clock_get_time(clock.get());
  Ref<GstBuffer> shared = retain(buffer);
  Ref<GstBuffer> copy = adopt(gst_buffer_copy(shared.get()));  // the memories are shared
  GST_BUFFER_PTS(copy.get()) = pts;
  GST_BUFFER_DTS(copy.get()) = dts;
  if (GST_BUFFER_DURATION_IS_VALID(buffer) && segment->rate != 1)
    GST_BUFFER_DURATION(copy.get()) = static_cast<GstClockTime>(
        static_cast<double>(GST_BUFFER_DURATION(buffer)) / std::abs(segment->rate));
  return copy;
}

void PadTap::on_sample(GstSample* sample) {
  auto track = this->track();
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  GstCaps* caps = gst_sample_get_caps(sample);
  // The sink's own, by which it waited: after a change of speed without a flush (instant rate
  // change) the sample's is still the one before. It is called with the sink's lock held.
  const GstSegment* segment = &GST_BASE_SINK(appsink_.get())->segment;
  if (!track || !buffer || !caps || segment->format != GST_FORMAT_TIME) return;
  {
    std::lock_guard lock(mutex_);
    reached_end_ = false;
  }
  Ref<GstCaps> sent_as = presented(caps, segment->rate, *track);
  if (!sent_as || (top_fields_only_ && !is_top_field(buffer))) return;
  if (auto moved = on_internal_timeline(buffer, segment)) track->feed(moved.get(), sent_as.get());
}

Ref<GstCaps> PadTap::presented(GstCaps* caps, double rate, Track& track) {
  if (caps != caps_.get() || rate != rate_) {
    caps_ = retain(caps);
    rate_ = rate;
    std::string told = at_speed_.obstacle;
    top_fields_only_ = has_alternate_fields(caps);
    Ref<GstCaps> whole = top_fields_only_ ? top_field_caps(caps) : retain(caps);
    at_speed_ = at_speed(kind_, whole.get(), rate);
    if (!at_speed_.obstacle.empty() && at_speed_.obstacle != told)
      track.report(Error{ErrorCode::not_supported, name_ + ": " + at_speed_.obstacle});
  }
  return at_speed_.caps;
}

void PadTap::on_end() {
  auto track = this->track();
  std::unique_lock lock(mutex_);
  reached_end_ = true;
  drained_ = false;
  if (!track || drain_cancelled_) return;
  lock.unlock();
  track->end();
  lock.lock();
  drained_condition_.wait_for(lock, kDrainTimeout, [this] { return drained_ || drain_cancelled_; });
}

void PadTap::set_track(std::shared_ptr<Track> track) {
  if (track) set_async(false);
  std::lock_guard lock(mutex_);
  track_.swap(track);
  drain_cancelled_ = false;
  reached_end_ = false;
}

std::shared_ptr<Track> PadTap::track() const {
  std::lock_guard lock(mutex_);
  return track_;
}

void PadTap::on_drained() {
  std::lock_guard lock(mutex_);
  drained_ = true;
  drained_condition_.notify_all();
}

void PadTap::cancel_drain() {
  std::lock_guard lock(mutex_);
  drain_cancelled_ = true;
  drained_condition_.notify_all();
}

bool PadTap::reached_end() const {
  std::lock_guard lock(mutex_);
  return reached_end_;
}

void PadTap::request_upstream_keyframe() {
  gst_pad_push_event(ghost_.get(),
                     gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

void PadTap::remove(GstBin* bin) {
  cancel_drain();
  gst_element_set_locked_state(queue_.get(), TRUE);
  gst_element_set_locked_state(appsink_.get(), TRUE);
  gst_element_set_state(appsink_.get(), GST_STATE_NULL);
  gst_element_set_state(queue_.get(), GST_STATE_NULL);
  gst_bin_remove_many(bin, queue_.get(), appsink_.get(), nullptr);
}

}  // namespace webcast
