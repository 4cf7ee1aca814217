// ArrivalPace: when a packet of a stream would have arrived, had it not been held up on the way.
//
// Packets that a network holds for a second and more come in one burst. A jitter buffer that
// takes each arrival as it is believes that the sender's clock jumped, and gives times that run
// into the future and back (rtpjitterbuffer 1.22: at a deviation of 1 s). So what is held up counts as
// late by kMost at most. A delay that stays is a new delay.
//
// Pure: times are arguments. One a stream; the thread that its packets come on.
#pragma once

#include <cstdint>
#include <optional>

namespace webcast {

class ArrivalPace {
 public:
  explicit ArrivalPace(uint32_t clock_rate) : clock_rate_(clock_rate) {}

  // `arrival`: ns of any clock. What it shall count as.
  uint64_t take(uint32_t rtp_time, uint64_t arrival);

 private:
  void start(int64_t transit, uint64_t arrival);

  const uint32_t clock_rate_;
  std::optional<uint32_t> last_rtp_;
  int64_t media_ = 0;      // ns of the sender's clock since the first packet
  int64_t transit_ = 0;    // the shortest way of late, as arrival minus media
  int64_t shortest_ = 0;   // of the packets since `late_since_`
  uint64_t late_since_ = 0, last_arrival_ = 0;  // 0: it is not late
};

}  // namespace webcast
