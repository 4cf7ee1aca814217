#include "plugins/sdp/candidate.hpp"

#include <gtest/gtest.h>

#include "common/sdp_limits.hpp"

namespace webcast::test {
namespace {

TEST(Candidate, ReadsWhatBrowsersSend) {
  auto candidate = parse_candidate(
      "candidate:4056432578 1 udp 2113937151 192.0.2.7 55766 typ host generation 0 ufrag LTau "
      "network-cost 999");
  ASSERT_TRUE(candidate);
  EXPECT_EQ(candidate->address, "192.0.2.7");
  EXPECT_EQ(candidate->port, 55766u);
  EXPECT_EQ(candidate->priority, 2113937151u);
  EXPECT_EQ(candidate->type, "host");
  EXPECT_TRUE(
      parse_candidate("a=candidate:0 1 UDP 1 2001:db8::1 9 typ relay raddr 0.0.0.0 rport 0"));
}

TEST(Candidate, UsesUdpToLiteralAddresses) {
  auto usable = usable_remote_candidate("candidate:1 1 UDP 5 192.0.2.7 55766 typ host ufrag x");
  ASSERT_TRUE(usable);
  EXPECT_EQ(usable->text, "candidate:1 1 udp 5 192.0.2.7 55766 typ host");
  EXPECT_TRUE(usable_remote_candidate("candidate:1 1 udp 5 2001:db8::1 55766 typ host"));
}

TEST(Candidate, SaysInWhichNetworkItIs) {
  auto network_of = [](const std::string& address, const std::string& more) {
    auto usable = usable_remote_candidate("candidate:1 1 udp 5 " + address + " 55766 typ " + more);
    return usable ? usable->network : AddressKind::nowhere;
  };
  EXPECT_EQ(network_of("127.0.0.1", "host"), AddressKind::loopback);
  EXPECT_EQ(network_of("::ffff:127.0.0.1", "host"), AddressKind::loopback);
  EXPECT_EQ(network_of("169.254.169.254", "host"), AddressKind::link_local);
  EXPECT_EQ(network_of("10.0.0.7", "relay raddr 192.0.2.7 rport 1"),
            AddressKind::in_private_network);
  EXPECT_EQ(network_of("192.0.2.7", "srflx raddr 127.0.0.1 rport 1"),
            AddressKind::in_public_network);
  EXPECT_EQ(network_of("255.255.255.255", "host"), AddressKind::nowhere);
}

TEST(Candidate, DropsWhatMustNotReachLibnice) {
  for (const char* text :
       {"", "candidate:", "candidate:1 1 udp 5 192.0.2.7 55766",
        "candidate:1 1 udp 5 88fa9907-3d53-44bd-a348-53de0a5fb764.local 55766 typ host",
        "candidate:1 1 udp 5 example.org 55766 typ host",
        "candidate:1 1 tcp 5 192.0.2.7 9 typ host tcptype active",
        "candidate:1 2 udp 5 192.0.2.7 55766 typ host", "candidate:1 1 udp 5 192.0.2.7 0 typ host",
        "candidate:1 1 udp 5 192.0.2.7 70000 typ host",
        "candidate:1 1 udp -5 192.0.2.7 5000 typ host", "candidate:1 1 udp x 192.0.2.7 5 typ host",
        "candidate:1 1 udp 5 0.0.0.0 5000 typ host", "candidate:1 1 udp 5 224.0.0.1 5000 typ host",
        "candidate:1 1 udp 5 192.0.2.7 5000 typ any",
        "candidate:1 1 udp 5 192.0.2.7 5000 kind host",
        "candidate:1 1 udp 5 192.0.2.7 5000 typ host\r\na=ice-lite"})
    EXPECT_FALSE(usable_remote_candidate(text)) << text;
  std::string padded = "candidate:1 1 udp 5 192.0.2.7 5000 typ host ";
  EXPECT_TRUE(
      usable_remote_candidate(padded + std::string(kMaxCandidateBytes - padded.size(), 'x')));
  EXPECT_FALSE(
      usable_remote_candidate(padded + std::string(kMaxCandidateBytes + 1 - padded.size(), 'x')));
}

TEST(ExternalCandidate, TakesThePortToThePublicAddress) {
  EXPECT_EQ(
      external_candidate("candidate:1 1 UDP 2015364095 10.0.0.5 38277 typ host", "203.0.113.9"),
      "candidate:x1 1 UDP 1679819775 203.0.113.9 38277 typ srflx raddr 10.0.0.5 rport 38277");
  auto back = parse_candidate(
      *external_candidate("candidate:1 1 UDP 2015364095 10.0.0.5 38277 typ host", "203.0.113.9"));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->type, "srflx");
  EXPECT_EQ(back->priority >> 24, 100u);
}

TEST(ExternalCandidate, NeedsAHostCandidateOfTheSameFamily) {
  EXPECT_FALSE(external_candidate("candidate:1 1 UDP 5 fd00::5 38277 typ host", "203.0.113.9"));
  EXPECT_FALSE(external_candidate("candidate:1 1 UDP 5 10.0.0.5 38277 typ relay", "203.0.113.9"));
  EXPECT_FALSE(external_candidate("candidate:1 1 TCP 5 10.0.0.5 9 typ host", "203.0.113.9"));
  EXPECT_FALSE(external_candidate("candidate:1 1 UDP 5 10.0.0.5 38277 typ host", "nowhere"));
}

}  // namespace
}  // namespace webcast::test
