// KeyframeSight: whether an encoded input shows a keyframe where one is waited for. Pure: time
// comes in as an argument.
//
// An encoder that answers requests shows one at once, others at their own pace; some never do
// again (one IDR, intra refresh, upstream elements that drop the request). Its inspector owns it.
#pragma once

#include <chrono>
#include <optional>

namespace webcast {

class KeyframeSight {
 public:
  using Time = std::chrono::milliseconds;  // since any fixed point
  // Pictures for so long, and none to begin at: longer than the usual distance of keyframes, and
  // short enough that who waits is told within five seconds.
  static constexpr Time kPatience{4000};
  // Nothing for so long is a pause, which says nothing about keyframes.
  static constexpr Time kPause{2000};
  // A request may be lost: as long as nobody else repeats it, it is made again after this.
  static constexpr Time kAgain{1000};

  struct Verdict {
    bool changed = false;  // lost() is another one now
    bool ask = false;      // ask for a keyframe now
  };

  // Somebody waits for a keyframe, and asked for it just now.
  void wanted(Time now);
  Verdict picture(Time now);
  Verdict keyframe();
  // Somebody waits, and no keyframe is in sight.
  bool lost() const { return lost_; }

 private:
  bool lost_ = false;
  std::optional<Time> since_;  // somebody waits
  Time asked_{0};
  std::optional<Time> last_picture_;
};

}  // namespace webcast
