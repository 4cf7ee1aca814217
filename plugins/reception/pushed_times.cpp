#include "plugins/reception/pushed_times.hpp"

#include <algorithm>
#include <utility>

namespace webcast {
namespace {

// A hole in the times that is told.
constexpr GstClockTime kHole = GST_SECOND / 2;
// Frames may be of a later time than the clock tells: by less than that.
constexpr GstClockTime kAhead = GST_SECOND;
// Encoded pictures have a time each: of two with one a parser gives the second none.
constexpr GstClockTime kApart = GST_MSECOND;
// Up to here: who sends more pictures than there are such times would move all that follow, also
// those of the next publisher.
constexpr GstClockTime kMostPressed = 5 * GST_SECOND;

}  // namespace

void PushedTimes::follow(GstClockTime base, GstClockTime running_time) {
  if (std::exchange(base_, base) == base || !GST_CLOCK_TIME_IS_VALID(position_)) return;
  if (!GST_CLOCK_TIME_IS_VALID(running_time) || running_time + kAhead >= position_) return;
  position_ = floor_ = dts_floor_ = 0;
}

void PushedTimes::keep_in_order(GstBuffer* buffer) {
  if (pictures_reorder_ && GST_BUFFER_PTS(buffer) < floor_ &&
      floor_ < GST_BUFFER_PTS(buffer) + kMostPressed)
    floor_ += kApart;
  GST_BUFFER_PTS(buffer) = std::max(GST_BUFFER_PTS(buffer), floor_);
  if (!pictures_reorder_) floor_ = GST_BUFFER_PTS(buffer);
  if (!GST_BUFFER_DTS_IS_VALID(buffer)) return;
  GST_BUFFER_DTS(buffer) = dts_floor_ = std::max(GST_BUFFER_DTS(buffer), dts_floor_);
}

bool PushedTimes::leaves_hole_before(const GstBuffer* buffer) const {
  return GST_CLOCK_TIME_IS_VALID(position_) && GST_BUFFER_PTS(buffer) > position_ + kHole;
}

void PushedTimes::pushed(const GstBuffer* buffer) {
  position_ = GST_BUFFER_PTS(buffer);
  if (GST_BUFFER_DURATION_IS_VALID(buffer)) position_ += GST_BUFFER_DURATION(buffer);
}

void PushedTimes::pushed_gap_until(GstClockTime end) {
  position_ = floor_ = end;
}

}  // namespace webcast
