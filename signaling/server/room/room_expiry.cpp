// Room, the part about deadlines: of who was lost, and of sessions that one side never took up.
#include "signaling/server/room/room.hpp"

namespace webcast {

namespace {

constexpr const char* kNotAnswered =
    "The session was not taken up in time: one side never sent its description.";

}  // namespace

void Room::Session::is_described_by(const std::string& peer) {
  (peer == producer ? producer_described : consumer_described) = true;
  if (producer_described && consumer_described) answer_by.reset();
}

Outbox Room::expire(Time now) {
  Outbox out;
  std::vector<std::string> gone;
  for (const auto& [id, peer] : peers_) {
    if (peer.away && *peer.away <= now) gone.push_back(id);
  }
  for (const std::string& id : gone) {
    if (peers_.at(id).kind == PeerKind::federated) remote_peers_--;
    missed_.set(id, 0);
    peers_.erase(id);
    for (auto& [name, session] : sessions_)
      if (session.has(id)) session.ends = now;
  }
  std::erase_if(sessions_, [&](const auto& entry) {
    const Session& session = entry.second;
    if (!session.ends || *session.ends > now) return false;
    session_ended_ = true;
    for (const std::string& id : {session.producer, session.consumer}) {
      auto found = peers_.find(id);
      if (found == peers_.end()) continue;
      if (found->second.kind == PeerKind::client) tell_ended(id, entry.first, std::nullopt, out);
      if (found->second.kind == PeerKind::federated) out.push_back({id, EndSession{entry.first}});
    }
    return true;
  });
  std::erase_if(sessions_, [&](const auto& entry) {
    const Session& session = entry.second;
    if (!session.answer_by || *session.answer_by > now) return false;
    session_ended_ = true;
    for (const std::string& id : {session.producer, session.consumer})
      tell_ended(id, entry.first, kNotAnswered, out);
    return true;
  });
  route(out);
  return out;
}

std::optional<Room::Time> Room::next_expiry() const {
  std::optional<Time> next;
  auto consider = [&](const std::optional<Time>& time) {
    if (time && (!next || *time < *next)) next = time;
  };
  for (const auto& [id, peer] : peers_)
    consider(peer.away);
  for (const auto& [name, session] : sessions_) {
    consider(session.ends);
    consider(session.answer_by);
  }
  return next;
}

}  // namespace webcast
