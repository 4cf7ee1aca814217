// PadTap: the part of a request pad that lives inside the element: `queue ! appsink`.
//
// Gives every buffer a time (Intake), waits for the clock like any sink when the source is not
// live, turns timestamps into the
// internal timeline (rtp_frame.hpp) and hands each buffer to the pad's track. Everything behind it
// is in pipelines of our own, so nothing here is ever rebuilt while data flows.
// Owned by the element; its callbacks run on the queue's streaming thread.
#pragma once

#include <gst/app/gstappsink.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "common/result.hpp"
#include "plugins/broadcast/intake.hpp"
#include "plugins/broadcast/playback_speed.hpp"
#include "plugins/gst/gst_ref.hpp"
#include "plugins/media/track.hpp"

namespace webcast {

class PadTap : public std::enable_shared_from_this<PadTap> {
 public:
  // Adds the elements to `bin`; the error names the missing plugin. `templ`: for the ghost pad.
  static Result<std::shared_ptr<PadTap>> create(GstBin* bin, std::string name, MediaKind kind,
                                                GstPadTemplate* templ);

  GstPad* ghost_pad() const { return ghost_.get(); }
  const std::string& name() const { return name_; }
  MediaKind kind() const { return kind_; }

  // Application thread. No track: data is dropped.
  void set_track(std::shared_ptr<Track> track);
  std::shared_ptr<Track> track() const;

  // Any thread. The end of stream waits (kDrainTimeout at most) until the track's last frames went
  // out, so that a program that stops at EOS cuts nothing off.
  void on_drained();
  // Before the element stops: a wait for draining ends at once.
  void cancel_drain();
  bool reached_end() const;

  // Any thread. What the input's tags call it; empty: nothing.
  std::string title() const;
  // Another title came, on a streaming thread; nothing: nobody listens any more.
  void on_title_changed(std::function<void()> listener);

  // Any thread: asks the source upstream for a keyframe.
  void request_upstream_keyframe();

  // Application thread: takes the elements out of the bin again.
  void remove(GstBin* bin);

 private:
  PadTap(std::string name, MediaKind kind) : name_(std::move(name)), kind_(kind) {}
  void connect_callbacks();
  void on_sample(GstSample* sample);
  void on_end();
  void on_flush();
  void on_orientation(GstEvent* event);
  void on_title(GstEvent* event);
  void set_async(bool async);
  void on_segment(GstPadProbeInfo* info);
  GstPadProbeReturn on_data(GstPad* pad, GstPadProbeInfo* info);
  GstClockTime running_time_now() const;
  // What buffers of these caps are sent as; none: they are not.
  Ref<GstCaps> presented(GstCaps* caps, double rate, Track& track);
  Ref<GstBuffer> on_internal_timeline(GstBuffer* buffer, const GstSegment* segment) const;
  static GstPadProbeReturn on_event(GstPad* pad, GstPadProbeInfo* info, gpointer data);
  static GstPadProbeReturn on_buffer(GstPad* pad, GstPadProbeInfo* info, gpointer data);

  const std::string name_;
  const MediaKind kind_;
  Ref<GstElement> queue_;
  Ref<GstElement> appsink_;
  Ref<GstPad> ghost_;
  // Buffers since a flush, as far as that matters: the second one has the first one's state behind
  // it.
  std::atomic<unsigned> since_flush_{2};
  // The streaming thread.
  Intake intake_;
  Ref<GstCaps> caps_;  // of the last buffer, at rate_
  double rate_ = 1;
  AtSpeed at_speed_;
  bool top_fields_only_ = false;

  mutable std::mutex mutex_;  // guards what follows; never held while calling out
  std::shared_ptr<Track> track_;
  const std::string& shown_title() const {
    return title_of_all_.empty() ? title_of_stream_ : title_of_all_;
  }
  std::string title_of_all_, title_of_stream_;  // the whole file's, this pad's
  std::function<void()> title_changed_;
  std::condition_variable drained_condition_;
  bool drained_ = false, drain_cancelled_ = false, reached_end_ = false;
};

}  // namespace webcast
