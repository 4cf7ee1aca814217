// Negotiation: where a session stands, what may come next, and when it has taken too long.
//
// Pure: no clock, no I/O, the time is an argument. The peer that owns it does what it says, on
// the control thread.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/result.hpp"

namespace webcast {

struct NegotiationLimits {
  std::chrono::milliseconds connect_timeout{20'000};
  // For how long a description of ours may be on its way, when people carry it; 0: they do not.
  std::chrono::milliseconds hand_over{0};
  std::chrono::milliseconds silence_timeout{10'000};  // while something is sent
  std::chrono::milliseconds idle_timeout{25'000};     // while nothing is (a paused stream)
  size_t remote_candidates = 64;                      // a session; more are dropped
};

class Negotiation {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class State {
    idle,
    offering,    // our offer is being made
    offered,     // the viewer has it
    accepting,   // its answer is being applied
    answering,   // the viewer's offer is being applied, our answer made
    connecting,  // both descriptions are in place
    connected,
    closed
  };

  explicit Negotiation(NegotiationLimits limits = {}) : limits_(limits) {}

  State state() const { return state_; }
  const char* state_name() const;  // new, connecting, connected, closed

  Result<void> start(Time now, bool viewer_offers);
  // Our description was made: it may be sent. Local candidates found before belong into it.
  Result<void> described();
  // The viewer's answer came.
  Result<void> answer_arrived(Time now);
  Result<void> answer_applied();
  // A path to the viewer was found; nothing is encrypted yet.
  void reached() { reached_ = true; }
  Result<void> connected(Time now);
  void close() { state_ = State::closed; }

  // A candidate of the viewer's that is usable: true when it may be applied at once, false when
  // it is kept for take_remote_candidates() or dropped (a duplicate, too many, closed).
  bool add_remote_candidate(const std::string& candidate);
  // Those kept, once the viewer's description is in place.
  std::vector<std::string> take_remote_candidates();

  // True when a candidate of ours may be sent: the description is, and did not hold it already.
  bool add_local_candidate(const std::string& candidate);
  // Those that came before the description; they count as sent.
  std::vector<std::string> take_local_candidates();

  // The viewer was heard (RTCP); something was sent to it.
  void heard(Time now) { last_heard_ = now; }
  void sent(Time now);
  // The reason to give up, if there is one by now.
  std::optional<Error> expired(Time now) const;
  // Start to connected; nothing before.
  std::optional<std::chrono::milliseconds> setup_time() const;

 private:
  Error wrong_state(const char* what) const;
  std::chrono::milliseconds connect_patience() const;

  const NegotiationLimits limits_;
  State state_ = State::idle;
  Time started_{}, waits_since_{}, connected_{};
  std::set<std::string> seen_remote_, sent_local_;
  std::vector<std::string> kept_remote_, kept_local_;
  bool viewer_offers_ = false, remote_in_place_ = false, described_ = false, reached_ = false;
  // Silence counts from the start of sending on. A viewer of a paused stream goes on reporting, at
  // RTCP's own slow pace (RFC 3550 6.2: about every five seconds).
  Time last_heard_{}, last_sent_{}, sending_since_{};
};

}  // namespace webcast
