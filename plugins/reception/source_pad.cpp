#include "plugins/reception/source_pad.hpp"

#include <gst/video/video.h>

#include <algorithm>

#include "plugins/session/debug.hpp"

namespace webcast {
namespace {

constexpr GstClockTime kMostTime = GST_SECOND;
constexpr gsize kMostBytes = 128 * 1024 * 1024;
// What was held up on the way may still come: gaps are told by so much later.
constexpr GstClockTime kLateness = 2 * GST_SECOND;
constexpr size_t kMostEvents = 256;
constexpr auto kGapAfter = std::chrono::milliseconds(500);

// What the pad's C functions are given: they find nothing once the object is gone.
std::shared_ptr<SourcePad> owner(gpointer data) {
  return static_cast<std::weak_ptr<SourcePad>*>(data)->lock();
}
void forget(gpointer data) {
  delete static_cast<std::weak_ptr<SourcePad>*>(data);
}

GstClockTime running_time_of(GstSample* sample, GstClockTime time) {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return GST_CLOCK_TIME_NONE;
  return gst_segment_to_running_time(gst_sample_get_segment(sample), GST_FORMAT_TIME, time);
}

}  // namespace

SourcePad::SourcePad(GstElement* element, std::string name, MediaKind kind, bool raw,
                     GstClockTime latency, SourcePadEvents events)
    : element_(element),
      name_(std::move(name)),
      kind_(kind),
      raw_(raw),
      latency_(latency),
      events_(std::move(events)),
      times_(kind == MediaKind::video && !raw) {}

std::shared_ptr<SourcePad> SourcePad::create(GstElement* element, GstPadTemplate* templ,
                                             std::string name, MediaKind kind, bool raw,
                                             GstClockTime latency, SourcePadEvents events) {
  std::shared_ptr<SourcePad> self(
      new SourcePad(element, std::move(name), kind, raw, latency, std::move(events)));
  self->make_pad(templ);
  return self;
}

void SourcePad::make_pad(GstPadTemplate* templ) {
  pad_ = adopt(GST_PAD(gst_object_ref_sink(gst_pad_new_from_template(templ, name_.c_str()))));
  auto weak = [this] { return new std::weak_ptr<SourcePad>(weak_from_this()); };
  gst_pad_use_fixed_caps(pad_.get());
  gst_pad_set_activatemode_function_full(
      pad_.get(),
      [](GstPad* pad, GstObject*, GstPadMode mode, gboolean active) -> gboolean {
        if (mode != GST_PAD_MODE_PUSH) return FALSE;
        auto self = owner(pad->activatemodedata);
        return !self || self->activate(active);
      },
      weak(), forget);
  gst_pad_set_event_function_full(
      pad_.get(),
      [](GstPad* pad, GstObject*, GstEvent* event) -> gboolean {
        auto self = owner(pad->eventdata);
        gboolean taken = self && self->on_event(event);
        gst_event_unref(event);
        return taken;
      },
      weak(), forget);
  gst_pad_set_query_function_full(
      pad_.get(),
      [](GstPad* pad, GstObject* parent, GstQuery* query) -> gboolean {
        auto self = owner(pad->querydata);
        if (self && GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) return self->on_query(query);
        return gst_pad_query_default(pad, parent, query);
      },
      weak(), forget);
}

gboolean SourcePad::on_query(GstQuery* query) {
  gst_query_set_latency(query, TRUE, latency_, latency_ + kMostTime);
  return TRUE;
}

gboolean SourcePad::on_event(GstEvent* event) {
  if (gst_video_event_is_force_key_unit(event)) {
    events_.want_keyframe();
    return TRUE;
  }
  return GST_EVENT_TYPE(event) == GST_EVENT_LATENCY || GST_EVENT_TYPE(event) == GST_EVENT_QOS ||
         GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE;
}

gboolean SourcePad::activate(bool active) {
  {
    std::lock_guard lock(mutex_);
    active_ = active;
    changed_.notify_all();
  }
  if (!active) return gst_pad_stop_task(pad_.get());
  start_task();
  return TRUE;
}

void SourcePad::start_task() {
  {
    std::lock_guard lock(mutex_);
    if (!active_ || !may_run_) return;
  }
  gst_pad_start_task(
      pad_.get(),
      [](gpointer data) {
        if (auto self = owner(data)) self->run();
      },
      new std::weak_ptr<SourcePad>(weak_from_this()), forget);
}

void SourcePad::expect(Ref<GstCaps> caps) {
  std::lock_guard lock(mutex_);
  first_caps_ = std::move(caps);
}

void SourcePad::show() {
  if (std::exchange(shown_, true)) return;
  gst_pad_set_active(pad_.get(), TRUE);
  std::string group = std::string(GST_OBJECT_NAME(element_)) + "/" + name_;
  std::unique_ptr<char, decltype(&g_free)> id(
      gst_pad_create_stream_id(pad_.get(), element_, group.c_str()), g_free);
  gst_pad_push_event(pad_.get(), gst_event_new_stream_start(id.get()));
  Ref<GstCaps> caps;
  {
    std::lock_guard lock(mutex_);
    caps = first_caps_;
  }
  push_caps(caps.get());
  push_segment();
  gst_element_add_pad(element_, pad_.get());
  // Only now: whoever is told of the pad has linked it, and misses nothing.
  {
    std::lock_guard lock(mutex_);
    may_run_ = true;
  }
  start_task();
}

void SourcePad::remove() {
  if (!shown_) return;
  gst_pad_set_active(pad_.get(), FALSE);
  gst_element_remove_pad(element_, pad_.get());
}

void SourcePad::set_playing(bool playing) {
  std::lock_guard lock(mutex_);
  playing_ = playing;
  if (!playing && shown_) drop_samples();
  changed_.notify_all();
}

void SourcePad::begin_session() {
  std::lock_guard lock(mutex_);
  waits_for_keyframe_ = discont_ = true;
}

void SourcePad::finish() {
  std::lock_guard lock(mutex_);
  if (std::exchange(finished_, true)) return;
  items_.push_back({.event = adopt(gst_event_new_eos())});
  changed_.notify_all();
}

bool SourcePad::send(GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START || GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
    flush(event);
    return true;
  }
  // Not by GST_EVENT_IS_SERIALIZED: C++20 warns of what it does with two enumerations.
  if ((gst_event_type_get_flags(GST_EVENT_TYPE(event)) & GST_EVENT_TYPE_SERIALIZED) == 0) {
    gst_pad_push_event(pad_.get(), gst_event_ref(event));
    return true;
  }
  std::lock_guard lock(mutex_);
  auto waiting = std::count_if(items_.begin(), items_.end(), [](const Item& item) { return item.event; });
  if (finished_ || static_cast<size_t>(waiting) >= kMostEvents) return false;
  items_.push_back({.event = retain(event)});
  changed_.notify_all();
  return true;
}

