#include "plugins/egress/egress.hpp"

namespace webcast {

Egress::Egress(MediaKind kind, std::function<void()> request_keyframe, EgressLimits limits)
    : kind_(kind), request_keyframe_(std::move(request_keyframe)), limits_(limits) {}

void Egress::push(const RtpFrame& frame) {
  bool ask = false;
  {
    std::lock_guard lock(mutex_);
    if (state_ == State::closed) return;
    if (state_ == State::holding) {
      hold(frame);
      return;
    }
    if (waits_for_keyframe_ && !frame.keyframe) {
      ++stats_.dropped;
      return;
    }
    if (full(frame)) {
      ++stats_.dropped;
      // Once for each stretch; a keyframe that finds the queue still full asks for the next.
      ask = !waits_for_keyframe_ || frame.keyframe;
      waits_for_keyframe_ = kind_ == MediaKind::video;
    } else {
      waits_for_keyframe_ = false;
      send(frame);
    }
  }
  if (ask && kind_ == MediaKind::video && request_keyframe_) request_keyframe_();
}

void Egress::hold(const RtpFrame& frame) {
  if (frame.keyframe && kind_ == MediaKind::video) {
    held_.clear();
    held_bytes_ = 0;
  } else if (kind_ == MediaKind::video && held_.empty()) {
    return;
  }
  held_.push_back(frame);
  held_bytes_ += frame.bytes;
  auto too_old = [&](const RtpFrame& first) {
    return GST_CLOCK_TIME_IS_VALID(frame.time) && GST_CLOCK_TIME_IS_VALID(first.time) &&
           frame.time > first.time + limits_.time;
  };
  if (kind_ == MediaKind::video) {
    // A picture this old would only start the viewer late.
    if (held_bytes_ > limits_.bytes || too_old(held_.front())) {
      held_.clear();
      held_bytes_ = 0;
    }
    return;
  }
  // Sound begins with the newest that there is.
  while (held_.size() > 1) {
    held_bytes_ -= held_.front().bytes;
    held_.pop_front();
  }
}

void Egress::forget_sent(guint64 queued) {
  while (!sent_.empty() && sent_bytes_ - sent_.front().bytes >= queued) {
    sent_bytes_ -= sent_.front().bytes;
    sent_.pop_front();
  }
  if (queued == 0) {
    sent_.clear();
    sent_bytes_ = 0;
  }
}

bool Egress::full(const RtpFrame& frame) {
  guint64 queued = output_->queued_bytes();
  if (queued > limits_.bytes) return true;
  forget_sent(queued);
  return !sent_.empty() && GST_CLOCK_TIME_IS_VALID(frame.time) &&
         GST_CLOCK_TIME_IS_VALID(sent_.front().time) &&
         frame.time > sent_.front().time + limits_.time;
}

void Egress::send(const RtpFrame& frame) {
  Ref<GstBufferList> packets = rewriter_->rewrite(frame);
  if (!packets) return;
  ++stats_.frames;
  stats_.packets += gst_buffer_list_length(packets.get());
  guint64 bytes = gst_buffer_list_calculate_size(packets.get());
  stats_.bytes += bytes;
  stats_.last_sent = g_get_monotonic_time();
  sent_.push_back({frame.time, bytes});
  sent_bytes_ += bytes;
  output_->send(std::move(packets));
}

void Egress::open(const RtpMapping& mapping, std::shared_ptr<PacketOutput> output) {
  bool ask = false;
  {
    std::lock_guard lock(mutex_);
    if (state_ != State::holding) return;
    state_ = State::open;
    rewriter_ = std::make_unique<RtpRewriter>(mapping);
    output_ = std::move(output);
    ask = held_.empty();
    waits_for_keyframe_ = held_.empty() && kind_ == MediaKind::video;
    for (const RtpFrame& frame : held_)
      send(frame);
    held_.clear();
    held_bytes_ = 0;
  }
  if (ask && kind_ == MediaKind::video && request_keyframe_) request_keyframe_();
}

void Egress::close() {
  std::lock_guard lock(mutex_);
  state_ = State::closed;
  held_.clear();
  sent_.clear();
  output_.reset();
}

void Egress::prepare() {
  {
    std::lock_guard lock(mutex_);
    if (state_ != State::holding || !held_.empty()) return;
  }
  if (kind_ == MediaKind::video && request_keyframe_) request_keyframe_();
}

void Egress::keyframe_wanted() {
  {
    std::lock_guard lock(mutex_);
    if (state_ != State::open) return;
  }
  if (kind_ == MediaKind::video && request_keyframe_) request_keyframe_();
}

EgressStats Egress::stats() const {
  std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace webcast
