// RtpCounter: what one viewer received, read from the RTP headers alone (they are in clear).
//
// Plain data, owned by the viewer's Transport, on the swarm's thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace webcast::swarm {

enum class StreamKind { video, audio, retransmission };

struct StreamCount {
  StreamKind kind = StreamKind::video;
  uint32_t ssrc = 0;
  int clock_rate = 90000;
  uint64_t packets = 0, bytes = 0, frames = 0;
  uint64_t gaps = 0;                                 // jumps forward in the sequence
  uint64_t late = 0;                                 // out of order, or twice
  uint32_t base_sequence = 0, highest_sequence = 0;  // extended (RFC 3550 A.1)
  double jitter = 0;                                 // in clock ticks
  int64_t transit = 0;
  // State of the last receiver report, and of the last sender report.
  uint64_t expected_before = 0, packets_before = 0;
  uint32_t last_sender_report = 0;
  int64_t sender_report_time = 0;  // monotonic µs; 0: none yet

  uint64_t expected() const { return packets ? highest_sequence - base_sequence + 1 : 0; }
  uint64_t lost() const { return expected() > packets ? expected() - packets : 0; }
};

class RtpCounter {
 public:
  struct PayloadType {
    StreamKind kind = StreamKind::video;
    int clock_rate = 90000;
  };

  void set_payload_types(std::map<uint8_t, PayloadType> types) { types_ = std::move(types); }
  // `now`: monotonic µs. False when it is no packet of a negotiated payload type.
  bool count(std::span<const uint8_t> packet, int64_t now);

  std::vector<StreamCount>& streams() { return streams_; }
  const std::vector<StreamCount>& streams() const { return streams_; }
  uint64_t unknown() const { return unknown_; }

 private:
  StreamCount* find_or_add(uint32_t ssrc, uint8_t payload_type, uint16_t sequence);

  std::map<uint8_t, PayloadType> types_;
  std::vector<StreamCount> streams_;
  uint64_t unknown_ = 0;
};

}  // namespace webcast::swarm
