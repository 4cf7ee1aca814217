#include "plugins/broadcast/arrival_times.hpp"

#include <algorithm>

namespace webcast {
namespace {

// The parts of one picture share their time; they do not take so long to arrive.
constexpr gint64 kStill = 200 * G_TIME_SPAN_MILLISECOND;
// Sound that arrives in bursts keeps its own time within this.
constexpr GstClockTime kJitter = 200 * GST_MSECOND;

GstClockTime distance(GstClockTime a, GstClockTime b) {
  return a > b ? a - b : b - a;
}

}  // namespace

bool ArrivalTimes::trust(GstClockTime time, GstClockTime duration, gint64 monotonic_us) {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return false;
  if (time != last_) {
    last_ = time;
    last_moved_ = monotonic_us;
  } else if (monotonic_us - last_moved_ >= kStill) {
    return false;
  }
  keep(time, duration);
  return true;
}

GstClockTime ArrivalTimes::next(GstClockTime arrived, GstClockTime duration, bool paced) {
  GstClockTime time = expected_;
  if (GST_CLOCK_TIME_IS_VALID(arrived)) {
    bool smooth = GST_CLOCK_TIME_IS_VALID(duration) && distance(arrived, expected_) <= kJitter;
    if (paced)
      time = std::max(arrived, expected_);
    else if (!smooth)
      time = arrived;
  }
  keep(time, duration);
  return time;
}

void ArrivalTimes::keep(GstClockTime time, GstClockTime duration) {
  expected_ = time + (GST_CLOCK_TIME_IS_VALID(duration) ? duration : 0);
}

}  // namespace webcast
