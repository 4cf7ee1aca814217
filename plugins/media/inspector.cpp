#include "plugins/media/inspector.hpp"

#include "plugins/gst/mapped_buffer.hpp"
#include "plugins/media/codecs/chains.hpp"

namespace webcast {
namespace {

// About ten seconds of frames: they wait for the first run of the parser only.
constexpr unsigned kMaxWaiting = 300;

const char* const kReordered = "it has B-frames, which browsers do not put in order over WebRTC";
const char* const kInterlaced = "it is interlaced";

KeyframeSight::Time now() {
  return std::chrono::milliseconds(g_get_monotonic_time() / 1000);
}

}  // namespace

Inspector::Inspector(Codec codec, ControlThread& control, InspectorHandlers handlers)
    : codec_(codec), control_(control), handlers_(std::move(handlers)) {}

std::shared_ptr<Inspector> Inspector::create(Codec codec, ControlThread& control,
                                             InspectorHandlers handlers) {
  std::shared_ptr<Inspector> inspector(new Inspector(codec, control, std::move(handlers)));
  if (needs_parser(codec)) inspector->make_stage();
  return inspector;
}

void Inspector::make_stage() {
  StageOptions options;
  options.name = "inspector";
  options.max_buffers = kMaxWaiting;
  options.encoded = true;
  StageHandlers handlers;
  std::weak_ptr<Inspector> weak = weak_from_this();
  handlers.build = [weak, codec = codec_](GstCaps*) {
    if (auto self = weak.lock()) self->parses_ = true;
    return parse_chain(codec);
  };
  handlers.sample = [weak](GstSample* sample) {
    if (auto self = weak.lock()) self->on_parsed(sample);
  };
  handlers.failed = [weak](const Error& error, bool) {
    auto self = weak.lock();
    if (self && !self->stopped_) self->handlers_.failed(error);
  };
  handlers.ended = [weak] {
    auto self = weak.lock();
    if (!self || self->stopped_) return;
    self->output_.end();
    self->handlers_.ended();
  };
  stage_ = Stage::create(control_, std::move(options), std::move(handlers));
}

void Inspector::push(GstBuffer* buffer, GstCaps* caps) {
  // Here, and not behind the parser: it gives nothing before the first parameter sets.
  // Once somebody looks at what was pushed: a keyframe may be among what waits until then.
  if (codec_kind(codec_) == MediaKind::video && (!stage_ || parses_)) {
    KeyframeSight::Verdict verdict;
    {
      std::lock_guard lock(sight_mutex_);
      // Nothing is known of the stream before its first keyframe.
      if (!std::exchange(fed_, true)) sight_.wanted(now());
      verdict = sight_.picture(now());
    }
    on_sight(verdict);
  }
  if (stage_) return stage_->push(buffer, caps);
  if (codec_ != Codec::vp8) return look_at(buffer, caps);
  // There is no parser for VP8, and not every source tells keyframes: the first bit does
  // (RFC 6386 section 9.1).
  uint8_t first = 1;
  gst_buffer_extract(buffer, 0, &first, 1);
  Ref<GstBuffer> copy = adopt(gst_buffer_copy(buffer));
  if (first & 1)
    GST_BUFFER_FLAG_SET(copy.get(), GST_BUFFER_FLAG_DELTA_UNIT);
  else
    GST_BUFFER_FLAG_UNSET(copy.get(), GST_BUFFER_FLAG_DELTA_UNIT);
  look_at(copy.get(), caps);
}

void Inspector::end() {
  if (stage_) return stage_->end();
  output_.end();
  tell(handlers_.ended);
}

// A copy of the handler: what it holds may go with this object.
void Inspector::tell(const std::function<void()>& handler) {
  control_.post([weak = weak_from_this(), handler] {
    auto self = weak.lock();
    if (self && !self->stopped_) handler();
  });
}

void Inspector::on_parsed(GstSample* sample) {
  GstCaps* caps = gst_sample_get_caps(sample);
  if (GstBuffer* buffer = gst_sample_get_buffer(sample)) return look_at(buffer, caps);
  GstBufferList* list = gst_sample_get_buffer_list(sample);
  for (guint i = 0; list && i < gst_buffer_list_length(list); i++)
    look_at(gst_buffer_list_get(list, i), caps);
}

void Inspector::look_at(GstBuffer* buffer, GstCaps* caps) {
  InputInfo info = info_from_caps(codec_kind(codec_), caps);
  read_facts(buffer, info);
  if (info.known && !(info == told_)) {
    told_ = info;
    control_.post([weak = weak_from_this(), info] {
      auto self = weak.lock();
      if (self && !self->stopped_) self->handlers_.changed(info);
    });
  }
  if (info.kind == MediaKind::video) watch(buffer);
  output_.push(buffer, caps);
}

void Inspector::watch(GstBuffer* buffer) {
  bool entry = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  // h264parse (1.22) calls recovery points and all intra pictures keyframes.
  bool keyframe = codec_ == Codec::h264 ? h264_.is_idr() : entry;
  if (!keyframe) {
    if (entry) note_recovery_point(codec_ != Codec::h264 || h264_.has_recovery_point());
    return;
  }
  recovery_points_ = 0;
  recoverable_ = false;
  KeyframeSight::Verdict verdict;
  {
    std::lock_guard lock(sight_mutex_);
    verdict = sight_.keyframe();
  }
  on_sight(verdict);
}

void Inspector::note_recovery_point(bool announced) {
  if (!std::exchange(recoverable_, true)) tell(handlers_.recovery_seen);
  // Pictures that happen to be intra come with each change of scene.
  if (!announced) return;
  recovery_points_++;
  // An intra-refresh stream, it seems. Whether its encoder makes a keyframe on request is good to
  // know before the first viewer comes; once.
  if (recovery_points_ != 2 || std::exchange(asked_, true)) return;
  want_keyframe();
  tell(handlers_.keyframe_needed);
}

void Inspector::want_keyframe() {
  std::lock_guard lock(sight_mutex_);
  sight_.wanted(now());
}

void Inspector::on_sight(const KeyframeSight::Verdict& verdict) {
  if (verdict.ask) tell(handlers_.keyframe_needed);
  if (!verdict.changed) return;
  control_.post([weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self || self->stopped_) return;
    bool lost;
    {
      std::lock_guard lock(self->sight_mutex_);
      lost = self->sight_.lost();
    }
    self->handlers_.sight_changed(lost);
  });
}

