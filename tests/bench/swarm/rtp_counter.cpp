#include "tests/bench/swarm/rtp_counter.hpp"

#include <cmath>

namespace webcast::swarm {
namespace {

constexpr size_t kRtpHeader = 12;
constexpr size_t kMaxStreams = 16;

uint32_t read32(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

}  // namespace

StreamCount* RtpCounter::find_or_add(uint32_t ssrc, uint8_t payload_type, uint16_t sequence) {
  for (StreamCount& stream : streams_) {
    if (stream.ssrc == ssrc) return &stream;
  }
  auto type = types_.find(payload_type);
  if (type == types_.end() || streams_.size() >= kMaxStreams) return nullptr;
  // One cycle above zero, so that a late packet cannot fall below it.
  uint32_t first = 0x10000u + sequence;
  streams_.push_back({.kind = type->second.kind,
                      .ssrc = ssrc,
                      .clock_rate = type->second.clock_rate,
                      .base_sequence = first,
                      .highest_sequence = first});
  return &streams_.back();
}

bool RtpCounter::count(std::span<const uint8_t> packet, int64_t now) {
  if (packet.size() < kRtpHeader) return false;
  auto sequence = static_cast<uint16_t>(packet[2] << 8 | packet[3]);
  StreamCount* stream = find_or_add(read32(&packet[8]), packet[1] & 0x7f, sequence);
  if (!stream) {
    ++unknown_;
    return false;
  }
  bool first = stream->packets == 0;
  ++stream->packets;
  stream->bytes += packet.size();
  if (packet[1] & 0x80) ++stream->frames;
  if (!first) {
    auto step = static_cast<int16_t>(sequence - static_cast<uint16_t>(stream->highest_sequence));
    if (step > 1) ++stream->gaps;
    if (step > 0)
      stream->highest_sequence += static_cast<uint32_t>(step);
    else
      ++stream->late;
  }
  // RFC 3550 A.8. The arrival in clock ticks wraps with the time stamp.
  auto arrival = static_cast<uint32_t>(now * (stream->clock_rate / 1000) / 1000);
  auto transit = static_cast<int32_t>(arrival - read32(&packet[4]));
  if (!first) {
    double change = std::abs(static_cast<double>(transit) - static_cast<double>(stream->transit));
    stream->jitter += (change - stream->jitter) / 16;
  }
  stream->transit = transit;
  return true;
}

}  // namespace webcast::swarm
