#include "plugins/reception/tenure.hpp"

#include "plugins/peer/peer.hpp"

namespace webcast {
namespace {

// A program makes its offer in milliseconds; a WHIP client's request ends after as long.
constexpr std::chrono::milliseconds kDescriptionPatience{10'000};
// Sound comes every 20 to 60 ms, in silence every 400 ms, reports of the sender each second or so.
constexpr std::chrono::milliseconds kQuiet{2'000};

}  // namespace

std::optional<std::chrono::milliseconds> longest(Tenure tenure, bool by_hand) {
  switch (tenure) {
    case Tenure::no_offer:
    case Tenure::not_playing:
      if (by_hand) return kHandOver;
      return kDescriptionPatience;
    case Tenure::our_offer:
    case Tenure::connecting:
    case Tenure::connected:
      break;
  }
  return std::nullopt;
}

bool yields(Tenure tenure, std::chrono::milliseconds silence) {
  return tenure != Tenure::connected || silence >= kQuiet;
}

}  // namespace webcast
