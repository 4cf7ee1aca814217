// Messages beside the media: what sending and receiving sides of ours say and are told.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include "common/ref.hpp"

namespace webcast {

inline constexpr size_t kMaxMessageSize = 256 * 1024;
inline constexpr size_t kMaxLabelSize = 64;        // bytes of UTF-8
inline constexpr size_t kMaxMessageChannels = 16;  // of a peer, one for each label
// The channel that is there before the first offer.
inline constexpr const char* kFirstLabel = "messages";

struct PeerMessage {
  std::string label{};
  Ref<GBytes> data{};
  bool is_text = false;  // UTF-8
};

struct MessageStats {
  uint64_t sent = 0, received = 0;
  uint64_t dropped = 0;   // for a peer that did not take them fast enough
  uint64_t refused = 0;   // of a peer that sent too much, or what is no message
};

// So much at once, and so much in a second.
class MessageAllowance {
 public:
  using Time = std::chrono::steady_clock::time_point;
  MessageAllowance(double burst, double per_second)
      : burst_(burst), per_second_(per_second), left_(burst) {}

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
