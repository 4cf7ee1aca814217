// ICE candidates as text (RFC 8839 section 5.1): which of a viewer's may reach libnice, and the
// additional one that a 1:1 NAT needs. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/address_kind.hpp"

namespace webcast {

struct Candidate {
  std::string foundation{};
  unsigned component = 1;
  std::string transport{};  // lower case: "udp", "tcp"
  uint32_t priority = 0;
  std::string address{};  // an IP address, or a name ("….local")
  unsigned port = 0;
  std::string type{};  // "host", "srflx", "prflx", "relay"
};

// "candidate:…", with or without "a=" before it. Nothing when it is malformed or too long.
std::optional<Candidate> parse_candidate(std::string_view text);

struct RemoteCandidate {
  std::string text{};
  AddressKind network = AddressKind::nowhere;  // never that: no host is there
};
// The viewer's candidate as libnice may see it: UDP to a literal address and port, component 1.
// Names are left out: nobody looks one up on a stranger's word, mDNS ones would hold the ICE thread
// for seconds, and the viewer's own checks tell us its address anyway (peer-reflexive).
std::optional<RemoteCandidate> usable_remote_candidate(std::string_view text);

// For a host candidate of ours behind a 1:1 NAT: the same port at `external_address`, as a
// server-reflexive candidate. Nothing when the kind or the address family does not fit.
std::optional<std::string> external_candidate(std::string_view text,
                                              const std::string& external_address);

}  // namespace webcast
