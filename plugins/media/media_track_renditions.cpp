// MediaTrack: its renditions' lives, and the end of the stream.
#include "plugins/media/media_track.hpp"

namespace webcast {

std::shared_ptr<MediaRendition> MediaTrack::start(const Choice& choice) {
  auto factories = choice.pass_through ? std::vector<std::string>() : encoders(choice.codec);
  auto rendition = MediaRendition::create(control_, clock_.get(), choice, info_, settings_,
                                          std::move(factories), make_hooks(choice));
  // One that begins while the stream drains is fed nothing.
  renditions_[choice.name()] = Entry{rendition, draining_};
  connect(*rendition);
  return rendition;
}

void MediaTrack::connect(MediaRendition& rendition) {
  if (rendition.pass_through()) return inspector_->output().add(rendition.input());
  raw_.add(rendition.input(), now());
  if ((info_.codec || info_.jpeg) && !decoder_) start_decoder();
}

GstClockTime MediaTrack::now() const {
  return clock_ ? gst_clock_get_time(clock_.get()) : GST_CLOCK_TIME_NONE;
}

RenditionHooks MediaTrack::make_hooks(const Choice& choice) {
  std::weak_ptr<MediaTrack> weak = weak_from_this();
  std::string name = choice.name();
  RenditionHooks hooks;
  hooks.warning = [weak](const Error& error) {
    if (auto self = weak.lock()) self->warn(error);
  };
  hooks.encoder_setup = [weak](const std::string& rendition, GstElement* encoder) {
    auto self = weak.lock();
    return self && self->events_.encoder_setup && self->events_.encoder_setup(rendition, encoder);
  };
  hooks.upstream_keyframe = [weak] {
    if (auto self = weak.lock()) self->ask_for_keyframe();
  };
  hooks.picture_needed = [weak](SampleSink& sink) {
    if (auto self = weak.lock()) self->raw_.repeat(sink, self->now());
  };
  hooks.encoder_failed = [weak, codec = choice.codec](const std::string& factory) {
    auto self = weak.lock();
    if (!self) return;
    // Not tried again for the next viewer, who would have to wait for its failure too. The list may
    // be another than the one that the rendition began with.
    self->encoders(codec);
    std::erase(self->encoders_[codec], factory);
  };
  hooks.may_stay_on_card = [weak](const std::string& factory) {
    auto self = weak.lock();
    return self && !self->off_card_.contains(factory);
  };
  hooks.card_failed = [weak](const std::string& factory) {
    if (auto self = weak.lock()) self->off_card_.insert(factory);
  };
  hooks.context_needed = events_.context_needed;
  hooks.unused = hooks.failed = [weak, name] {
    if (auto self = weak.lock()) self->remove(name);
  };
  hooks.ended = [weak, name] {
    if (auto self = weak.lock()) self->mark_ended(name);
  };
  return hooks;
}

void MediaTrack::start_decoder() {
  DecoderHandlers handlers;
  handlers.raw = [this](GstBuffer* buffer, GstCaps* caps) { raw_.push(buffer, caps); };
  handlers.warning = [this](const Error& error) { warn(error); };
  handlers.failed = [this](const Error& error) { on_decoder_failed(error); };
  handlers.context_needed = events_.context_needed;
  handlers.ended = [this] {
    decoder_ended_ = true;
    raw_.end();
    check_drained();
  };
  DecoderOptions options{kind_, recoverable_ ? kRecoveryPatience : kDecoderPatience, info_.jpeg};
  decoder_ = std::make_unique<Decoder>(options, control_, clock_.get(), std::move(handlers));
  decoder_ended_ = !draining_;
  if (!inspector_) return jpegs_.add(decoder_->input(), now());
  inspector_->output().add(decoder_->input());
  if (kind_ == MediaKind::video) ask_for_keyframe();
}

void MediaTrack::on_decoder_failed(const Error& error) {
  warn(error);
  // What cannot be decoded has to wait for a keyframe after all.
  if (std::exchange(bypassed_, false)) {
    recoverable_ = false;
    take_inspected();
    if (events_.keyframes_changed) events_.keyframes_changed();
  }
  std::vector<std::shared_ptr<MediaRendition>> affected;
  for (auto& [name, entry] : renditions_)
    if (!entry.rendition->pass_through()) affected.push_back(entry.rendition);
  // Not the decoder itself: this is a call of its own. The last rendition takes it along.
  control_.post([weak = weak_from_this(), affected, error] {
    for (const auto& rendition : affected)
      rendition->fail(error);
  });
}

void MediaTrack::remove(const std::string& name) {
  auto found = renditions_.find(name);
  if (found == renditions_.end()) return;
  auto rendition = found->second.rendition;
  renditions_.erase(found);
  raw_.remove(rendition->input().get());
  if (inspector_) inspector_->output().remove(rendition->input().get());
  rendition->stop();
  bool decoding = false;
  for (const auto& [other, entry] : renditions_)
    decoding = decoding || !entry.rendition->pass_through();
  if (decoder_ && !decoding) stop_decoder();
  check_drained();
}

void MediaTrack::stop_decoder() {
  jpegs_.remove(decoder_->input().get());
  if (inspector_) inspector_->output().remove(decoder_->input().get());
  raw_.forget();
  decoder_.reset();
  decoder_ended_ = true;
}

void MediaTrack::drop_all(const Error& error) {
  // fail() tells the leases and removes the rendition from the map.
  while (!renditions_.empty())
    renditions_.begin()->second.rendition->fail(error);
}

void MediaTrack::begin_drain() {
  if (stopped_) return;
  draining_ = true;
  inspector_ended_ = !inspector_;
  decoder_ended_ = !decoder_;
  for (auto& [name, entry] : renditions_)
    entry.ended = false;
  check_drained();
}

void MediaTrack::resume() {
  if (stopped_) return;
  draining_ = false;
  if (events_.resumed) events_.resumed();
}

void MediaTrack::mark_ended(const std::string& name) {
  auto found = renditions_.find(name);
  if (found == renditions_.end()) return;
  found->second.ended = true;
  check_drained();
}

void MediaTrack::check_drained() {
  if (!draining_ || stopped_ || !inspector_ended_ || !decoder_ended_) return;
  for (const auto& [name, entry] : renditions_)
    if (!entry.ended) return;
  draining_ = false;
  // Not from within a call of a stage's own: the handler may stop this track.
  control_.post([weak = weak_from_this()] {
    auto self = weak.lock();
    if (self && !self->stopped_ && self->events_.drained) self->events_.drained();
  });
}

}  // namespace webcast
