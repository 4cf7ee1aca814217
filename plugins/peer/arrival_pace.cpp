#include "plugins/peer/arrival_pace.hpp"

#include <algorithm>
#include <cstdlib>

namespace webcast {
namespace {

constexpr int64_t kMillisecond = 1'000'000, kSecond = 1'000 * kMillisecond;
constexpr int64_t kMost = 400 * kMillisecond;
// What is late for two of them has a longer way.
constexpr uint64_t kSpan = 3 * kSecond;
// Packets of one timeline are not further apart, s: older ones are out of order, newer ones came
// after a pause.
constexpr int64_t kOlder = 1, kNewer = 60;
// Pictures may come in another order than they are shown in, and one of them may come again last.
constexpr int64_t kReordered = 500 * kMillisecond;
// Seconds of a timeline (three years): nobody's arithmetic overflows ours.
constexpr int64_t kLongest = 100'000'000;

}  // namespace

void ArrivalPace::start(uint64_t arrival) {
  timeline_++;
  ticks_ = newest_ = 0;
  transit_ = before_ = now_ = static_cast<int64_t>(arrival);
  span_start_ = arrival;
}

int64_t ArrivalPace::ticks_of(uint32_t rtp_time) const {
  return ticks_ + static_cast<int32_t>(rtp_time - last_rtp_.value_or(rtp_time));
}

bool ArrivalPace::knows(uint32_t rtp_time) const {
  auto rate = static_cast<int64_t>(clock_rate_);
  return started() && ticks_of(rtp_time) <= newest_ + rate * kReordered / kSecond;
}

int64_t ArrivalPace::media_time(uint32_t rtp_time) const {
  auto rate = static_cast<int64_t>(clock_rate_);
  int64_t ticks = ticks_of(rtp_time);
  return ticks / rate * kSecond + ticks % rate * kSecond / rate;
}

uint64_t ArrivalPace::take(uint32_t rtp_time, uint64_t arrival) {
  auto rate = static_cast<int64_t>(clock_rate_);
  int64_t step = static_cast<int32_t>(rtp_time - last_rtp_.value_or(rtp_time));
  bool same = last_rtp_ && step > -kOlder * rate && step < kNewer * rate &&
              std::abs(ticks_ + step) / rate < kLongest;
  last_rtp_ = rtp_time;
  last_arrival_ = arrival;
  if (!same) {
    start(arrival);
    return arrival;
  }
  ticks_ += step;
  newest_ = std::max(newest_, ticks_);
  int64_t media = media_time(rtp_time), transit = static_cast<int64_t>(arrival) - media;
  if (arrival - span_start_ > kSpan) {
    before_ = now_;
    now_ = transit;
    span_start_ = arrival;
  }
  now_ = std::min(now_, transit);
  transit_ = std::min(before_, now_);
  return static_cast<uint64_t>(media + std::min(transit, transit_ + kMost));
}

}  // namespace webcast
