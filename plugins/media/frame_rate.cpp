#include "plugins/media/frame_rate.hpp"

#include <algorithm>
#include <cmath>

namespace webcast {
namespace {

constexpr double kUsual = 30, kLeastClaim = 1, kGreatestClaim = 240;
// Told too low, an encoder sends far too much at once; told too high, a picture is worse than it
// could be. So the rate goes up after a second and down after so many.
constexpr size_t kPatience = 10;
constexpr double kHigher = 1.5, kLower = 0.5;
// Slower than this is a source that gives a picture when something changes.
constexpr double kSlowest = 2;
constexpr GstClockTime kGap = 3 * GST_SECOND;

}  // namespace

void FrameRate::begin(double claimed) {
  bool plausible = claimed >= kLeastClaim && claimed <= kGreatestClaim;
  rate_ = plausible ? claimed : kUsual;
  since_ = last_ = GST_CLOCK_TIME_NONE;
  seconds_.clear();
}

bool FrameRate::add(GstClockTime time) {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return false;
  bool goes_on = GST_CLOCK_TIME_IS_VALID(last_) && time >= last_ && time - last_ < kGap;
  last_ = time;
  if (!goes_on) {
    since_ = time;
    count_ = 0;
    seconds_.clear();
    return false;
  }
  count_++;
  if (time - since_ < GST_SECOND) return false;
  double seen = count_ * static_cast<double>(GST_SECOND) / static_cast<double>(time - since_);
  since_ = time;
  count_ = 0;
  return judge(std::min(seen, kGreatestClaim));
}

bool FrameRate::judge(double seen) {
  seconds_.push_back(seen);
  if (seconds_.size() > kPatience) seconds_.pop_front();
  double told = rate_;
  auto [slowest, fastest] = std::minmax_element(seconds_.begin(), seconds_.end());
  bool steady = seconds_.size() == kPatience && *slowest >= kSlowest;
  if (seen >= rate_ * kHigher)
    rate_ = std::round(seen);
  else if (steady && *fastest <= rate_ * kLower)
    rate_ = std::round(*fastest);
  return rate_ != told;
}

}  // namespace webcast
