#include "plugins/media/fan_out.hpp"

#include <algorithm>

namespace webcast {

void FanOut::subscribe(std::shared_ptr<FrameSink> sink) {
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->sink = std::move(sink);
  subscribers_.add(std::move(subscriber));
}

void FanOut::unsubscribe(const FrameSink* sink) {
  subscribers_.remove_if([sink](Subscriber& subscriber) {
    if (subscriber.sink.get() != sink) return false;
    // A push that walks an older snapshot sees this.
    subscriber.active = false;
    return true;
  });
}

size_t FanOut::size() const {
  return subscribers_.read()->size();
}

bool FanOut::has_begun(const FrameSink* sink) const {
  auto subscribers = subscribers_.read();
  return std::any_of(subscribers->begin(), subscribers->end(), [sink](const auto& subscriber) {
    return subscriber->sink.get() == sink && !subscriber->waits_for_keyframe;
  });
}

void FanOut::push(const RtpFrame& frame) {
  auto subscribers = subscribers_.read();
  for (const auto& subscriber : *subscribers) {
    if (!subscriber->active) continue;
    if (subscriber->waits_for_keyframe) {
      if (!frame.keyframe) continue;
      subscriber->waits_for_keyframe = false;
    }
    subscriber->sink->push(frame);
  }
}

}  // namespace webcast
