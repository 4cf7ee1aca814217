// janus://HOST:PORT/ROOM, januss://…: publishes into a VideoRoom of a Janus server, or (role
// consumer) takes the feed of one whose display is the stream's name.
#pragma once

#include "plugins/signalers/signaler.hpp"

namespace webcast {

Result<std::unique_ptr<Signaler>> make_janus_signaler(const std::string& location,
                                                      SignalerContext context);

}  // namespace webcast
