#include "plugins/peer/negotiation.hpp"

#include <algorithm>
#include <utility>

namespace webcast {
namespace {

// A stretch of sending ends when nothing was sent for this long.
constexpr std::chrono::seconds kSendingGap{2};

}  // namespace

const char* Negotiation::state_name() const {
  switch (state_) {
    case State::idle:
      return "new";
    case State::connected:
      return "connected";
    case State::closed:
      return "closed";
    default:
      return "connecting";
  }
}

Error Negotiation::wrong_state(const char* what) const {
  return Error{ErrorCode::invalid_argument,
               std::string(what) + " does not fit: the session is " +
                   (state_ == State::idle        ? "not started yet"
                    : state_ == State::closed    ? "closed"
                    : state_ == State::connected ? "connected already"
                                                 : "in another phase of its negotiation") +
                   "."};
}

Result<void> Negotiation::start(Time now, bool viewer_offers) {
  if (state_ != State::idle) return wrong_state("A second start");
  state_ = viewer_offers ? State::answering : State::offering;
  viewer_offers_ = viewer_offers;
  started_ = waits_since_ = now;
  return {};
}

Result<void> Negotiation::described() {
  if (state_ == State::offering) {
    state_ = State::offered;
  } else if (state_ == State::answering) {
    state_ = State::connecting;
    remote_in_place_ = true;
  } else {
    return wrong_state("A description of ours");
  }
  described_ = true;
  return {};
}

Result<void> Negotiation::answer_arrived(Time now) {
  if (state_ != State::offered) return wrong_state("The viewer's answer");
  state_ = State::accepting;
  if (limits_.hand_over.count() > 0) waits_since_ = now;
  return {};
}

Result<void> Negotiation::answer_applied() {
  if (state_ != State::accepting) return wrong_state("The end of an answer");
  state_ = State::connecting;
  remote_in_place_ = true;
  return {};
}

Result<void> Negotiation::connected(Time now) {
  if (state_ != State::connecting) return wrong_state("A connection");
  state_ = State::connected;
  connected_ = last_heard_ = now;
  return {};
}

bool Negotiation::add_remote_candidate(const std::string& candidate) {
  if (state_ == State::closed || seen_remote_.size() >= limits_.remote_candidates ||
      !seen_remote_.insert(candidate).second)
    return false;
  if (remote_in_place_) return true;
  kept_remote_.push_back(candidate);
  return false;
}

std::vector<std::string> Negotiation::take_remote_candidates() {
  return std::exchange(kept_remote_, {});
}

bool Negotiation::add_local_candidate(const std::string& candidate) {
  if (state_ == State::closed) return false;
  if (!sent_local_.insert(candidate).second) return false;
  if (described_) return true;
  kept_local_.push_back(candidate);
  return false;
}

std::vector<std::string> Negotiation::take_local_candidates() {
  return std::exchange(kept_local_, {});
}

void Negotiation::sent(Time now) {
  if (now - last_sent_ > kSendingGap) sending_since_ = now;
  last_sent_ = now;
}

// The other side can do nothing before it has our description.
std::chrono::milliseconds Negotiation::connect_patience() const {
  bool carried = state_ == State::offered || (state_ == State::connecting && viewer_offers_);
  return carried ? std::max(limits_.connect_timeout, limits_.hand_over) : limits_.connect_timeout;
}

std::optional<Error> Negotiation::expired(Time now) const {
  if (state_ == State::closed || state_ == State::idle) return std::nullopt;
  if (state_ != State::connected) {
    if (now - waits_since_ < connect_patience()) return std::nullopt;
    if (state_ == State::offered)
      return Error{ErrorCode::timeout, "The viewer never answered the offer."};
    if (reached_)
      return Error{
          ErrorCode::timeout,
          "The viewer can be reached, but the handshake of its encrypted connection (DTLS) "
          "did not come to an end: it answers none, or not in time."};
    return Error{ErrorCode::timeout,
                 "No connection to the viewer came about. Is there a firewall or a NAT between? A "
                 "TURN server (turn-servers) helps."};
  }
  bool sending = now - last_sent_ <= kSendingGap && now - sending_since_ >= limits_.silence_timeout;
  auto timeout = sending ? limits_.silence_timeout : limits_.idle_timeout;
  if (now - last_heard_ < timeout) return std::nullopt;
  auto silence = std::chrono::duration_cast<std::chrono::seconds>(now - last_heard_);
  return Error{ErrorCode::timeout, "The viewer has not been heard of for " +
                                       std::to_string(silence.count()) + " s: it is gone."};
}

std::optional<std::chrono::milliseconds> Negotiation::setup_time() const {
  if (connected_ == Time{}) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(connected_ - started_);
}

}  // namespace webcast
