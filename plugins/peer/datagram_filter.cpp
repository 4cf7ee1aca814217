#include "plugins/peer/datagram_filter.hpp"

#include <bit>
#include <utility>

namespace webcast {
namespace {

// srtpdec (1.22) keeps keys for each SSRC that it ever saw, before it knows whether the packet is
// genuine. A viewer has one or two for each m-line.
constexpr size_t kMostSsrcs = 64;
constexpr size_t kDtlsHeader = 13;       // RFC 6347 section 4.1
constexpr size_t kMostDtls = 16 * 1024;  // of one datagram; OpenSSL has room for it
constexpr size_t kRtpHeader = 12;        // RFC 3550 section 5.1
constexpr size_t kRtcpHeader = 8;        // up to the sender's SSRC
constexpr size_t kSrtcpTrailer = 4 + 4;  // index, and the shortest tag; RFC 3711 section 3.4
constexpr uint8_t kChangeCipherSpec = 20, kAlert = 21, kHandshake = 22, kData = 23;
constexpr uint16_t kDtls10 = 0xfeff, kDtls12 = 0xfefd;
// Nonce and tag of GCM. (CBC with SHA-256 or more would want 32 or 48: nobody takes it beside GCM.)
// ChaCha20 and CCM with eight bytes add 16: of what they encrypt only alerts are shorter than this.
// Such a peer's goodbye is not heard, and its silence ends the session: that is not worth guessing
// the cipher from what anybody may forge.
constexpr size_t kShortestEncrypted = 24;

uint16_t read16(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
uint32_t read32(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint32_t>(read16(bytes, at)) << 16 | read16(bytes, at + 2);
}

// `Bytes`: a span of constant bytes or of others.
template <typename Bytes, typename Visit>
void each_nack(Bytes rtcp, Visit visit) {
  constexpr uint8_t kTransportFeedback = 205, kGenericNack = 1;
  while (rtcp.size() >= 4) {
    size_t size = 4 + read16(rtcp, 2) * size_t{4};
    if (size > rtcp.size()) return;
    if (rtcp[1] == kTransportFeedback && (rtcp[0] & 0x1f) == kGenericNack) visit(rtcp.first(size));
    rtcp = rtcp.subspan(size);
  }
}

bool is_dtls(std::span<const uint8_t> datagram) {
  return !datagram.empty() && datagram[0] >= 20 && datagram[0] <= 63;
}

// Whether an encrypted record too short for its keys begins anywhere in `bytes`.
bool hides_short_record(std::span<const uint8_t> bytes) {
  for (; bytes.size() >= kDtlsHeader; bytes = bytes.subspan(1))
    if (bytes[1] == 0xfe && read16(bytes, 3) == 1 && read16(bytes, 11) < kShortestEncrypted)
      return true;
  return false;
}

}  // namespace

size_t asked_again(std::span<const uint8_t> rtcp) {
  size_t asked = 0;
  each_nack(rtcp, [&asked](std::span<const uint8_t> nack) {
    for (size_t at = 12; at + 4 <= nack.size(); at += 4)
      asked += 1 + static_cast<size_t>(std::popcount(read16(nack, at + 2)));
  });
  return asked;
}

void forget_nacks(std::span<uint8_t> rtcp) {
  each_nack(rtcp, [](std::span<uint8_t> nack) { nack[0] &= 0xe0; });  // FMT 0: unassigned
}

bool DatagramFilter::is_known(uint32_t ssrc) {
  if (expected_.contains(ssrc)) return true;
  if (ssrcs_.size() >= kMostSsrcs) return ssrcs_.contains(ssrc);
  ssrcs_.insert(ssrc);
  return true;
}

// Anybody who knows both addresses may send one. OpenSSL (3.0) answers a record that is too short
// for its keys with a fatal alert and is of no use from then on, although it means to drop what is
// not genuine. What it drops by its header it reads on right behind that: it may hide another.
bool DatagramFilter::takes_records(std::span<const uint8_t> records) {
  if (records.size() > kMostDtls) return false;
  bool keyed = false, searched = false;
  while (!records.empty()) {
    if (records.size() < kDtlsHeader) return false;
    uint8_t type = records[0];
    uint16_t version = read16(records, 1), epoch = read16(records, 3);
    size_t length = read16(records, 11), size = kDtlsHeader + length;
    if (type < kChangeCipherSpec || type > kData || size > records.size()) return false;
    if (epoch > 1) return false;  // of a renegotiation, which no browser begins
    if (version == kDtls10) {
      // A first flight, before both agreed on a version: ClientHello, HelloVerifyRequest, or no.
      if (epoch != 0 || (type != kHandshake && type != kAlert)) return false;
      // Once: what is behind the others is behind the first of them, too.
      if (!std::exchange(searched, true) && hides_short_record(records.subspan(kDtlsHeader)))
        return false;
    } else if (version != kDtls12) {
      return false;
    }
    if (epoch == 1 && length < kShortestEncrypted) return false;
    keyed |= epoch == 1 && type == kHandshake;
    records = records.subspan(size);
  }
  keyed_ |= keyed;
  return true;
}

bool DatagramFilter::passes(std::span<const uint8_t> datagram, Time now) {
  if (is_dtls(datagram)) return takes_records(datagram);
  if (datagram.size() < kRtpHeader || datagram[0] >> 6 != 2) return false;
  if (!keyed_) return false;  // there are no keys yet: nothing can be genuine
  bool is_rtcp = datagram[1] >= 192 && datagram[1] <= 223;  // RFC 5761 section 4
  if (!is_rtcp) return takes_media_ && is_known(read32(datagram, 8));
  return datagram.size() >= kRtcpHeader + kSrtcpTrailer && is_known(read32(datagram, 4)) &&
         rtcp_.take(1, now);
}

bool DatagramFilter::takes_nacks(std::span<const uint8_t> rtcp, Time now) {
  return resent_.take(static_cast<double>(asked_again(rtcp)), now);
}

}  // namespace webcast
