// PushedTimes: up to where one of webcastsrc's pads has pushed, and that no time goes back.
//
// Pure: the base time and the running time come in as arguments. Of the pad's thread only.
#pragma once

#include <gst/gst.h>

namespace webcast {

class PushedTimes {
 public:
  // `pictures_reorder`: encoded pictures may be of another order than their decoding times.
  explicit PushedTimes(bool pictures_reorder) : pictures_reorder_(pictures_reorder) {}

  // A flush anywhere in the pipeline may begin its running time anew: what was pushed before is no
  // bound to what follows. A pause moves the base time too, but not the running time.
  void follow(GstClockTime base, GstClockTime running_time);
  bool follows(GstClockTime base) const { return base_ == base; }
  // Sets the buffer's running times right.
  void keep_in_order(GstBuffer* buffer);
  bool leaves_hole_before(const GstBuffer* buffer) const;
  void pushed(const GstBuffer* buffer);
  void pushed_gap_until(GstClockTime end);
  // Running time; none: nothing was pushed yet.
  GstClockTime position() const { return position_; }

 private:
  const bool pictures_reorder_;
  GstClockTime base_ = GST_CLOCK_TIME_NONE;
  GstClockTime position_ = GST_CLOCK_TIME_NONE;
  GstClockTime floor_ = 0, dts_floor_ = 0;
};

}  // namespace webcast
