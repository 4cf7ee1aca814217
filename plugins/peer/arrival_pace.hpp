// ArrivalPace: how long a stream's packets are on their way, and when one would have arrived, had
// it not been held up.
//
// The way (transit) is what a packet arrives after its own time on the sender's clock, which began
// elsewhere: a number that only means something beside others of the stream. The shortest of the
// last seconds is the stream's; a shorter one is taken at once, a longer one once it stays. So a
// burst that the network held for a second, or that a sender kept until it was connected, does not
// change it. A jitter buffer that takes each arrival as it is believes then that the sender's clock
// jumped (rtpjitterbuffer 1.22: at a deviation of 1 s): for it, late is late by kMost at most.
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

  bool started() const { return last_rtp_.has_value(); }
  // How often the sender began another timeline: media times of different ones do not compare.
  unsigned timeline() const { return timeline_; }
  // Whether a packet that leaves a jitter buffer can be of this timeline: where the sender's clock
  // jumped back, those of the one before are newer than all that came since.
  bool knows(uint32_t rtp_time) const;
  // ns of the sender's clock since the timeline's first packet; of one that was taken lately.
  int64_t media_time(uint32_t rtp_time) const;
  // ns: arrival minus media_time of the quickest.
  int64_t transit() const { return transit_; }
  uint64_t last_arrival() const { return last_arrival_; }

 private:
  void start(uint64_t arrival);
  int64_t ticks_of(uint32_t rtp_time) const;

  const uint32_t clock_rate_;
  std::optional<uint32_t> last_rtp_;
  unsigned timeline_ = 0;
  // Of the sender's clock since the timeline's first packet: those of the last one, and the most.
  int64_t ticks_ = 0, newest_ = 0;
  int64_t transit_ = 0;
  // The shortest of two spans: one that is over, and the one since `span_start_`.
  int64_t before_ = 0, now_ = 0;
  uint64_t span_start_ = 0, last_arrival_ = 0;
};

}  // namespace webcast
