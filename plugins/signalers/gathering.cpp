#include "plugins/signalers/gathering.hpp"

#include <algorithm>
#include <utility>

#include "signaling/protocol/sdp_text.hpp"

namespace webcast {

void Gathering::describe(const std::string& sdp, GatherPatience patience) {
  if (!sdp_.empty()) return;
  sdp_ = sdp;
  patience_ = patience;
  described_at_ = std::chrono::steady_clock::now();
  wait();
}

bool Gathering::add(const std::string& candidate) {
  if (gone_) return false;
  candidates_.push_back(candidate);
  if (!sdp_.empty()) wait();
  return true;
}

void Gathering::wait() {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      described_at_ + patience_.longest - std::chrono::steady_clock::now());
  if (left.count() <= 0) return finish();
  timer_ = control_.after(std::min(left, patience_.quiet), [this] { finish(); });
}

void Gathering::finish() {
  timer_.cancel();
  gone_ = true;
  // It may end this object.
  auto done = std::exchange(done_, nullptr);
  done(add_candidates(sdp_, std::exchange(candidates_, {})));
}

}  // namespace webcast
