#include "plugins/media/keyframe_sight.hpp"

#include <utility>

namespace webcast {

void KeyframeSight::wanted(Time now) {
  if (!since_) since_ = now;
  asked_ = now;
}

KeyframeSight::Verdict KeyframeSight::picture(Time now) {
  bool paused = last_picture_ && now - *last_picture_ > kPause;
  last_picture_ = now;
  if (!since_) return {};
  if (paused) since_ = now;
  Verdict verdict;
  if (now - asked_ >= kAgain) {
    asked_ = now;
    verdict.ask = true;
  }
  if (now - *since_ >= kPatience) verdict.changed = !std::exchange(lost_, true);
  return verdict;
}

KeyframeSight::Verdict KeyframeSight::keyframe() {
  since_.reset();
  return {std::exchange(lost_, false), false};
}

}  // namespace webcast
