// ws://HOST:PORT[/PATH], wss://…: the stream is published through a relay, ours or GStreamer's, or
// (role consumer) taken from one of its producers.
#pragma once

#include "plugins/signalers/signaler.hpp"

namespace webcast {

Result<std::unique_ptr<Signaler>> make_relay_signaler(const std::string& location,
                                                      SignalerContext context);

}  // namespace webcast