void Inspector::read_facts(GstBuffer* buffer, InputInfo& info) {
  if (info.kind == MediaKind::audio) {
    info.known = true;
    return;
  }
  bool keyframe = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (codec_ == Codec::h264) {
    if (MappedBuffer mapped(buffer); mapped) h264_.read(mapped.bytes());
    info.known = !h264_.profile_level_id().empty();
    info.parameters["profile-level-id"] = h264_.profile_level_id();
    info.parameters["level-asymmetry-allowed"] = "1";
    if (h264_.interlaced()) info.obstacle = kInterlaced;
    if (h264_.reordered()) info.obstacle = kReordered;
    return;
  }
  info.known = told_.known || keyframe;
  if (codec_ != Codec::h265) return;
  GstClockTime pts = GST_BUFFER_PTS(buffer);
  if (GST_CLOCK_TIME_IS_VALID(latest_) && pts < latest_) reordered_ = true;
  latest_ = pts;
  if (reordered_) info.obstacle = kReordered;
}

void Inspector::set_clock(GstClock* clock) {
  if (stage_) stage_->set_clock(clock);
}

void Inspector::restart() {
  if (stage_) stage_->restart();
}

void Inspector::stop() {
  stopped_ = true;
  if (stage_) stage_->stop();
}

}  // namespace webcast
