// MediaRendition: the one implementation of Rendition: a stage, a collector of packets, a
// keyframe governor and a fan-out. See rendition.hpp for who may call what from where.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/control_thread.hpp"
#include "plugins/media/choice.hpp"
#include "plugins/media/codecs/chains.hpp"
#include "plugins/media/codecs/payload.hpp"
#include "plugins/media/codecs/stage.hpp"
#include "plugins/media/fan_out.hpp"
#include "plugins/media/governor.hpp"
#include "plugins/media/packet_collector.hpp"
#include "plugins/media/rate_meter.hpp"
#include "plugins/media/rendition.hpp"
#include "plugins/media/track.hpp"

namespace webcast {

// How long a rendition that nobody leases any more keeps running: a viewer who reloads the page
// finds it warm.
inline constexpr std::chrono::seconds kLinger{5};

// All on the control thread.
struct RenditionHooks {
  std::function<void(const Error&)> warning;
  std::function<bool(const std::string& rendition, GstElement* encoder)> encoder_setup;
  std::function<void()> upstream_keyframe;
  // The encoder is to make a keyframe: if the source is idle, the last picture will do.
  std::function<void(SampleSink& input)> picture_needed;
  std::function<void(const std::string& factory)> encoder_failed;  // at its start
  // Whether this encoder is to get pictures in a graphics card's memory as they are; that it does
  // not work so.
  std::function<bool(const std::string& factory)> may_stay_on_card;
  std::function<void(const std::string& factory)> card_failed;
  // Any thread: the application's own context of this type, for `asker`.
  std::function<void(GstElement* asker, const char* type)> context_needed;
  std::function<void()> unused;  // lingered long enough
  std::function<void()> failed;  // cannot go on; leases are told
  std::function<void()> ended;   // all that came before the end has left
};

class LeaseState;

class MediaRendition : public Rendition, public std::enable_shared_from_this<MediaRendition> {
 public:
  // `encoders`: factories to try, in order; empty for a pass-through.
  static std::shared_ptr<MediaRendition> create(ControlThread& control, GstClock* clock,
                                                const Choice& choice, const InputInfo& input,
                                                TrackSettings settings,
                                                std::vector<std::string> encoders,
                                                RenditionHooks hooks);

  const std::string& name() const override { return name_; }
  const RtpFormat* format() const override { return ready_ ? &format_ : nullptr; }
  void subscribe(std::shared_ptr<FrameSink> sink) override;
  void unsubscribe(const FrameSink* sink) override { fan_out_.unsubscribe(sink); }
  bool has_begun(const FrameSink* sink) const override { return fan_out_.has_begun(sink); }
  void request_keyframe() override;
  StructurePtr stats() const override;

  // Where its track puts in what it is made of.
  const std::shared_ptr<Stage>& input() const { return stage_; }
  bool pass_through() const { return choice_.pass_through; }
  std::unique_ptr<RenditionLease> lease();
  void set_clock(GstClock* clock) { stage_->set_clock(clock); }
  // No keyframe comes to begin at: those who lease it are told, and it goes on.
  void tell_stuck(const Error& error);
  // Ends at once; those who lease it are told.
  void fail(const Error& error);
  void stop();

 private:
  friend class LeaseState;
  struct Counters {
    guint64 frames = 0, keyframes = 0, bytes = 0;
    RateMeter rate;
  };

  MediaRendition(ControlThread& control, const Choice& choice, const InputInfo& input,
                 TrackSettings settings, std::vector<std::string> encoders, RenditionHooks hooks);
  void make_stage(GstClock* clock);
  Result<ElementChain> build(GstCaps* caps);
  void note_picture(GstCaps* caps);
  void on_sample(GstSample* sample);
  void on_frame(const RtpFrame& frame);
  void on_format(const std::string& profile_level_id);
  void on_stage_failed(const Error& error, bool had_output);
  bool leave_card(const Error& error, bool had_output);
  void on_keyframe(guint64 number);
  void act(const KeyframeGovernor::Decision& decision);
  void force_keyframe();
  void end_lease(LeaseState* lease);
  void rest_or_work();

  ControlThread& control_;
  const Choice choice_;
  const std::string name_;
  const TrackSettings settings_;
  const RenditionHooks hooks_;
  std::shared_ptr<Stage> stage_;
  FanOut fan_out_;
  std::atomic<bool> request_posted_{false};
  std::atomic<guint64> keyframe_count_{0}, count_at_request_{0};

  // Control thread.
  std::vector<std::string> encoders_;  // the first is in use
  std::map<std::string, int> restarts_;
  RtpFormat format_;
  bool ready_ = false, stopped_ = false, rests_ = false;
  bool on_card_ = false;  // the run's encoder gets its pictures in a card's memory
  std::optional<Error> error_;
  PayloadContinuity continuity_;
  KeyframeGovernor governor_;
  Timer governor_timer_, linger_timer_;
  unsigned force_count_ = 0, unanswered_ = 0;
  std::optional<guint64> frames_at_force_;
  std::vector<std::shared_ptr<LeaseState>> leases_;
  int width_ = 0, height_ = 0;
  double framerate_ = 0;

  // Streaming thread.
  PacketCollector collector_;
  std::atomic<bool> format_told_{false};

  mutable std::mutex counters_mutex_;
  mutable Counters counters_;
};

}  // namespace webcast
