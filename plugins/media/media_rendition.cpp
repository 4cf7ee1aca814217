#include "plugins/media/media_rendition.hpp"

#include <gst/video/video.h>

#include <algorithm>

#include "plugins/media/codecs/geometry.hpp"
#include "plugins/media/lease.hpp"

namespace webcast {
namespace {

constexpr unsigned kMaxRawVideo = 3, kMaxRawAudio = 50, kMaxEncoded = 120;
constexpr auto kStall = std::chrono::seconds(3);
// So many forced keyframes that did not come, with pictures that did: the encoder is deaf to them
// (av1enc in 1.22). One that starts begins with a keyframe. At two a second that is longer than an
// encoder looks ahead: its keyframe may still be behind pictures that it had before.
constexpr unsigned kDeaf = 8;

KeyframeGovernor::Time now() {
  return std::chrono::milliseconds(g_get_monotonic_time() / 1000);
}

StageOptions stage_options(const Choice& choice, const std::string& name) {
  bool video = codec_kind(choice.codec) == MediaKind::video;
  StageOptions options;
  options.name = name;
  options.encoded = choice.pass_through;
  options.starts_at_keyframe = choice.pass_through && video;
  options.max_buffers = choice.pass_through ? kMaxEncoded : video ? kMaxRawVideo : kMaxRawAudio;
  // A payloader gives nothing when the source's keyframes are far apart: no fault of its own.
  if (!choice.pass_through) options.stall_timeout = kStall;
  return options;
}

}  // namespace

MediaRendition::MediaRendition(ControlThread& control, const Choice& choice, const InputInfo& input,
                               TrackSettings settings, std::vector<std::string> encoders,
                               RenditionHooks hooks)
    : control_(control),
      choice_(choice),
      name_(choice.name()),
      settings_(settings),
      hooks_(std::move(hooks)),
      encoders_(std::move(encoders)),
      format_(make_rtp_format(choice.codec, input.channels == 1 ? 1 : 2,
                              settings.playout_delay_ms >= 0)),
      // No secret: each packet has them.
      continuity_{static_cast<uint16_t>(g_random_int()), g_random_int()},
      width_(input.width),
      height_(input.height),
      collector_(choice.codec, continuity_.sequence) {
  if (!choice.pass_through) return;
  for (const auto& [key, value] : input.parameters)
    format_.parameters[key] = value;
  // The inspector knows all there is to know: negotiation need not wait for the next keyframe,
  // which may be seconds away.
  ready_ = true;
}

std::shared_ptr<MediaRendition> MediaRendition::create(ControlThread& control, GstClock* clock,
                                                       const Choice& choice, const InputInfo& input,
                                                       TrackSettings settings,
                                                       std::vector<std::string> encoders,
                                                       RenditionHooks hooks) {
  std::shared_ptr<MediaRendition> rendition(
      new MediaRendition(control, choice, input, settings, std::move(encoders), std::move(hooks)));
  rendition->make_stage(clock);
  if (choice.pass_through && input.kind == MediaKind::video) rendition->request_keyframe();
  return rendition;
}

void MediaRendition::make_stage(GstClock* clock) {
  StageHandlers handlers;
  std::weak_ptr<MediaRendition> weak = weak_from_this();
  handlers.build = [weak](GstCaps* caps) -> Result<ElementChain> {
    if (auto self = weak.lock()) return self->build(caps);
    return Error{ErrorCode::failed, "the rendition is gone"};
  };
  handlers.sample = [weak](GstSample* sample) {
    if (auto self = weak.lock()) self->on_sample(sample);
  };
  handlers.failed = [weak](const Error& error, bool had_output) {
    if (auto self = weak.lock()) self->on_stage_failed(error, had_output);
  };
  handlers.ended = [weak] {
    if (auto self = weak.lock()) self->hooks_.ended();
  };
  handlers.context_needed = hooks_.context_needed;
  stage_ = Stage::create(control_, stage_options(choice_, name_), std::move(handlers));
  if (clock) stage_->set_clock(clock);
}

Result<ElementChain> MediaRendition::build(GstCaps* caps) {
  collector_.begin();
  continuity_.sequence = collector_.next_sequence();
  note_picture(caps);
  ElementChain chain;
  if (!choice_.pass_through) {
    EncodeJob job{choice_.codec, encoders_.front(), settings_.preset, settings_.start_bitrate, {}};
    job.encoder_setup = [this](GstElement* encoder) {
      return hooks_.encoder_setup && hooks_.encoder_setup(name_, encoder);
    };
    job.may_stay_on_card = hooks_.may_stay_on_card(job.factory);
    auto encode = encode_chain(caps, job);
    on_card_ = encode && encode->on_card;
    if (!encode) return encode.error();
    chain = std::move(encode->elements);
  }
  auto payloader = make_payloader(format_, continuity_, settings_.playout_delay_ms);
  if (!payloader) return payloader.error();
  chain.push_back(*payloader);
  return chain;
}

void MediaRendition::note_picture(GstCaps* caps) {
  if (format_.kind != MediaKind::video) return;
  InputInfo input = info_from_caps(MediaKind::video, caps);
  GstVideoInfo info;
  if (!choice_.pass_through && gst_video_info_from_caps(&info, caps)) {
    Geometry plan = plan_geometry(upright(info, orientation_of(caps)), choice_.codec);
    input.width = plan.width;
    input.height = plan.height;
  }
  width_ = input.width;
  height_ = input.height;
  framerate_ = input.fps_d > 0 ? static_cast<double>(input.fps_n) / input.fps_d : 0;
}

void MediaRendition::on_sample(GstSample* sample) {
  collector_.take(sample, [this](const RtpFrame& frame) { on_frame(frame); });
}

void MediaRendition::on_frame(const RtpFrame& frame) {
  bool video = format_.kind == MediaKind::video;
  {
    std::lock_guard lock(counters_mutex_);
    counters_.frames++;
    counters_.bytes += frame.bytes;
    if (frame.keyframe && video) counters_.keyframes++;
    counters_.rate.add(g_get_monotonic_time(), frame.bytes);
  }
  // Counted before it is handed out: a sink that is subscribed afterwards asks for the next one.
  guint64 number = frame.keyframe && video ? ++keyframe_count_ : 0;
  fan_out_.push(frame);
  if (frame.keyframe && !format_told_.exchange(true))
    control_.post([weak = weak_from_this(), profile = collector_.profile_level_id()] {
      if (auto self = weak.lock()) self->on_format(profile);
    });
  if (number)
    control_.post([weak = weak_from_this(), number] {
      if (auto self = weak.lock()) self->on_keyframe(number);
    });
}

void MediaRendition::on_format(const std::string& profile_level_id) {
  if (ready_ || stopped_) return;
  if (!profile_level_id.empty()) format_.parameters["profile-level-id"] = profile_level_id;
  ready_ = true;
  auto self = shared_from_this();
  auto leases = leases_;
  for (const auto& lease : leases)
    lease->tell_ready({});
  rest_or_work();
}

// Payloading alone costs next to nothing, and its keyframes may be far apart.
void MediaRendition::rest_or_work() {
  bool rests = ready_ && !choice_.pass_through && format_.kind == MediaKind::video &&
               std::none_of(leases_.begin(), leases_.end(),
                            [](const auto& lease) { return lease->reachable(); });
  if (stopped_ || rests == rests_) return;
  rests_ = rests;
  stage_->rest(rests);
  if (!rests) return request_keyframe();
  governor_timer_.cancel();  // nobody is there to have one
}

void MediaRendition::on_stage_failed(const Error& error, bool had_output) {
  if (stopped_) return;
  if (choice_.pass_through) {
    if (had_output && restarts_["payloader"]++ < 3) return stage_->restart();
    return fail(Error{ErrorCode::failed, "The encoded stream cannot be sent: " + error.sentence,
                      error.cause});
  }
  if (leave_card(error, had_output)) return stage_->restart();
  if (error.code != ErrorCode::failed && error.code != ErrorCode::timeout) {
    std::string kind = format_.kind == MediaKind::video ? "picture" : "sound";
    Error unfit{error.code,
                "The source's " + kind + " cannot be made ready for an encoder: " + error.sentence,
                error.cause};
    hooks_.warning(unfit);
    return fail(unfit);
  }
  std::string factory = encoders_.front();
  if (had_output && restarts_[factory]++ == 0) {
    hooks_.warning(Error{ErrorCode::failed,
                         "The encoder " + factory + " failed and is started again",
                         error.sentence});
    return stage_->restart();
  }
  encoders_.erase(encoders_.begin());
  if (!had_output) hooks_.encoder_failed(factory);
  if (encoders_.empty())
    return fail(Error{ErrorCode::failed,
                      "No encoder for " + std::string(codec_name(choice_.codec)) +
                          " works on this machine; the last one was " + factory + ": " +
                          error.sentence,
                      error.cause});
  hooks_.warning(Error{ErrorCode::failed,
                       "The encoder " + factory + " failed (" + error.sentence +
                           "): " + encoders_.front() + " takes its place",
                       error.cause});
  stage_->restart();
}

// Whoever is to blame, the memory (of another card, say), a converter or the encoder: it may work
// with the picture in the machine's memory.
bool MediaRendition::leave_card(const Error& error, bool had_output) {
  const std::string& factory = encoders_.front();
  if (!on_card_ || (had_output && restarts_[factory] == 0)) return false;
  on_card_ = false;
  hooks_.card_failed(factory);
  hooks_.warning(Error{
      ErrorCode::failed,
      "The encoder " + factory + " does not work with the picture in the graphics card's memory (" +
          error.sentence + "): it gets it through the machine's memory, at the processor's cost",
      error.cause});
  return true;
}

void MediaRendition::fail(const Error& error) {
  if (stopped_) return;
  auto self = shared_from_this();
  error_ = error;
  stop();
  auto leases = leases_;
  hooks_.failed();
  for (const auto& lease : leases)
    lease->tell_lost(error);
}

void MediaRendition::tell_stuck(const Error& error) {
  auto leases = leases_;
  for (const auto& lease : leases)
    lease->tell_stuck(error);
}

void MediaRendition::stop() {
  stopped_ = true;
  governor_timer_.cancel();
  linger_timer_.cancel();
  stage_->stop();
}

void MediaRendition::subscribe(std::shared_ptr<FrameSink> sink) {
  fan_out_.subscribe(std::move(sink));
  if (codec_kind(choice_.codec) == MediaKind::video) request_keyframe();
}

void MediaRendition::request_keyframe() {
  count_at_request_ = keyframe_count_.load();
  if (request_posted_.exchange(true)) return;
  control_.post([weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->request_posted_ = false;
    if (!self->stopped_ && !self->rests_) self->act(self->governor_.request(now()));
  });
}

// A keyframe that left before the last request was made does not answer it.
void MediaRendition::on_keyframe(guint64 number) {
  unanswered_ = 0;
  if (number <= count_at_request_) return;
  governor_.keyframe_seen();
  governor_timer_.cancel();
}

void MediaRendition::act(const KeyframeGovernor::Decision& decision) {
  if (decision.force) force_keyframe();
  governor_timer_.cancel();
  if (!decision.again) return;
  auto delay = std::max(*decision.again - now(), KeyframeGovernor::Time(0));
  governor_timer_ = control_.after(delay, [this] { act(governor_.poll(now())); });
}

void MediaRendition::force_keyframe() {
  if (choice_.pass_through) return hooks_.upstream_keyframe();
  guint64 frames;
  {
    std::lock_guard lock(counters_mutex_);
    frames = counters_.frames;
  }
  if (frames_at_force_ && frames > *frames_at_force_ && ++unanswered_ >= kDeaf) {
    unanswered_ = 0;
    frames_at_force_.reset();
    return stage_->restart();
  }
  // An encoder answers each event with a keyframe of its own: one that still waits for a picture
  // must not be doubled. Parameter sets are not asked for: they come with each IDR anyway.
  if (frames_at_force_ != frames)
    stage_->send_event("encoder", gst_video_event_new_upstream_force_key_unit(
                                      GST_CLOCK_TIME_NONE, FALSE, ++force_count_));
  frames_at_force_ = frames;
  hooks_.picture_needed(*stage_);
}

std::unique_ptr<RenditionLease> MediaRendition::lease() {
  linger_timer_.cancel();
  auto state = std::make_shared<LeaseState>(*this);
  leases_.push_back(state);
  rest_or_work();
  auto self = shared_from_this();
  return std::make_unique<MediaLease>(self, state, [self, state] { self->end_lease(state.get()); });
}

void MediaRendition::end_lease(LeaseState* lease) {
  std::erase_if(leases_, [lease](const auto& held) { return held.get() == lease; });
  rest_or_work();
  if (!leases_.empty() || stopped_) return;
  linger_timer_ = control_.after(kLinger, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->hooks_.unused();
  });
}

