// DatagramFilter: which of a peer's datagrams go on to DTLS and SRTP, and how much of its feedback
// is acted on. A peer that got through ICE may send whatever it likes; what nobody can use, and what
// is more than any honest one sends, ends here, before it costs a decryption or a resent packet.
// What is not decrypted yet may be anybody's who knows both addresses: records that would end the
// session's DTLS although they are forged end here too, and media and RTCP that come before keys.
// Sources that no description names are bounded, not told apart: who forges as many as there are
// places keeps those out that come later.
//
// Pure: time comes in as an argument. RFC 7983 tells the kinds apart by the first byte.
#pragma once

#include <cstdint>
#include <set>
#include <span>

#include "common/allowance.hpp"

namespace webcast {

// Sequence numbers that the generic NACKs of a compound RTCP packet name (RFC 4585 section 6.2.1).
size_t asked_again(std::span<const uint8_t> rtcp);
// Makes of them feedback that nobody knows; reports and picture losses beside them stay.
void forget_nacks(std::span<uint8_t> rtcp);

class DatagramFilter {
 public:
  using Time = Allowance::Time;

  // `takes_media`: from a publisher; a viewer has none to send.
  explicit DatagramFilter(bool takes_media) : takes_media_(takes_media) {}

  // Of the peer's description: these keep their places whatever else comes. At most as many as a
  // description that is taken may name.
  void expect(std::span<const uint32_t> ssrcs) { expected_.insert(ssrcs.begin(), ssrcs.end()); }
  // As it came from the network.
  bool passes(std::span<const uint8_t> datagram, Time now);
  // RTCP once it is decrypted: whether its NACKs may be answered.
  bool takes_nacks(std::span<const uint8_t> rtcp, Time now);

 private:
  bool is_known(uint32_t ssrc);
  bool takes_records(std::span<const uint8_t> records);

  const bool takes_media_;
  // A browser sends some 20 RTCP packets a second, and a NACK for each loss at worst.
  Allowance rtcp_{1'000, 1'000};
  // The packets of 20 Mbit/s, all of them lost.
  Allowance resent_{2'000, 2'000};
  std::set<uint32_t> expected_, ssrcs_;
  bool keyed_ = false;  // an encrypted message of the handshake came, or what looks like one
};

}  // namespace webcast
