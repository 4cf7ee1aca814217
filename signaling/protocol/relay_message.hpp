// What the relays of a federation say to each other (docs/protocol.md, "Between relays"). Plain
// values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "signaling/protocol/message.hpp"

namespace webcast {

// A publisher, or who takes what is brought, at another relay. Without a role: it has none any more.
struct RemotePeer {
  std::string peer{};
  Roles roles{};  // never listener: that concerns its own relay alone
  std::string meta = "null";
  int64_t since_ms = 0;  // from 1970 on, when it took its stream's name
  friend bool operator==(const RemotePeer&, const RemotePeer&) = default;
};

// All that a relay has follows: RelayPeers, any number of them, up to RelayComplete.
struct RelayHello {
  bool asks = false;  // it wants to know of the others in turn
  friend bool operator==(const RelayHello&, const RelayHello&) = default;
};
struct RelayPeers {
  std::vector<RemotePeer> peers{};
  friend bool operator==(const RelayPeers&, const RelayPeers&) = default;
};
struct RelayComplete {
  friend bool operator==(const RelayComplete&, const RelayComplete&) = default;
};
// To one relay: it shall say hello.
struct RelayAsk {
  friend bool operator==(const RelayAsk&, const RelayAsk&) = default;
};
// Every few seconds. `viewers`: of its producers that have some.
struct RelayAlive {
  std::map<std::string, size_t> viewers{};
  friend bool operator==(const RelayAlive&, const RelayAlive&) = default;
};
// For a peer of the relay that gets it, about a session with a peer of the one that sends it.
// StartSession and SessionStarted name that peer; EndSession: the grace of a lost peer is over;
// EndSessionV1_1: the session was ended.
struct RelayForward {
  std::string peer{};
  Message message{};
  friend bool operator==(const RelayForward&, const RelayForward&) = default;
};
struct RelayBye {
  friend bool operator==(const RelayBye&, const RelayBye&) = default;
};

struct RelayMessage {
  std::string relay{};  // who says it
  std::variant<RelayHello, RelayPeers, RelayComplete, RelayAsk, RelayAlive, RelayForward, RelayBye>
      what{};
  friend bool operator==(const RelayMessage&, const RelayMessage&) = default;
};

}  // namespace webcast
