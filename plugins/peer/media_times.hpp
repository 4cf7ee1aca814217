// MediaTimes: which moment of ours the packets of one publisher are of.
//
// A packet's moment is its time on the sender's clock plus the way that its stream has
// (ArrivalPace): never later than it arrived, and the same whether a packet was held up or not.
// Once sender reports tell how the streams' clocks relate (RFC 3550 section 6.4.1), all are moved
// to the longest way of them, so that what was captured together has one time. rtpjitterbuffer's
// own times (1.22) run ahead by what a burst was late, for seconds, each medium for itself.
//
// Pure: times are ns and arguments. Not locked.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "plugins/peer/arrival_pace.hpp"

namespace webcast {

class MediaTimes {
 public:
  // What the other calls name the stream by.
  size_t add(uint32_t clock_rate);

  // A packet came. What its arrival shall count as for a jitter buffer.
  uint64_t arrived(size_t stream, uint32_t rtp_time, uint64_t arrival);
  // A sender report: `rtp_time` is `wall` on the sender's wall clock.
  void reported(size_t stream, uint32_t rtp_time, uint64_t wall);
  // For packets in their order. None where the stream does not tell: before its first one, and for
  // what is left of a timeline that it gave up.
  std::optional<uint64_t> time_of(size_t stream, uint32_t rtp_time);

 private:
  struct Stream {
    ArrivalPace pace;
    unsigned timeline = 0;           // of what follows
    std::optional<uint64_t> wall{};  // the sender's wall clock at its media time 0
    std::optional<int64_t> shift{};  // from media time to ours, as it is applied
    uint32_t last_rtp = 0;
    int64_t last_time = 0;
  };

  int64_t wanted_shift(const Stream& stream) const;

  std::vector<Stream> streams_;
};

}  // namespace webcast
