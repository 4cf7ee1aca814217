// PacketTimes: gives the packets of one publisher their times (MediaTimes) at webrtcbin's jitter
// buffers: what goes in counts as it would have arrived, what comes out is of its own moment.
//
// Any thread: the network's bring packets in, each jitter buffer's own takes them out.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <mutex>

#include "plugins/peer/media_times.hpp"

namespace webcast {

class PacketTimes {
 public:
  // Of the packets of a payload type in the jitter buffer; 0: they are nobody's.
  using ClockRate = std::function<uint32_t(int payload_type)>;

  // Before the first packet. It lives as long as the jitter buffer's pads.
  static void give(const std::shared_ptr<PacketTimes>& times, GstElement* jitterbuffer,
                   ClockRate clock_rate);

 private:
  struct Stream;

  std::mutex mutex_;  // guards what follows, and each stream's index
  MediaTimes times_;
  size_t streams_ = 0;
};

}  // namespace webcast
