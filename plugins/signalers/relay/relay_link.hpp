// RelayLink: a WebSocket to a relay that comes back by itself, until it is closed.
//
// Says nothing but setProtocolVersion of its own, and that to our relay only. Ours gives a secret
// at the handshake, by which the link is the same peer again after its connection broke
// (docs/protocol.md, "Coming back"); at other relays it becomes a new one. Its owner keeps it; it
// has a thread of its own, so that goodbyes leave while the owner waits in close().
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/result.hpp"
#include "plugins/signalers/outgoing.hpp"
#include "plugins/signalers/relay/relay_address.hpp"
#include "signaling/protocol/message.hpp"

namespace webcast {

struct RelayLinkEvents {  // on the link's thread, which they must not block; none after close()
  // Welcome; whoever this is must say what it is, whether it was here before or not. `ours`: it is
  // a relay of this project, which takes more than GStreamer's.
  std::function<void(bool ours)> connected;
  std::function<void(const Message&)> message;
  // "connecting" at the start, "reconnecting" when the connection broke.
  std::function<void(const std::string& state)> state;
  // Why attempts fail, told when the reason changes.
  std::function<void(const Error&)> trouble;
};

class RelayLink {
 public:
  // That nobody is there is no error. `outgoing`: with the token that is shown.
  static std::unique_ptr<RelayLink> open(const RelayAddress& address, OutgoingHttp outgoing,
                                         RelayLinkEvents events);
  virtual ~RelayLink() = default;

  // Any thread. Between connections it waits (bounded), and goes out if the relay still knows us.
  virtual void send(const Message& message) = 0;
  // Any thread. What handshakes show from the next one on.
  virtual void set_bearer(const std::string& token) = 0;
  // What was sent leaves, then a goodbye; bounded. Not on the link's thread. Idempotent.
  virtual void close() = 0;
};

}  // namespace webcast
