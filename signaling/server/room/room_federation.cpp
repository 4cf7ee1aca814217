// Room, the part about a federation: other relays' peers stand among its own, and take what is for
// them along another way. What they may do was decided at their relay.
#include <algorithm>
#include <set>

#include "signaling/protocol/stream_meta.hpp"
#include "signaling/server/room/room.hpp"

namespace webcast {

namespace {

// Of all other relays together.
constexpr size_t kMostRemotePeers = 200'000;
constexpr size_t kMostRemoteMetaBytes = 64 * 1024 * 1024;
constexpr size_t kMostSessions = 400'000;

}  // namespace

RemotePeer Room::peer_for_federation(const std::string& id) const {
  RemotePeer known{.peer = id};
  auto found = peers_.find(id);
  if (found == peers_.end() || !found->second.relay.empty()) return known;
  const Peer& peer = found->second;
  known.roles = {.producer = peer.roles.producer, .consumer = peer.roles.consumer};
  if (!concerns_others(known.roles)) return known;
  known.meta = peer.meta;
  auto since = std::chrono::floor<std::chrono::milliseconds>(peer.since.time_since_epoch());
  known.since_ms = (since + settings_.epoch).count();
  return known;
}

std::vector<RemotePeer> Room::peers_for_federation() const {
  std::vector<RemotePeer> result;
  for (const auto& [id, peer] : peers_)
    if (peer.relay.empty() && concerns_others(peer.roles))
      result.push_back(peer_for_federation(id));
  return result;
}

std::map<std::string, size_t> Room::viewers_here() const {
  std::map<std::string, size_t> viewers;
  for (const auto& [name, session] : sessions_) {
    auto producer = peers_.find(session.producer);
    if (!session.ends && producer != peers_.end() && producer->second.relay.empty())
      viewers[session.producer]++;
  }
  return viewers;
}

std::vector<std::string> Room::peers_of(const std::string& relay) const {
  std::vector<std::string> result;
  for (const auto& [id, peer] : peers_)
    if (peer.relay == relay) result.push_back(id);
  return result;
}

void Room::return_of(const std::string& id, Peer& peer, Outbox& out) {
  peer.away.reset();
  peer.missed_bytes = 0;
  peer.missed_too_much = false;
  missed_.set(id, 0);
  for (Message& message : std::exchange(peer.missed, {}))
    out.push_back({id, std::move(message)});
}

Outbox Room::begin_sync(const std::string& relay) {
  Outbox out;
  for (const std::string& id : peers_of(relay)) {
    Peer& peer = peers_.at(id);
    peer.in_sync = false;
    return_of(id, peer, out);
  }
  route(out);
  return out;
}

Outbox Room::end_sync(const std::string& relay, Time now) {
  Outbox out;
  for (const std::string& id : peers_of(relay)) {
    Peer& peer = peers_.at(id);
    if (!peer.in_sync) drop_roles(id, peer, now, out);
  }
  session_ended_ = true;
  route(out);
  return out;
}

// Of a remote peer. It begins and ends with "null", which counts nothing.
void Room::set_meta(Peer& peer, const std::string& meta) {
  auto counted = [](const std::string& text) { return text == "null" ? 0 : text.size(); };
  remote_meta_bytes_ = remote_meta_bytes_ - counted(peer.meta) + counted(meta);
  peer.meta = meta;
}

void Room::drop_roles(const std::string& id, Peer& peer, Time now, Outbox& out) {
  Standing before = standing_of(peer);
  peer.roles = Roles{};
  peer.stream.clear();
  peer.takes.clear();
  set_meta(peer, "null");
  peer.viewers = 0;
  announce(id, before, now, out);
}

Outbox Room::on_remote_peer(const std::string& relay, const RemotePeer& said, Time now) {
  Outbox out;
  // Only another relay of the kind says more than it may: it is not believed.
  bool has_role =
      concerns_others(said.roles) && remote_meta_bytes_ + said.meta.size() <= kMostRemoteMetaBytes;
  auto found = peers_.find(said.peer);
  if (found == peers_.end()) {
    if (!has_role || remote_peers_ >= kMostRemotePeers) return out;
    found = peers_.emplace(said.peer, Peer{.kind = PeerKind::federated, .relay = relay}).first;
    remote_peers_++;
  } else if (found->second.relay != relay) {
    return out;
  }
  Peer& peer = found->second;
  peer.v1_1 = true;
  peer.in_sync = true;
  return_of(said.peer, peer, out);
  if (has_role) {
    take_roles(said.peer, peer, said, now, out);
    settle(said.peer, out, now);
  } else {
    drop_roles(said.peer, peer, now, out);
    session_ended_ = true;  // or there was none
  }
  route(out);
  return out;
}

void Room::take_roles(const std::string& id, Peer& peer, const RemotePeer& said, Time now,
                      Outbox& out) {
  std::string name = read_stream_meta(said.meta).name;
  Standing before = standing_of(peer);
  peer.roles = said.roles;
  set_meta(peer, said.meta);
  peer.stream = said.roles.producer ? name : "";
  peer.takes = said.roles.consumer ? name : "";
  peer.since = Time(std::chrono::milliseconds(said.since_ms) - settings_.epoch);
  announce(id, before, now, out);
}

// Two peers came by one name while their relays knew nothing of each other. Both relays have the
// same to compare, so both find the same one to be the older.
void Room::settle(const std::string& remote, Outbox& out, Time now) {
  Peer& there = peers_.at(remote);
  for (auto& [id, here] : peers_) {
    if (!here.relay.empty()) continue;
    bool same = (!there.stream.empty() && here.stream == there.stream) ||
                (!there.takes.empty() && here.takes == there.takes);
    if (!same) continue;
    auto since = std::chrono::floor<std::chrono::milliseconds>(here.since);
    if (std::pair(since, id) <
        std::pair(std::chrono::floor<std::chrono::milliseconds>(there.since), remote)) {
      drop_roles(remote, there, now, out);
    } else {
      auto why = here.stream.empty() ? check_taker(id, here, here.takes)
                                     : check_producer(id, here, here.stream);
      if (!why) refuse(id, why.error().sentence, out);
      on(id, here, SetPeerStatus{{.listener = here.roles.listener}}, now, out);
    }
    return;
  }
}

void Room::on_remote_viewers(const std::string& relay,
                             const std::map<std::string, size_t>& viewers) {
  for (const std::string& id : peers_of(relay)) {
    auto found = viewers.find(id);
    peers_.at(id).viewers = found == viewers.end() ? 0 : found->second;
  }
}

Outbox Room::on_remote_message(const std::string& relay, const std::string& id,
                               const Message& message) {
  Outbox out;
  auto of_this_relay = [&](const std::string& session) {
    auto found = sessions_.find(session);
    if (found == sessions_.end() || !found->second.has(id)) return sessions_.end();
    auto other = peers_.find(found->second.other(id));
    return other != peers_.end() && other->second.relay == relay ? found : sessions_.end();
  };
  if (auto* start = std::get_if<StartSession>(&message)) {
    on_remote_start(relay, id, start->peer, start->session, message, out);
  } else if (auto* started = std::get_if<SessionStarted>(&message)) {
    on_remote_start(relay, id, started->peer, started->session, message, out);
  } else if (auto* sdp = std::get_if<SessionSdp>(&message)) {
    if (auto found = of_this_relay(sdp->session); found != sessions_.end()) {
      found->second.is_described_by(found->second.other(id));
      out.push_back({id, message});
    }
  } else if (auto* ice = std::get_if<SessionIce>(&message)) {
    if (of_this_relay(ice->session) != sessions_.end()) out.push_back({id, message});
  } else if (auto* ended = std::get_if<EndSessionV1_1>(&message)) {
    if (auto found = of_this_relay(ended->session); found != sessions_.end()) {
      tell_ended(id, ended->session, ended->error, out);
      sessions_.erase(found);
      session_ended_ = true;
    }
  } else if (auto* lapsed = std::get_if<EndSession>(&message)) {
    if (auto found = of_this_relay(lapsed->session); found != sessions_.end()) {
      if (peers_.at(id).kind == PeerKind::client)
        tell_ended(id, lapsed->session, std::nullopt, out);
      sessions_.erase(found);
      session_ended_ = true;
    }
  }
  route(out);
  return out;
}

// A session that was asked for at another relay; `from`: who is there.
void Room::on_remote_start(const std::string& relay, const std::string& id, const std::string& from,
                           const std::string& session, const Message& message, Outbox& out) {
  bool to_producer = std::holds_alternative<StartSession>(message);
  auto guest = peers_.find(from);
  if (sessions_.size() >= kMostSessions || sessions_.contains(session) ||
      (guest != peers_.end() && guest->second.relay != relay))
    return;
  auto target = peers_.find(id);
  bool is_here = target != peers_.end() && target->second.relay.empty() &&
                 (to_producer ? target->second.roles.producer : target->second.roles.consumer);
  if (!is_here || remote_peers_ >= kMostRemotePeers) {
    out.push_back({from, EndSessionV1_1{session, "There is no such peer to start a session with."},
                   relay});
    return;
  }
  if (guest == peers_.end()) {
    peers_[from] = {.kind = PeerKind::federated, .v1_1 = true, .relay = relay};
    remote_peers_++;
  }
  sessions_[session] = to_producer ? Session{id, from, from, {}} : Session{from, id, from, {}};
  out.push_back({id, message});
}

Outbox Room::lose_relay(const std::string& relay, Time now) {
  Outbox out;
  for (const std::string& id : peers_of(relay)) {
    Peer& peer = peers_.at(id);
    drop_roles(id, peer, now, out);
    if (!peer.away) peer.away = now + settings_.grace;
  }
  session_ended_ = true;  // those without one have nothing to wait for
  route(out);
  return out;
}

Outbox Room::undelivered(const std::string& relay, Outgoing outgoing, Time now) {
  Outbox out = lose_relay(relay, now);
  if (has(outgoing.peer)) out.push_back(std::move(outgoing));
  route(out);
  return out;
}

void Room::forget_guests() {
  std::set<std::string> in_session;
  for (const auto& [name, session] : sessions_) {
    in_session.insert(session.producer);
    in_session.insert(session.consumer);
  }
  std::erase_if(peers_, [&](const auto& entry) {
    const auto& [id, peer] = entry;
    bool is_guest = !peer.relay.empty() && !concerns_others(peer.roles);
    if (!is_guest || in_session.contains(id) || !peer.missed.empty()) return false;
    remote_peers_--;
    return true;
  });
}

}  // namespace webcast
