// What the property peer-networks comes to for who comes by one location. Pure.
#pragma once

#include <string>

#include "plugins/peer/peer.hpp"
#include "plugins/signalers/signaler.hpp"

namespace webcast {

// `location`: empty, where the application brought a signaler of its own.
CandidateNetworks candidate_networks(const IceSettings& ice, const AccessSettings& access,
                                     const std::string& location);

}  // namespace webcast
