// Inspector: an encoded track's input, brought to one form and looked at. It runs always.
//
//   appsrc ! parser ! appsink    where the codec has a parser, else directly
// Parameter sets stand before each IDR afterwards, even if the source gave them once only; what
// the stream is (profile, B-frames) becomes known; `output` hands it to pass-through renditions
// and to the decoder. Owned by its track; control thread, except push() and end().
#pragma once

#include <functional>
#include <memory>

#include "common/control_thread.hpp"
#include "plugins/media/h264_facts.hpp"
#include "plugins/media/input_info.hpp"
#include "plugins/media/sample_sink.hpp"
#include "plugins/media/stage.hpp"

namespace webcast {

struct InspectorHandlers {
  std::function<void(const InputInfo&)> changed;  // the facts are known, or are others now
  std::function<void(const Error&)> failed;       // the stream cannot be parsed
  std::function<void()> ended;                    // all has left `output`, its end too
};

class Inspector : public SampleSink, public std::enable_shared_from_this<Inspector> {
 public:
  // Any thread: nothing is started before the first push.
  static std::shared_ptr<Inspector> create(Codec codec, ControlThread& control,
                                           InspectorHandlers handlers);
  void push(GstBuffer* buffer, GstCaps* caps) override;
  void end() override;

  SampleFanOut& output() { return output_; }
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

  const Codec codec_;
  ControlThread& control_;
  const InspectorHandlers handlers_;
  std::shared_ptr<Stage> stage_;  // null: no parser is needed
  SampleFanOut output_;
  bool stopped_ = false;  // control thread

  // The streaming thread that comes last: the stage's, or the pad's.
  H264Facts h264_;
  InputInfo told_;
  GstClockTime latest_ = GST_CLOCK_TIME_NONE;
  bool reordered_ = false;
};

}  // namespace webcast
