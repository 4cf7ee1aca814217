// SourcePad: one of webcastsrc's pads, with a thread of its own that pushes what a publisher sends.
//
// It outlives publishers: while none is there, gap events keep downstream going. Frames wait in a
// bounded queue; nobody who brings one ever waits. A pad that nobody linked drops its data and
// disturbs no other. Made by the Reception on the control thread.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "plugins/gst/gst_ref.hpp"
#include "plugins/reception/pushed_times.hpp"
#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

struct SourcePadEvents {               // the pad's threads; must not wait
  std::function<void()> first_frame;   // its caps are known: time to show the pad
  std::function<void()> want_keyframe;  // again and again, as long as one is waited for
  std::function<void()> overrun;        // once: downstream is slow, and frames are dropped
  std::function<void()> ended;          // after finish(): EOS was pushed
  std::function<void(GstFlowReturn)> failed;  // downstream cannot take it
};

class SourcePad : public std::enable_shared_from_this<SourcePad> {
 public:
  static std::shared_ptr<SourcePad> create(GstElement* element, GstPadTemplate* templ,
                                           std::string name, MediaKind kind, bool raw,
                                           GstClockTime latency, SourcePadEvents events);

  const std::string& name() const { return name_; }
  MediaKind kind() const { return kind_; }
  GstPad* pad() const { return pad_.get(); }

  // Its caps if it is shown before its first frame.
  void expect(Ref<GstCaps> caps);
  // Control thread: adds the pad to the element, then lets its thread run. Once.
  void show();
  bool shown() const { return shown_; }
  // Only while playing a live source gives data.
  void set_playing(bool playing);
  // Another publisher's frames follow.
  void begin_session();
  // EOS behind what waits; nothing comes after it.
  void finish();
  // Pushes an event, behind what waits if it is serialized. False: too many wait.
  bool send(GstEvent* event);
  // Takes the pad off the element. Waits for its thread.
  void remove();

  // Any thread; see ReceiverEvents::sample.
  void push(GstSample* sample);
  guint64 frames_dropped() const { return frames_dropped_; }

 private:
  struct Item {
    Ref<GstSample> sample{};  // none: an event
    Ref<GstEvent> event{};
    GstClockTime time = 0;  // internal timeline
    gsize bytes = 0;
    bool discont = false;
  };

  SourcePad(GstElement* element, std::string name, MediaKind kind, bool raw, GstClockTime latency,
            SourcePadEvents events);
  void make_pad(GstPadTemplate* templ);
  gboolean activate(bool active);
  void start_task();
  void run();
  bool is_ready() const;
  void drop_samples();
  GstClockTime time_of(GstSample* sample);
  void flush(GstEvent* event);
  void follow_base_time();
  void push_sample(const Item& item);
  void push_event(GstEvent* event);
  void push_segment();
  void push_gap();
  void push_gap_until(GstClockTime end);
  void push_caps(GstCaps* caps);
  void note(GstFlowReturn result);
  GstClockTime to_running_time(GstClockTime time) const;
  bool make_room(const Item& item);
  gboolean on_event(GstEvent* event);
  gboolean on_query(GstQuery* query);

  GstElement* const element_;  // outlives its pads
  const std::string name_;
  const MediaKind kind_;
  const bool raw_;
  const GstClockTime latency_;
  const SourcePadEvents events_;
  Ref<GstPad> pad_;
  bool shown_ = false;

  std::mutex mutex_;  // guards what follows; never held while calling out
  std::condition_variable changed_;
  std::deque<Item> items_;
  gsize bytes_ = 0;
  Ref<GstCaps> first_caps_;  // expected, then those of the first frame
  bool told_first_ = false, playing_ = false, active_ = false, may_run_ = false;
  bool waits_for_keyframe_ = true, discont_ = true, finished_ = false, overran_ = false;
  bool flushing_ = false, needs_segment_ = false;
  GstClockTime last_time_ = GST_CLOCK_TIME_NONE;
  std::atomic<guint64> frames_dropped_{0};

  // The pad's thread only.
  Ref<GstCaps> caps_;
  PushedTimes times_;
  bool linked_ = true;
};

}  // namespace webcast
