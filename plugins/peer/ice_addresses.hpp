// The addresses of this machine that ICE gathers on. Private to peer/.
#pragma once

#include <string>
#include <vector>

#include "plugins/peer/peer.hpp"

namespace webcast {

std::vector<std::string> addresses_to_gather(const IceSettings& ice);

}  // namespace webcast
