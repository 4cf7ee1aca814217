// Allowance: so much at once, and so much in a second (a token bucket). Pure: time comes in as an
// argument.
#pragma once

#include <algorithm>
#include <chrono>

namespace webcast {

class Allowance {
 public:
  using Time = std::chrono::steady_clock::time_point;
  Allowance(double burst, double per_second)
      : burst_(burst), per_second_(per_second), left_(burst) {}

  // Takes all of it or nothing.
  bool take(double amount, Time now) {
    std::chrono::duration<double> passed = now - at_;
    if (at_ != Time{}) left_ = std::min(burst_, left_ + passed.count() * per_second_);
    at_ = now;
    if (left_ < amount) return false;
    left_ -= amount;
    return true;
  }

 private:
  const double burst_, per_second_;
  double left_;
  Time at_{};
};

}  // namespace webcast
