// FrameRate: how many pictures a second an encoder is told to expect. Pure.
//
// Caps claim what nobody keeps: 90000/1 (a clock rate), 1/1 (a placeholder), nothing at all. Rate
// control and the distance of keyframes follow the pictures' own times instead, yet a rate once
// told stays while it is about right: each change starts the encoders anew.
#pragma once

#include <gst/gst.h>

#include <deque>

namespace webcast {

class FrameRate {
 public:
  // `claimed`: by the caps; 0: they name none.
  void begin(double claimed);
  // The time of the next picture. True: the rate is another one now.
  bool add(GstClockTime time);
  double rate() const { return rate_; }

 private:
  bool judge(double seen);

  double rate_ = 0;
  GstClockTime since_ = GST_CLOCK_TIME_NONE, last_ = GST_CLOCK_TIME_NONE;
  unsigned count_ = 0;          // pictures after the one at since_
  std::deque<double> seconds_;  // the rates of the last ones, bounded by kPatience
};

}  // namespace webcast
