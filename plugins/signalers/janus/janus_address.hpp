// janus://HOST[:PORT][/PATH]/ROOM[?pin=…&secret=…&token=…] and januss://…: where a room is, what
// opens it, and why it cannot be used. Pure.
#pragma once

#include <string>

#include "plugins/signalers/server_uri.hpp"
#include "signaling/protocol/janus_message.hpp"

namespace webcast {

struct JanusAddress {
  Ref<GUri> uri{};      // of the WebSocket
  std::string shown{};  // the location without its secrets
  JanusId room{};
  // Never logged. The room's; what Janus calls api_secret; of Janus' token_auth and of the room's
  // list of who is allowed.
  std::string pin{}, secret{}, token{};
};

Result<JanusAddress> parse_janus_address(const std::string& location);

// What to tell of an attempt to connect that failed; `status`: of the HTTP reply, or 0.
Error janus_unreachable(const JanusAddress& address, const GError* error, unsigned status);
// What to tell when Janus, or its VideoRoom, said no.
Error janus_refusal(const JanusAddress& address, const JanusFailure& failure);

}  // namespace webcast
