#include "tests/bench/swarm/rtcp.hpp"

#include <algorithm>

namespace webcast::swarm {
namespace {

constexpr uint8_t kSenderReport = 200, kReceiverReport = 201, kDescription = 202, kBye = 203,
                  kTransportFeedback = 205, kPayloadFeedback = 206;
constexpr size_t kTrailer = SRTP_MAX_TRAILER_LEN + 4;

void put16(std::vector<uint8_t>& out, uint32_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}

void put32(std::vector<uint8_t>& out, uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}

uint32_t get32(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

// `words`: 32-bit words after the first one.
void put_header(std::vector<uint8_t>& out, size_t count, uint8_t type, size_t words) {
  out.push_back(static_cast<uint8_t>(0x80 | count));
  out.push_back(type);
  put16(out, static_cast<uint32_t>(words));
}

void put_block(std::vector<uint8_t>& out, StreamCount& stream, int64_t now) {
  uint64_t expected = stream.expected() - stream.expected_before;
  uint64_t received = stream.packets - stream.packets_before;
  stream.expected_before = stream.expected();
  stream.packets_before = stream.packets;
  uint64_t fraction = expected > received ? ((expected - received) << 8) / expected : 0;
  put32(out, stream.ssrc);
  put32(out, static_cast<uint32_t>(std::min<uint64_t>(fraction, 255) << 24 |
                                   std::min<uint64_t>(stream.lost(), 0x7fffff)));
  put32(out, stream.highest_sequence - 0x10000u);
  put32(out, static_cast<uint32_t>(stream.jitter));
  put32(out, stream.last_sender_report);
  int64_t delay = stream.sender_report_time ? now - stream.sender_report_time : 0;
  put32(out, static_cast<uint32_t>(delay * 65536 / G_USEC_PER_SEC));
}

}  // namespace

RtcpEndpoint::Session RtcpEndpoint::make_session(const std::array<uint8_t, 30>& key,
                                                 srtp_ssrc_type_t direction) {
  srtp_policy_t policy{};
  srtp_crypto_policy_set_rtp_default(&policy.rtp);
  srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
  policy.ssrc.type = direction;
  auto copy = key;
  policy.key = copy.data();
  policy.window_size = 128;
  srtp_t session = nullptr;
  if (srtp_create(&session, &policy) != srtp_err_status_ok) return nullptr;
  return Session(session);
}

RtcpEndpoint::RtcpEndpoint(const SrtpKeys& keys, Send send)
    : outgoing_(make_session(keys.local, ssrc_any_outbound)),
      incoming_(make_session(keys.remote, ssrc_any_inbound)),
      send_(std::move(send)),
      ssrc_(g_random_int()),
      cname_("swarm-" + std::to_string(ssrc_)) {}

void RtcpEndpoint::append_report(std::vector<uint8_t>& packet, std::vector<StreamCount>& streams,
                                 int64_t now) {
  size_t blocks = std::min<size_t>(streams.size(), 31);
  put_header(packet, blocks, kReceiverReport, 1 + 6 * blocks);
  put32(packet, ssrc_);
  for (size_t i = 0; i < blocks; ++i)
    put_block(packet, streams[i], now);

  // SDES with one CNAME, ended and padded by at least one zero (RFC 3550 section 6.5).
  size_t chunk = 4 + 2 + cname_.size() + 1;
  size_t padding = (4 - chunk % 4) % 4;
  put_header(packet, 1, kDescription, (chunk + padding) / 4);
  put32(packet, ssrc_);
  packet.push_back(1);
  packet.push_back(static_cast<uint8_t>(cname_.size()));
  packet.insert(packet.end(), cname_.begin(), cname_.end());
  packet.insert(packet.end(), 1 + padding, 0);
}

void RtcpEndpoint::send_report(std::vector<StreamCount>& streams, int64_t now) {
  std::vector<uint8_t> packet;
  append_report(packet, streams, now);
  protect_and_send(packet);
}

void RtcpEndpoint::send_pli(const std::vector<StreamCount>& streams) {
  for (const StreamCount& stream : streams) {
    if (stream.kind != StreamKind::video) continue;
    // A compound packet begins with a report (RFC 3550 section 6.1); an empty one is enough.
    std::vector<uint8_t> packet;
    std::vector<StreamCount> none;
    append_report(packet, none, 0);
    put_header(packet, 1, kPayloadFeedback, 2);
    put32(packet, ssrc_);
    put32(packet, stream.ssrc);
    protect_and_send(packet);
  }
}

void RtcpEndpoint::send_flood(const std::vector<StreamCount>& streams) {
  constexpr size_t kEntries = 60;  // of 17 packets each
  for (const StreamCount& stream : streams) {
    std::vector<uint8_t> nack, wish, noise;
    put_header(nack, 1, kTransportFeedback, 2 + kEntries);
    put32(nack, ssrc_);
    put32(nack, stream.ssrc);
    for (size_t i = 0; i < kEntries; ++i)
      put32(nack, (stream.highest_sequence - 17 * static_cast<uint32_t>(i)) << 16 | 0xffff);
    protect_and_send(nack);
    put_header(wish, 1, kPayloadFeedback, 2);  // PLI
    put32(wish, ssrc_);
    put32(wish, stream.ssrc);
    put_header(wish, 4, kPayloadFeedback, 4);  // FIR
    for (uint32_t word : {ssrc_, uint32_t{0}, stream.ssrc, g_random_int()})
      put32(wish, word);
    put_header(wish, 15, kPayloadFeedback, 5);  // REMB
    for (uint32_t word : {ssrc_, uint32_t{0}, 0x52454d42u, 0x01000001u, stream.ssrc})
      put32(wish, word);
    protect_and_send(wish);
    put_header(noise, g_random_int_range(0, 32), static_cast<uint8_t>(g_random_int_range(192, 224)),
               g_random_int_range(0, 400));
    for (int i = 0; i < 100; ++i)
      put32(noise, g_random_int());
    protect_and_send(noise);
  }
}

void RtcpEndpoint::protect_and_send(std::vector<uint8_t>& packet) {
  int size = static_cast<int>(packet.size());
  packet.resize(packet.size() + kTrailer);
  if (!outgoing_ || srtp_protect_rtcp(outgoing_.get(), packet.data(), &size) != srtp_err_status_ok)
    return;
  send_(std::span(packet).first(static_cast<size_t>(size)));
}

bool RtcpEndpoint::receive(std::span<const uint8_t> packet, std::vector<StreamCount>& streams,
                           int64_t now) {
  std::vector<uint8_t> copy(packet.begin(), packet.end());
  int size = static_cast<int>(copy.size());
  if (!incoming_ || srtp_unprotect_rtcp(incoming_.get(), copy.data(), &size) != srtp_err_status_ok)
    return false;
  bool bye = false;
  auto left = std::span<const uint8_t>(copy).first(static_cast<size_t>(size));
  while (left.size() >= 8) {
    size_t length = 4u * (1u + (left[2] << 8 | left[3]));
    if (length > left.size()) break;
    // A sender may also take back an SSRC that never sent media.
    for (size_t i = 0; left[1] == kBye && i < (left[0] & 0x1fu) && 8 + 4 * i <= length; ++i) {
      uint32_t ssrc = get32(&left[4 + 4 * i]);
      bye = bye || std::ranges::any_of(
                       streams, [&](const StreamCount& stream) { return stream.ssrc == ssrc; });
    }
    if (left[1] == kSenderReport && length >= 28) {
      ++sender_reports_;
      for (StreamCount& stream : streams) {
        if (stream.ssrc != get32(&left[4])) continue;
        // The middle 32 bits of the NTP time.
        stream.last_sender_report = get32(&left[8]) << 16 | get32(&left[12]) >> 16;
        stream.sender_report_time = now;
      }
    }
    left = left.subspan(length);
  }
  return bye;
}

}  // namespace webcast::swarm
