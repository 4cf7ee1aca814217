#include "plugins/peer/datagram_filter.hpp"

#include <bit>

namespace webcast {
namespace {

// srtpdec (1.22) keeps keys for each SSRC that it ever saw, before it knows whether the packet is
// genuine. A viewer has one or two for each m-line.
constexpr size_t kMostSsrcs = 64;
constexpr size_t kDtlsHeader = 13;       // RFC 6347 section 4.1
constexpr size_t kRtpHeader = 12;        // RFC 3550 section 5.1
constexpr size_t kRtcpHeader = 8;        // up to the sender's SSRC
constexpr size_t kSrtcpTrailer = 4 + 4;  // index, and the shortest tag; RFC 3711 section 3.4

uint16_t read16(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
uint32_t read32(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint32_t>(read16(bytes, at)) << 16 | read16(bytes, at + 2);
}

bool is_dtls(std::span<const uint8_t> datagram) {
  return datagram.size() >= kDtlsHeader && datagram[0] >= 20 && datagram[0] <= 63 &&
         datagram[1] == 0xfe && read16(datagram, 11) <= datagram.size() - kDtlsHeader;
}

}  // namespace

size_t asked_again(std::span<const uint8_t> rtcp) {
  constexpr uint8_t kTransportFeedback = 205, kGenericNack = 1;
  size_t asked = 0;
  while (rtcp.size() >= 4) {
    size_t size = 4 + read16(rtcp, 2) * size_t{4};
    if (size > rtcp.size()) break;
    if (rtcp[1] == kTransportFeedback && (rtcp[0] & 0x1f) == kGenericNack)
      for (size_t at = 12; at + 4 <= size; at += 4)
        asked += 1 + static_cast<size_t>(std::popcount(read16(rtcp, at + 2)));
    rtcp = rtcp.subspan(size);
  }
  return asked;
}

bool DatagramFilter::is_known(uint32_t ssrc) {
  if (ssrcs_.size() >= kMostSsrcs) return ssrcs_.contains(ssrc);
  ssrcs_.insert(ssrc);
  return true;
}

bool DatagramFilter::passes(std::span<const uint8_t> datagram, Time now) {
  if (is_dtls(datagram)) return true;
  if (datagram.size() < kRtpHeader || datagram[0] >> 6 != 2) return false;
  bool is_rtcp = datagram[1] >= 192 && datagram[1] <= 223;  // RFC 5761 section 4
  if (!is_rtcp) return takes_media_ && is_known(read32(datagram, 8));
  return datagram.size() >= kRtcpHeader + kSrtcpTrailer && rtcp_.take(1, now) &&
         is_known(read32(datagram, 4));
}

bool DatagramFilter::takes_feedback(std::span<const uint8_t> rtcp, Time now) {
  return resent_.take(static_cast<double>(asked_again(rtcp)), now);
}

}  // namespace webcast
