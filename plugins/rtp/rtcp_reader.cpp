#include "plugins/rtp/rtcp_reader.hpp"

#include <bit>

namespace webcast {
namespace {

// Packet types (RFC 3550 section 12.1, RFC 4585 section 6.1).
constexpr uint8_t kSenderReport = 200, kReceiverReport = 201;
constexpr uint8_t kTransportFeedback = 205, kPayloadFeedback = 206;
// Formats (RFC 4585 section 6.2 and 6.3, RFC 5104 section 4.3.1).
constexpr uint8_t kGenericNack = 1, kPictureLoss = 1, kFullIntra = 4;
constexpr size_t kBlockSize = 24;

uint16_t read16(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
uint32_t read32(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint32_t>(read16(bytes, at)) << 16 | read16(bytes, at + 2);
}

}  // namespace

RtcpReader::RtcpReader(std::map<uint32_t, int> clock_rates) : clock_rates_(std::move(clock_rates)) {
  for (const auto& [ssrc, rate] : clock_rates_)
    reports_[ssrc];
}

bool RtcpReader::read(std::span<const uint8_t> packet, guint64 ntp) {
  bool any = false;
  while (packet.size() >= 4 && packet[0] >> 6 == 2) {
    uint8_t type = packet[1];
    size_t size = 4 + read16(packet, 2) * 4u;
    if (type < 192 || type > 223 || size > packet.size()) break;
    any = true;
    std::span<const uint8_t> body = packet.first(size);
    uint8_t count = packet[0] & 0x1f;
    if (type == kSenderReport || type == kReceiverReport) {
      size_t at = type == kSenderReport ? 28 : 8;
      for (; count > 0 && at + kBlockSize <= size; --count, at += kBlockSize)
        read_block(body.subspan(at, kBlockSize), ntp);
    } else if ((type == kTransportFeedback || type == kPayloadFeedback) && size >= 12) {
      read_feedback(type, count, body);
    }
    packet = packet.subspan(size);
  }
  return any;
}

void RtcpReader::read_block(std::span<const uint8_t> block, guint64 ntp) {
  uint32_t ssrc = read32(block, 0);
  auto found = reports_.find(ssrc);
  if (found == reports_.end()) return;
  ReceptionReport& report = found->second;
  report.fraction_lost = block[4] / 256.0;
  // 24 bits with a sign: duplicates make it negative.
  auto lost = static_cast<int32_t>(read32(block, 4) << 8);
  report.packets_lost = lost >> 8;
  report.jitter_ms = read32(block, 12) * 1000.0 / clock_rates_[ssrc];
  uint32_t last_report = read32(block, 16), delay = read32(block, 20);
  if (last_report == 0) return;
  // Middle 32 bits of the time; section 6.4.1. Negative by the clocks' granularity: no trip.
  auto trip = static_cast<int32_t>(static_cast<uint32_t>(ntp >> 16) - last_report - delay);
  if (trip >= 0) report.round_trip_ms = trip * 1000.0 / 65536;
}

void RtcpReader::read_feedback(uint8_t type, uint8_t format, std::span<const uint8_t> packet) {
  if (type == kPayloadFeedback && format == kFullIntra) {
    // The sources stand in the entries, eight bytes each.
    for (size_t at = 12; at + 8 <= packet.size(); at += 8)
      if (auto found = reports_.find(read32(packet, at)); found != reports_.end())
        ++found->second.fir;
    return;
  }
  auto found = reports_.find(read32(packet, 8));
  if (found == reports_.end()) return;
  if (type == kPayloadFeedback && format == kPictureLoss) ++found->second.pli;
  if (type != kTransportFeedback || format != kGenericNack) return;
  // One packet and a mask of 16 that follow it, for each entry.
  for (size_t at = 12; at + 4 <= packet.size(); at += 4)
    found->second.nack += 1 + static_cast<guint64>(std::popcount(read16(packet, at + 2)));
}

}  // namespace webcast
