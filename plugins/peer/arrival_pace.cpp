#include "plugins/peer/arrival_pace.hpp"

#include <algorithm>

namespace webcast {
namespace {

constexpr int64_t kMillisecond = 1'000'000, kSecond = 1'000 * kMillisecond;
constexpr int64_t kMost = 400 * kMillisecond;
// A burst is through by then; what is late after it has a longer way.
constexpr uint64_t kPatience = 3 * kSecond;
// A sender's clock that is slow by one in so many is followed.
constexpr int64_t kDrift = 2'000;
// What is further off than that is another timeline.
constexpr int64_t kJump = 10 * kSecond;

}  // namespace

void ArrivalPace::start(int64_t transit, uint64_t arrival) {
  transit_ = transit;
  late_since_ = 0;
  last_arrival_ = arrival;
}

uint64_t ArrivalPace::take(uint32_t rtp_time, uint64_t arrival) {
  auto step = static_cast<int32_t>(rtp_time - last_rtp_.value_or(rtp_time));
  media_ += static_cast<int64_t>(step) * kSecond / static_cast<int64_t>(clock_rate_);
  bool first = !last_rtp_;
  last_rtp_ = rtp_time;
  int64_t transit = static_cast<int64_t>(arrival) - media_;
  int64_t late = transit - transit_;
  if (first || late < -kMost || late > kJump) {
    start(transit, arrival);
    return arrival;
  }
  int64_t elapsed = static_cast<int64_t>(arrival - last_arrival_);
  last_arrival_ = arrival;
  if (late <= kMost) {
    transit_ = std::min(transit, transit_ + elapsed / kDrift);
    late_since_ = 0;
    return arrival;
  }
  if (late_since_ == 0) {
    late_since_ = arrival;
    shortest_ = transit;
  }
  shortest_ = std::min(shortest_, transit);
  if (arrival - late_since_ > kPatience) {
    start(shortest_, arrival);
    return arrival;
  }
  return static_cast<uint64_t>(transit_ + media_ + kMost);
}

}  // namespace webcast
