// KeyframeWish: when a publisher is asked for a keyframe, and asked again because none came.
//
// Requests get lost, and so do keyframes: a wish is repeated, ever later, until one is here. Wishes
// of several are one. Pure: the time is an argument; its owner locks.
#pragma once

#include <algorithm>
#include <chrono>

namespace webcast {

class KeyframeWish {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Somebody waits for one. What was asked for a moment ago serves this wish too.
  void want(Time now) {
    if (wanted_) return;
    wanted_ = true;
    attempts_ = 0;
    next_ = std::max(now, asked_ + kInterval);
  }
  // Whether to ask now.
  bool due(Time now) const { return wanted_ && now >= next_; }
  // A request left, whoever sent it: that is a wish as well.
  void asked(Time now) {
    if (!wanted_) attempts_ = 0;
    wanted_ = true;
    asked_ = now;
    next_ = now + std::min(kInterval * (1 << std::min(attempts_++, 8)), kLongest);
  }
  void arrived() { wanted_ = false; }

 private:
  static constexpr std::chrono::milliseconds kInterval{500}, kLongest{2'000};

  bool wanted_ = false;
  int attempts_ = 0;
  Time asked_{}, next_{};
};

}  // namespace webcast