void SourcePad::flush(GstEvent* event) {
  bool begins = GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START;
  if (!begins) gst_pad_pause_task(pad_.get());
  gst_pad_push_event(pad_.get(), gst_event_ref(event));
  std::lock_guard lock(mutex_);
  drop_samples();
  flushing_ = begins;
  needs_segment_ = true;
  changed_.notify_all();
  if (!begins && active_ && GST_PAD_TASK(pad_.get())) gst_task_start(GST_PAD_TASK(pad_.get()));
}

// With the lock held. What comes next is something new.
void SourcePad::drop_samples() {
  std::erase_if(items_, [](const Item& item) { return item.sample; });
  bytes_ = 0;
  waits_for_keyframe_ = discont_ = true;
}

// With the lock held. False: the frame itself is dropped.
bool SourcePad::make_room(const Item& item) {
  auto oldest = [&] {
    return std::find_if(items_.begin(), items_.end(), [](const Item& each) { return each.sample; });
  };
  auto full = [&] {
    auto first = oldest();
    return first != items_.end() &&
           (bytes_ + item.bytes > kMostBytes || item.time > first->time + kMostTime);
  };
  bool needs_keyframe = !raw_ && kind_ == MediaKind::video;
  while (full()) {
    discont_ = true;
    if (needs_keyframe) {
      frames_dropped_ += static_cast<guint64>(std::count_if(
          items_.begin(), items_.end(), [](const Item& each) { return each.sample; }));
      drop_samples();
      continue;
    }
    auto first = oldest();
    bytes_ -= first->bytes;
    items_.erase(first);
    frames_dropped_++;
  }
  if (!needs_keyframe) return true;
  GstBuffer* buffer = gst_sample_get_buffer(item.sample.get());
  if (!GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT)) waits_for_keyframe_ = false;
  return !waits_for_keyframe_;
}

// With the lock held. A parser gives the time of a picture to its first piece, the access unit
// delimiter: what has none is of the time of what came before it.
GstClockTime SourcePad::time_of(GstSample* sample) {
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  GstClockTime time = running_time_of(sample, GST_BUFFER_PTS(buffer));
  if (!GST_CLOCK_TIME_IS_VALID(time)) time = running_time_of(sample, GST_BUFFER_DTS(buffer));
  if (!GST_CLOCK_TIME_IS_VALID(time)) time = last_time_;
  if (!GST_CLOCK_TIME_IS_VALID(time)) {
    Ref<GstClock> clock = adopt(gst_element_get_clock(element_));
    if (clock) time = gst_clock_get_time(clock.get());
  }
  return last_time_ = time;
}

