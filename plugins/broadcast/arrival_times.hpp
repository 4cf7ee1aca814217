// ArrivalTimes: times for media that bring none, or whose times stand still. Pure.
//
// All times are running times. One streaming thread.
#pragma once

#include <gst/gst.h>

namespace webcast {

class ArrivalTimes {
 public:
  // A buffer that came with `time` at `monotonic_us`. False: its time says nothing, because there
  // is none or because it has been the same for kStill.
  bool trust(GstClockTime time, GstClockTime duration, gint64 monotonic_us);

  // For a buffer that arrives at `arrived` (NONE: the clock does not run) and takes `duration`
  // (NONE: unknown). `paced`: who waits for its time comes no faster than that, so a source that
  // could give all at once plays at its own pace. Else it comes as it comes, and only small
  // differences are smoothed.
  GstClockTime next(GstClockTime arrived, GstClockTime duration, bool paced);

  void reset() { *this = {}; }

 private:
  void keep(GstClockTime time, GstClockTime duration);

  GstClockTime expected_ = 0;
  GstClockTime last_ = GST_CLOCK_TIME_NONE;  // that a buffer brought
  gint64 last_moved_ = 0;
};

}  // namespace webcast
