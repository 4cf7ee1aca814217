#include "plugins/media/media_track.hpp"

#include "common/process_budget.hpp"
#include "plugins/media/codecs/catalogue.hpp"
#include "plugins/media/codecs/chains.hpp"
#include "plugins/media/outlook.hpp"

namespace webcast {
namespace {

// An encoder's own threads are more on some machines, but it does without.
constexpr Resources kRenditionCost{
    .descriptors = 6, .threads = 8, .address_space = size_t{64} * 1024 * 1024};

}  // namespace

std::shared_ptr<Track> Track::create(std::string name, MediaKind kind, ControlThread& control,
                                     TrackSettings settings, TrackEvents events) {
  return std::make_shared<MediaTrack>(std::move(name), kind, control, settings, std::move(events));
}

MediaTrack::MediaTrack(std::string name, MediaKind kind, ControlThread& control,
                       TrackSettings settings, TrackEvents events)
    : name_(std::move(name)),
      kind_(kind),
      control_(control),
      settings_(settings),
      events_(std::move(events)),
      raw_(kind) {
  info_.kind = kind;
}

void MediaTrack::feed(GstBuffer* buffer, GstCaps* caps) {
  std::shared_ptr<Inspector> inspector;
  bool jpeg;
  {
    std::lock_guard lock(input_mutex_);
    if (caps != input_caps_.get() && (!input_caps_ || !gst_caps_is_equal(caps, input_caps_.get())))
      on_caps(caps);
    if (!accepts_) return;
    inspector = feeding_;
    jpeg = input_kind_.jpeg;
    if (!inspector && !jpeg && !is_usable(buffer)) return;
    if (std::exchange(at_end_, false))
      control_.post([weak = weak_from_this()] {
        if (auto self = weak.lock()) self->resume();
      });
  }
  if (inspector)
    inspector->push(buffer, caps);
  else if (jpeg)
    jpegs_.push(buffer, caps);
  else
    raw_.push(buffer, caps);
}

// A raw buffer that is not what its caps say is dropped, and the first one told.
bool MediaTrack::is_usable(GstBuffer* buffer) {
  auto fault = check_.fault_of(buffer);
  if (!fault) return true;
  if (std::exchange(fault_told_, true)) return false;
  std::string unit = kind_ == MediaKind::video ? "picture" : "sample";
  Error error{ErrorCode::invalid_argument,
              "The pad " + name_ + " got a buffer that " + *fault +
                  ": such buffers are dropped. Does the source give whole " + unit + "s?"};
  control_.post([weak = weak_from_this(), error] {
    if (auto self = weak.lock()) self->warn(error);
  });
  return false;
}

void MediaTrack::on_caps(GstCaps* caps) {
  bool first = !accepts_;
  input_caps_ = retain(caps);
  InputInfo info = info_from_caps(kind_, caps);
  accepts_ = is_raw(caps) || info.jpeg || (info.codec && codec_kind(*info.codec) == kind_);
  if (!accepts_) return;
  if (is_raw(caps)) check_.set_caps(kind_, completed_caps(caps, claimed_framerate(caps)).get());
  fault_told_ = false;
  info.known = !info.codec;  // an encoded stream has to be looked at first
  bool same_kind = !first && info.codec == input_kind_.codec && info.jpeg == input_kind_.jpeg;
  input_kind_ = info;
  if (same_kind) {
    if (!info.codec)
      control_.post([weak = weak_from_this(), info] {
        if (auto self = weak.lock()) self->on_raw_caps(info);
      });
    return;
  }
  feeding_ = info.codec ? make_inspector(*info.codec) : nullptr;
  control_.post([weak = weak_from_this(), info, inspector = feeding_] {
    if (auto self = weak.lock()) self->on_new_input(info, inspector);
  });
}

std::shared_ptr<Inspector> MediaTrack::make_inspector(Codec codec) {
  std::weak_ptr<MediaTrack> weak = weak_from_this();
  // Which inspector speaks: one that was replaced may still have something under way.
  auto which = std::make_shared<const Inspector*>(nullptr);
  InspectorHandlers handlers;
  handlers.changed = [weak, which](const InputInfo& info) {
    if (auto self = weak.lock()) self->on_inspected(*which, info);
  };
  handlers.failed = [weak, which](const Error& error) {
    auto self = weak.lock();
    if (!self || self->inspector_.get() != *which) return;
    self->warn(error);
    self->inspector_->restart();
  };
  handlers.ended = [weak, which] {
    auto self = weak.lock();
    if (!self || self->inspector_.get() != *which) return;
    self->inspector_ended_ = true;
    self->check_drained();
  };
  handlers.sight_changed = [weak, which](bool lost) {
    auto self = weak.lock();
    if (self && self->inspector_.get() == *which) self->on_sight(lost);
  };
  handlers.keyframe_needed = [weak, which] {
    auto self = weak.lock();
    if (!self || self->stopped_ || self->inspector_.get() != *which) return;
    if (self->events_.upstream_keyframe) self->events_.upstream_keyframe();
  };
  handlers.recovery_seen = [weak, which] {
    auto self = weak.lock();
    if (self && self->inspector_.get() == *which) self->on_recovery_seen();
  };
  auto inspector = Inspector::create(codec, control_, std::move(handlers));
  *which = inspector.get();
  return inspector;
}

void MediaTrack::set_orientation(GstVideoOrientationMethod orientation) {
  raw_.set_orientation(orientation);
  control_.post([weak = weak_from_this(), orientation] {
    if (auto self = weak.lock())
      self->on_orientation(orientation != GST_VIDEO_ORIENTATION_IDENTITY);
  });
}

void MediaTrack::end() {
  control_.post([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->begin_drain();
  });
  std::shared_ptr<Inspector> inspector;
  bool jpeg;
  {
    std::lock_guard lock(input_mutex_);
    inspector = feeding_;
    jpeg = input_kind_.jpeg;
    at_end_ = true;
  }
  if (inspector)
    inspector->end();
  else if (jpeg)
    jpegs_.end();  // by the decoder; without one nothing is left to end
  else
    raw_.end();
}

void MediaTrack::set_clock(GstClock* clock) {
  clock_ = retain(clock);
  if (inspector_) inspector_->set_clock(clock);
  if (decoder_) decoder_->set_clock(clock);
  for (auto& [name, entry] : renditions_)
    entry.rendition->set_clock(clock);
}

void MediaTrack::on_new_input(const InputInfo& info, std::shared_ptr<Inspector> inspector) {
  if (stopped_) {
    if (inspector) inspector->stop();
    return;
  }
  drop_all(Error{ErrorCode::failed, "The source sends another kind of stream now"});
  if (inspector_) inspector_->stop();
  inspector_ = std::move(inspector);
  if (inspector_ && clock_) inspector_->set_clock(clock_.get());
  forget_failures();
  if (info_.known) no_encoder_told_ = false;
  if (inspector_ || info.jpeg) raw_.forget();
  if (!info.jpeg) jpegs_.forget();
  info_ = info;
  inspected_ = {};
  forget_keyframes();
  if (info_.known && events_.input_changed) events_.input_changed();
}

void MediaTrack::on_raw_caps(const InputInfo& info) {
  if (stopped_) return;
  info_ = info;
  // What an encoder did not take may have been that.
  forget_failures();
}

void MediaTrack::on_inspected(const Inspector* inspector, const InputInfo& info) {
  if (stopped_ || inspector != inspector_.get()) return;
  inspected_ = info;
  take_inspected();
}

void MediaTrack::on_orientation(bool turned) {
  if (std::exchange(turned_, turned) == turned || stopped_ || !inspected_.known) return;
  take_inspected();
}

void MediaTrack::take_inspected() {
  InputInfo info = inspected_;
  if (auto obstacle = obstacle_here(); obstacle && info.obstacle.empty()) info.obstacle = *obstacle;
  InputInfo before = std::exchange(info_, info);
  if (!before.known) {
    if (events_.input_changed) events_.input_changed();
    return;
  }
  if (!breaks_pass_through(before, info)) return;
  std::vector<std::shared_ptr<MediaRendition>> affected;
  for (auto& [name, entry] : renditions_)
    if (entry.rendition->pass_through()) affected.push_back(entry.rendition);
  std::string why = info.obstacle.empty() ? "its profile is another one now" : info.obstacle;
  for (auto& rendition : affected)
    rendition->fail(Error{ErrorCode::not_supported,
                          "The stream cannot be passed on as it is any more: " + why});
}

void MediaTrack::forget_failures() {
  encoders_.clear();
  off_card_.clear();
}

const std::vector<std::string>& MediaTrack::encoders(Codec codec) {
  auto found = encoders_.find(codec);
  if (found != encoders_.end()) return found->second;
  auto factories = payloader_of(codec).empty() ? std::vector<std::string>() : encoders_of(codec);
  return encoders_.emplace(codec, std::move(factories)).first->second;
}

// What viewers cannot mend is for who runs the sender; once.
void MediaTrack::tell_of_no_encoder(const std::vector<Codec>& preference) {
  if (std::exchange(no_encoder_told_, true)) return;
  warn(no_encoder(name_, kind_, preference));
}

Result<std::unique_ptr<RenditionLease>> MediaTrack::lease(const std::vector<Codec>& preference,
                                                          const ViewerCodecs& viewer) {
  if (stopped_) return Error{ErrorCode::failed, "The stream has ended"};
  auto choose_of = [&](const InputInfo& input) {
    return choose({input, preference, viewer, settings_.transcode,
                   [this](Codec codec) { return !encoders(codec).empty(); },
                   [](Codec codec) { return !payloader_of(codec).empty(); }});
  };
  auto choice = choose_of(info_);
  // Who takes nothing that is made here waits for a keyframe like everybody before.
  if (!choice && bypassed_ && !turned_) choice = choose_of(inspected_);
  if (!choice) {
    if (info_.known && choice.error().code == ErrorCode::not_found) tell_of_no_encoder(preference);
    return choice.error();
  }
  auto found = renditions_.find(choice->name());
  if (found == renditions_.end() && !process_has_room(kRenditionCost)) return no_room();
  auto rendition = found != renditions_.end() ? found->second.rendition : start(*choice);
  return rendition->lease();
}

std::vector<Rendition*> MediaTrack::renditions() const {
  std::vector<Rendition*> running;
  for (const auto& [name, entry] : renditions_)
    running.push_back(entry.rendition.get());
  return running;
}

void MediaTrack::force_keyframe() {
  for (auto& [name, entry] : renditions_)
    entry.rendition->request_keyframe();
}

void MediaTrack::stop() {
  if (stopped_) return;
  stopped_ = true;
  {
    std::lock_guard lock(input_mutex_);
    accepts_ = false;
  }
  drop_all(Error{ErrorCode::failed, "The stream has ended"});
  if (inspector_) inspector_->stop();
}

void MediaTrack::report(const Error& error) {
  control_.post([weak = weak_from_this(), error] {
    if (auto self = weak.lock()) self->warn(error);
  });
}

void MediaTrack::warn(const Error& error) {
  if (!stopped_ && events_.warning) events_.warning(error);
}

}  // namespace webcast