void SourcePad::push(GstSample* sample) {
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  GstCaps* caps = gst_sample_get_caps(sample);
  if (!buffer || !caps) return;
  bool first = false, keyframe = false, overrun = false;
  {
    std::lock_guard lock(mutex_);
    if (finished_ || (!playing_ && may_run_)) return;
    Item item{.sample = retain(sample),
              .time = time_of(sample),
              .bytes = gst_buffer_get_size(buffer)};
    guint64 dropped = frames_dropped_;
    bool taken = make_room(item);
    overrun = frames_dropped_ > dropped && !std::exchange(overran_, true);
    if (taken) {
      first = !std::exchange(told_first_, true);
      if (first) first_caps_ = retain(caps);
      item.discont = std::exchange(discont_, false);
      bytes_ += item.bytes;
      items_.push_back(std::move(item));
      changed_.notify_all();
    } else {
      frames_dropped_++;
      keyframe = true;
    }
  }
  if (first) events_.first_frame();
  if (overrun) events_.overrun();
  if (keyframe) events_.want_keyframe();
}

// With the lock held. Data are for PLAYING; an EOS ends a pipeline that is paused, too.
bool SourcePad::is_ready() const {
  return !items_.empty() && (playing_ || items_.front().event);
}

void SourcePad::run() {
  Item item;
  bool segment = false;
  {
    std::unique_lock lock(mutex_);
    bool timely = changed_.wait_for(lock, kGapAfter,
                                    [this] { return !active_ || flushing_ || is_ready(); });
    if (!active_ || flushing_) {
      lock.unlock();
      gst_pad_pause_task(pad_.get());
      return;
    }
    if (timely) {
      item = std::move(items_.front());
      items_.pop_front();
      bytes_ -= item.bytes;
    } else if (!playing_) {
      return;
    }
    segment = std::exchange(needs_segment_, false);
  }
  if (segment) push_segment();
  if (item.sample) return push_sample(item);
  if (item.event) return push_event(item.event.get());
  push_gap();
}

void SourcePad::push_event(GstEvent* event) {
  bool last = GST_EVENT_TYPE(event) == GST_EVENT_EOS;
  gst_pad_push_event(pad_.get(), gst_event_ref(event));
  if (!last) return;
  gst_pad_pause_task(pad_.get());
  events_.ended();
}

void SourcePad::push_segment() {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_pad_push_event(pad_.get(), gst_event_new_segment(&segment));
}

void SourcePad::push_caps(GstCaps* caps) {
  if (!caps || (caps_ && gst_caps_is_equal(caps_.get(), caps))) return;
  caps_ = retain(caps);
  gst_pad_push_event(pad_.get(), gst_event_new_caps(caps));
}

GstClockTime SourcePad::to_running_time(GstClockTime time) const {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return GST_CLOCK_TIME_NONE;
  GstClockTime base = gst_element_get_base_time(element_);
  return time > base ? time - base : 0;
}

void SourcePad::follow_base_time() {
  GstClockTime base = gst_element_get_base_time(element_);
  if (!times_.follows(base)) times_.follow(base, gst_element_get_current_running_time(element_));
}

void SourcePad::push_sample(const Item& item) {
  follow_base_time();
  push_caps(gst_sample_get_caps(item.sample.get()));
  GstBuffer* original = gst_sample_get_buffer(item.sample.get());
  Ref<GstBuffer> buffer = adopt(gst_buffer_copy(original));  // the memories are shared
  GST_BUFFER_PTS(buffer.get()) = to_running_time(item.time);
  GST_BUFFER_DTS(buffer.get()) =
      to_running_time(running_time_of(item.sample.get(), GST_BUFFER_DTS(original)));
  times_.keep_in_order(buffer.get());
  bool hole = times_.leaves_hole_before(buffer.get());
  if (hole) push_gap_until(GST_BUFFER_PTS(buffer.get()));
  if (item.discont || hole) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
  times_.pushed(buffer.get());
  note(gst_pad_push(pad_.get(), buffer.release()));
}

// Up to where data would have come by now.
void SourcePad::push_gap() {
  follow_base_time();
  Ref<GstClock> clock = adopt(gst_element_get_clock(element_));
  if (!clock || !GST_CLOCK_TIME_IS_VALID(times_.position())) return;
  GstClockTime now = to_running_time(gst_clock_get_time(clock.get()));
  if (now > latency_ + kLateness && now - latency_ - kLateness > times_.position())
    push_gap_until(now - latency_ - kLateness);
}

void SourcePad::push_gap_until(GstClockTime end) {
  gst_pad_push_event(pad_.get(), gst_event_new_gap(times_.position(), end - times_.position()));
  times_.pushed_gap_until(end);
}

void SourcePad::note(GstFlowReturn result) {
  bool linked = result != GST_FLOW_NOT_LINKED;
  // Who links an encoded pad late starts with a keyframe.
  if (linked && !linked_ && kind_ == MediaKind::video && !raw_) events_.want_keyframe();
  linked_ = linked;
  if (result == GST_FLOW_ERROR || result == GST_FLOW_NOT_NEGOTIATED) {
    gst_pad_pause_task(pad_.get());
    events_.failed(result);
  } else if (result == GST_FLOW_FLUSHING) {
    gst_pad_pause_task(pad_.get());
  }
}

}  // namespace webcast
