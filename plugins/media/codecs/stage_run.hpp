// Stage::Run: one life of a stage's pipeline. Of stage.cpp and stage_run.cpp only.
#pragma once

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <optional>

#include "plugins/media/codecs/stage.hpp"

namespace webcast {

struct Stage::Run : std::enable_shared_from_this<Stage::Run> {
  Ref<GstElement> pipeline;
  Ref<GstElement> source, sink;
  std::weak_ptr<Stage> stage;
  ControlThread* control = nullptr;

  // Held while the sample handler runs: once detach() returned, none runs and none begins.
  std::mutex callback_mutex;
  bool live = true;

  std::atomic<guint64> fed{0};
  std::atomic<bool> had_output{false};

  GstAppSrc* appsrc() const { return GST_APP_SRC(source.get()); }

  Result<void> assemble(const StageOptions& options, const ElementChain& chain, GstCaps* caps);
  Result<void> play(GstClock* clock);
  void detach();
  // `hung`: a streaming thread may never come back; a thread of its own waits for it.
  void dispose(bool hung);
  // Whose fault it is that the run does not work; `culprit`: who says so, may be null.
  ErrorCode blame(GstObject* culprit) const;

 private:
  void connect();
  void on_sample();
  void on_message(GstMessage* message);
  void on_need_context(GstMessage* message);
  std::mutex error_mutex_;
  std::optional<Error> first_error_;  // for play(): the control thread hears of it too late
};

}  // namespace webcast
