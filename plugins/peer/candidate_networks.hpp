// CandidateNetworks: where a session may look for the other side on its word. A candidate is an
// address that we then send to, so a stranger's may lead neither into this machine nor into the
// networks behind it. Who comes from there is found by its own checks all the same
// (peer-reflexive, RFC 8445 section 7.3.1.3). Pure.
#pragma once

#include "common/address_kind.hpp"

namespace webcast {

enum class PeerNetworks { automatic, all, public_only };  // the property peer-networks

struct CandidateNetworks {
  bool loopback = true, link_local = true, in_private_network = true;

  bool allows(AddressKind network) const {
    switch (network) {
      case AddressKind::nowhere:
        return false;
      case AddressKind::loopback:
        return loopback;
      case AddressKind::link_local:
        return link_local;
      case AddressKind::in_private_network:
        return in_private_network;
      case AddressKind::in_public_network:
        return true;
    }
    return false;
  }
  friend bool operator==(const CandidateNetworks&, const CandidateNetworks&) = default;
};

}  // namespace webcast
