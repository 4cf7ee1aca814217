// RateMeter: bits and frames of the last second. Pure: time comes in as an argument.
#pragma once

#include <cstdint>
#include <deque>

namespace webcast {

class RateMeter {
 public:
  void add(int64_t now_us, uint64_t bytes) {
    frames_.push_back({now_us, bytes});
    bytes_ += bytes;
    trim(now_us);
  }
  unsigned bits_per_second(int64_t now_us) {
    trim(now_us);
    return static_cast<unsigned>(bytes_ * 8);
  }
  unsigned frames_per_second(int64_t now_us) {
    trim(now_us);
    return static_cast<unsigned>(frames_.size());
  }

 private:
  struct Frame {
    int64_t time_us;
    uint64_t bytes;
  };
  void trim(int64_t now_us) {
    for (; !frames_.empty() && frames_.front().time_us + 1'000'000 <= now_us; frames_.pop_front())
      bytes_ -= frames_.front().bytes;
  }
  std::deque<Frame> frames_;
  uint64_t bytes_ = 0;
};

}  // namespace webcast