StructurePtr MediaRendition::stats() const {
  std::lock_guard lock(counters_mutex_);
  gint64 time = g_get_monotonic_time();
  const char* state = stopped_ ? (error_ ? "failed" : "stopped") : ready_ ? "running" : "starting";
  double rate = framerate_ > 0 ? framerate_ : counters_.rate.frames_per_second(time);
  return StructurePtr(gst_structure_new(
      "webcast-rendition", "codec", G_TYPE_STRING, std::string(codec_name(choice_.codec)).c_str(),
      "rendition", G_TYPE_STRING, name_.c_str(), "encoder", G_TYPE_STRING,
      encoders_.empty() ? "" : encoders_.front().c_str(), "width", G_TYPE_INT, width_, "height",
      G_TYPE_INT, height_, "framerate", G_TYPE_DOUBLE, rate, "bitrate", G_TYPE_UINT,
      counters_.rate.bits_per_second(time), "frames", G_TYPE_UINT64, counters_.frames, "keyframes",
      G_TYPE_UINT64, counters_.keyframes, "bytes", G_TYPE_UINT64, counters_.bytes, "subscribers",
      G_TYPE_UINT, static_cast<guint>(fan_out_.size()), "dropped", G_TYPE_UINT64, stage_->dropped(),
      "state", G_TYPE_STRING, state, nullptr));
}

}  // namespace webcast
