// Stage: appsrc ! elements ! appsink as a pipeline of its own, made anew whenever it must be.
//
// One instance of the pipeline (a run) serves one kind of input: when raw caps change, after an
// end of stream, or when an element fails, the run is taken to NULL as a whole and another one is
// built. Nothing renegotiates inside a running pipeline, so what works at the start works in
// mid-stream. Parsers, decoders and renditions are stages; their owner keeps them.
// Control thread, except push() and end(), which never wait.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/control_thread.hpp"
#include "common/result.hpp"
#include "plugins/gst/gst_ref.hpp"
#include "plugins/media/codecs/sample_sink.hpp"

namespace webcast {

using ElementChain = std::vector<Ref<GstElement>>;

// The name of the element, if any, up to which a chain brings its input into form. What fails
// before anything came that far is no fault of those behind it.
inline constexpr const char* kPrepared = "prepared";

struct StageHandlers {
  // Control thread: the elements, in order, for this input. An error ends in `failed`.
  std::function<Result<ElementChain>(GstCaps* caps)> build;
  // The run's streaming thread. Must not wait for the control thread.
  std::function<void(GstSample* sample)> sample;
  // Control thread. The run is gone; restart() builds another. `had_output`: it worked before.
  // not_supported: what came in could not be brought into the form that kPrepared lets through.
  std::function<void(const Error& error, bool had_output)> failed;
  // Control thread. All that was pushed before end() has come out.
  std::function<void()> ended;
  // Any thread, and `asker` waits: it shares a graphics card with others by a GstContext of this
  // type (gst_element_set_context). Left without, it makes its own. May be empty.
  std::function<void(GstElement* asker, const char* type)> context_needed;
};

struct StageOptions {
  std::string name;
  // Frames that wait for the elements at most. Raw: the oldest is dropped. Encoded video: all
  // that comes is dropped until the next keyframe.
  unsigned max_buffers = 3;
  bool encoded = false;  // new caps of the same media type go through the running elements
  bool starts_at_keyframe = false;
  // Fed for so long without any output: failed. 0: never.
  std::chrono::milliseconds stall_timeout{0};
};

class Stage : public SampleSink, public std::enable_shared_from_this<Stage> {
 public:
  static std::shared_ptr<Stage> create(ControlThread& control, StageOptions options,
                                       StageHandlers handlers);
  ~Stage() override;

  void push(GstBuffer* buffer, GstCaps* caps) override;
  void end() override;

  // For this run and later ones.
  void set_clock(GstClock* clock);
  // Ends the run, if any, and builds another with the caps that came last.
  void restart();
  // What is pushed is dropped until it works again; the run stays as it is.
  void rest(bool rests) { rests_ = rests; }
  // For good: no handler is called after it.
  void stop();

  // An upstream event for the element of that name in the run. False: there is none.
  bool send_event(const char* element, GstEvent* event);
  guint64 dropped() const { return dropped_; }

 private:
  struct Run;
  struct Item {
    Ref<GstBuffer> buffer;
    Ref<GstCaps> caps;
  };

  Stage(ControlThread& control, StageOptions options, StageHandlers handlers);
  bool admit(GstBuffer* buffer);
  bool fits(GstCaps* caps) const;
  void feed(Ref<GstBuffer> buffer, GstCaps* caps);
  void keep(Item item);
  void want_run();
  void rebuild();
  Result<std::shared_ptr<Run>> make_run(GstCaps* caps);
  void open(std::shared_ptr<Run> run, GstCaps* caps);
  void retire(bool hung);
  void watch_for_stall(const std::shared_ptr<Run>& run);
  void on_run_error(const Run* run, const Error& error, bool hung);
  void on_run_ended(const Run* run);
  void fail(const Error& error, bool had_output);
  void tell_ended();

  ControlThread& control_;
  const StageOptions options_;
  const StageHandlers handlers_;

  // Control thread.
  std::shared_ptr<Run> run_;
  Ref<GstClock> clock_;
  Timer stall_timer_;

  // Both sides.
  std::mutex mutex_;
  std::shared_ptr<Run> open_;  // takes what is pushed
  Ref<GstCaps> caps_;          // of the last push
  std::deque<Item> pending_;   // until there is a run
  bool wanted_ = false;        // a rebuild is on its way
  bool ending_ = false;        // end() was called after the last push
  bool needs_keyframe_;
  bool stopped_ = false;
  std::atomic<guint64> dropped_{0};
  std::atomic<bool> rests_{false};
};

}  // namespace webcast
