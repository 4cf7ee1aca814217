// listen://HOST:PORT: viewers and publishers come to a server in this process, which several sinks
// and sources may share.
#pragma once

#include "plugins/signalers/signaler.hpp"

namespace webcast {

// `address`: what stands behind "listen://".
Result<std::unique_ptr<Signaler>> make_listen_signaler(const std::string& location,
                                                       const std::string& address,
                                                       SignalerContext context);

}  // namespace webcast
