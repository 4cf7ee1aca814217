// Inspector: an encoded track's input, brought to one form and looked at. It runs always.
//
//   appsrc ! parser ! appsink    where the codec has a parser, else directly
// Parameter sets stand before each IDR afterwards, even if the source gave them once only; what
// the stream is (profile, B-frames) becomes known; `output` hands it to pass-through renditions
// and to the decoder. Owned by its track; control thread, except push() and end().
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "common/control_thread.hpp"
#include "plugins/media/codecs/sample_sink.hpp"
#include "plugins/media/codecs/stage.hpp"
#include "plugins/media/h264_facts.hpp"
#include "plugins/media/input_info.hpp"
#include "plugins/media/keyframe_sight.hpp"

namespace webcast {

struct InspectorHandlers {
  std::function<void(const InputInfo&)> changed;  // the facts are known, or are others now
  std::function<void(const Error&)> failed;       // the stream cannot be parsed
  std::function<void()> ended;                    // all has left `output`, its end too
  // Somebody waits for a keyframe and none is in sight, or one came again.
  std::function<void(bool lost)> sight_changed;
  std::function<void()> keyframe_needed;  // the source is to be asked for one
  // The stream has points other than keyframes at which a decoder, but no browser, can begin.
  std::function<void()> recovery_seen;
};

class Inspector : public SampleSink, public std::enable_shared_from_this<Inspector> {
 public:
  // Any thread: nothing is started before the first push.
  static std::shared_ptr<Inspector> create(Codec codec, ControlThread& control,
                                           InspectorHandlers handlers);
  void push(GstBuffer* buffer, GstCaps* caps) override;
  void end() override;

  SampleFanOut& output() { return output_; }
  // Somebody waits for a keyframe, and the source was asked for it.
  void want_keyframe();
  void set_clock(GstClock* clock);
  // After a failure.
  void restart();
  void stop();

 private:
  Inspector(Codec codec, ControlThread& control, InspectorHandlers handlers);
  void make_stage();
  void on_parsed(GstSample* sample);
  void look_at(GstBuffer* buffer, GstCaps* caps);
  void read_facts(GstBuffer* buffer, InputInfo& info);
  void watch(GstBuffer* buffer);
  void note_recovery_point(bool announced);
  void on_sight(const KeyframeSight::Verdict& verdict);
  void tell(const std::function<void()>& handler);

  const Codec codec_;
  ControlThread& control_;
  const InspectorHandlers handlers_;
  std::shared_ptr<Stage> stage_;  // null: no parser is needed
  std::atomic<bool> parses_{false};
  SampleFanOut output_;
  bool stopped_ = false;  // control thread

  std::mutex sight_mutex_;
  KeyframeSight sight_;

  // The streaming thread that comes last: the stage's, or the pad's.
  H264Facts h264_;
  InputInfo told_;
  GstClockTime latest_ = GST_CLOCK_TIME_NONE;
  bool reordered_ = false;
  bool recoverable_ = false;      // since the last keyframe
  unsigned recovery_points_ = 0;  // announced ones, since the last keyframe
  bool asked_ = false;

  bool fed_ = false;  // the pad's
};

}  // namespace webcast
