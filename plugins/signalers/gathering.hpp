// Gathering: a description that waits for its candidates, where they shall stand in it: a WHIP
// server's offer, and whatever is carried by hand.
//
// One for each session of a signaler; control thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "common/control_thread.hpp"

namespace webcast {

// webrtcbin never says that there are no more candidates: it is over when none came for `quiet`,
// or after `longest`. Zero: what is in the description is all there is.
struct GatherPatience {
  std::chrono::milliseconds quiet{0}, longest{0};
};

class Gathering {
 public:
  // `done` comes once, with the whole description; also from within describe().
  using Done = std::function<void(const std::string& sdp)>;
  Gathering(ControlThread& control, Done done) : control_(control), done_(std::move(done)) {}

  // Host candidates stand in it already; those of ICE servers follow.
  void describe(const std::string& sdp, GatherPatience patience);
  // False: the description is gone, this one did not go with it.
  bool add(const std::string& candidate);

  // As it was made; empty before.
  const std::string& description() const { return sdp_; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  void wait();
  void finish();

  ControlThread& control_;
  Done done_;
  std::string sdp_{};
  std::vector<std::string> candidates_{};
  GatherPatience patience_{};
  Time described_at_{};
  bool gone_ = false;
  Timer timer_{};
};

}  // namespace webcast
