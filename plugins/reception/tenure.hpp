// Tenure: how firmly a publisher holds the place at a webcastsrc, which has room for one.
//
// Every place that is not connected ends by a deadline, and yields to whoever comes meanwhile.
// Pure; any thread.
#pragma once

#include <chrono>
#include <optional>

namespace webcast {

enum class Tenure {
  no_offer,     // its session began, its offer did not come yet
  not_playing,  // its offer waits for PLAYING
  our_offer,    // ours waits for PLAYING: the other side has nothing to do
  connecting,   // the receiver has a deadline of its own (NegotiationLimits)
  connected     // that too: for its silence
};

// How long it lasts, from its begin on; none: somebody else sees to that, or nothing is reserved
// that anybody else could want longer. `by_hand`: people carry the descriptions.
std::optional<std::chrono::milliseconds> longest(Tenure tenure, bool by_hand);

// Whether the place is the newcomer's. `silence`: since the last packet of who is connected.
bool yields(Tenure tenure, std::chrono::milliseconds silence);

}  // namespace webcast
