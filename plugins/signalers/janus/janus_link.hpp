// JanusLink: a session with a Janus server, by WebSocket, that comes back by itself until it is
// closed.
//
// After its connection broke it claims the same session, which Janus keeps for a while when its
// reclaim_session_timeout is set; its media flows on then. Otherwise the session is a new one.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/result.hpp"
#include "plugins/signalers/janus/janus_address.hpp"
#include "plugins/signalers/outgoing.hpp"
#include "signaling/protocol/janus_message.hpp"

namespace webcast {

struct JanusLinkEvents {  // on the link's thread, which they must not block; none after close()
  // `resumed`: the session is the one that was before, with its handles.
  std::function<void(bool resumed)> connected;
  std::function<void(const JanusReply&)> reply;
  // "connecting" at the start, "reconnecting" when the connection broke.
  std::function<void(const std::string& state)> state;
  // Why attempts fail, told when the reason changes.
  std::function<void(const Error&)> trouble;
};

class JanusLink {
 public:
  static std::unique_ptr<JanusLink> open(const JanusAddress& address, OutgoingHttp outgoing,
                                         JanusLinkEvents events);
  virtual ~JanusLink() = default;

  // Any thread; the session and the secrets are filled in. Between connections it waits (bounded),
  // and goes out if the session is claimed.
  virtual void send(JanusRequest request) = 0;
  // Ends the session; bounded. Not on the link's thread. Idempotent.
  virtual void close() = 0;
};

}  // namespace webcast
