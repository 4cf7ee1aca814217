#include "plugins/session/peer_networks.hpp"

#include <gtest/gtest.h>

namespace webcast {
namespace {

CandidateNetworks networks(const std::string& location, const IceSettings& ice = {},
                           const AccessSettings& access = {}) {
  return candidate_networks(ice, access, location);
}
IceSettings external(const std::string& address) {
  IceSettings ice;
  ice.external_address = address;
  return ice;
}
IceSettings sent_from(const std::string& address) {
  IceSettings ice;
  ice.local_addresses = {address};
  return ice;
}

TEST(PeerNetworks, AListenerOnLoopbackIsForThisMachine) {
  for (const char* location : {"listen://127.0.0.1:8080", "listen://localhost", "listen://[::1]:1",
                               "whip://[::1]:80/live", "janus://localhost:8188/1"})
    EXPECT_EQ(networks(location), (CandidateNetworks{true, false, true})) << location;
}

TEST(PeerNetworks, OthersLeadNobodyIntoThisMachine) {
  for (const char* location :
       {"listen://:8080", "listen://0.0.0.0:8080", "listen://[::]:8080", "listen://192.168.1.5:80",
        "listen://[fd00::1]:80", "ws://relay.example.org:8443/path", "whips://198.51.100.7/live",
        "wheps://example.org/localhost"})
    EXPECT_EQ(networks(location), (CandidateNetworks{false, false, true})) << location;
}

TEST(PeerNetworks, APublicAddressLeadsIntoNoPrivateNetwork) {
  CandidateNetworks none{false, false, false};
  EXPECT_EQ(networks("listen://203.0.113.5:8080"), none);
  EXPECT_EQ(networks("listen://[2001:db8::5]:8080"), none);
  EXPECT_EQ(networks("listen://:8080", external("203.0.113.5")), none);
  EXPECT_EQ(networks("ws://relay.example.org", external("203.0.113.5")), none);
  // Behind a proxy of this machine.
  EXPECT_EQ(networks("listen://127.0.0.1:8080", external("203.0.113.5")), none);
}

TEST(PeerNetworks, AListenerBehindAProxyIsNotForThisMachine) {
  AccessSettings access;
  access.trusted_proxies = {"127.0.0.1"};
  EXPECT_EQ(networks("listen://127.0.0.1:8080", {}, access),
            (CandidateNetworks{false, false, true}));
}

// Nor is a relay that only a proxy of this machine reaches, or a listener with a site's pages.
TEST(PeerNetworks, WhoComesByARelayOrASiteMayBeAnybody) {
  CandidateNetworks others{false, false, true};
  for (const char* location : {"ws://127.0.0.1:8080", "wss://localhost/", "ws://[::1]:8080/ws"})
    EXPECT_EQ(networks(location), others) << location;
  EXPECT_EQ(networks("ws://127.0.0.1:8080", external("203.0.113.5")),
            (CandidateNetworks{false, false, false}));
  EXPECT_TRUE(networks("ws://127.0.0.1:8080", sent_from("127.0.0.1")).loopback);
  AccessSettings access;
  access.allow_origins = {"https://video.example.org"};
  EXPECT_EQ(networks("listen://127.0.0.1:8080", {}, access), others);
}

TEST(PeerNetworks, WhatTheUserSendsFromMayBeNamed) {
  EXPECT_TRUE(networks("listen://:8080", sent_from("127.0.0.1")).loopback);
  EXPECT_TRUE(networks("listen://:8080", sent_from("fe80::1")).link_local);
  EXPECT_TRUE(networks("listen://169.254.1.1:8080").link_local);
  EXPECT_FALSE(networks("listen://:8080", sent_from("10.0.0.1")).loopback);
}

TEST(PeerNetworks, ByHandNobodyIsAStranger) {
  for (const char* location : {"", "manual:", "MANUAL:"})
    EXPECT_EQ(networks(location, external("203.0.113.5")), (CandidateNetworks{true, false, true}));
}

TEST(PeerNetworks, TheUserHasTheLastWord) {
  for (const char* location : {"", "manual:", "listen://127.0.0.1:8080", "listen://203.0.113.5"}) {
    IceSettings ice = sent_from("127.0.0.1");
    ice.peer_networks = PeerNetworks::all;
    EXPECT_EQ(networks(location, ice), (CandidateNetworks{true, true, true}));
    ice.peer_networks = PeerNetworks::public_only;
    EXPECT_EQ(networks(location, ice), (CandidateNetworks{false, false, false}));
  }
}

}  // namespace
}  // namespace webcast
