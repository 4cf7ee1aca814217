#include "signaling/server/room/room.hpp"

#include <algorithm>
#include <utility>

#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/stream_meta.hpp"

namespace webcast {

namespace {

constexpr size_t kMaxMissed = 256;

constexpr const char* kOtherStream = "The token is for another stream.";

Error refused(std::string sentence) {
  return {ErrorCode::refused, std::move(sentence)};
}

}  // namespace

Room::Room(NewId new_id, RoomSettings settings)
    : new_id_(std::move(new_id)), settings_(settings), missed_(settings.missed_bytes) {}

std::string Room::connect(PeerKind kind, Outbox& out, PeerRights rights, Visitor visitor) {
  std::string id = new_id_();
  Peer& peer = peers_[id];
  peer.kind = kind;
  peer.rights = std::move(rights);
  peer.visitor = std::move(visitor);
  out.push_back({id, Welcome{id}});
  return id;
}

Outbox Room::receive(const std::string& id, const Message& message, Time now) {
  Outbox out;
  auto found = peers_.find(id);
  if (found == peers_.end()) return out;
  Peer& peer = found->second;
  bool first = !std::exchange(peer.spoke, true);

  if (auto* version = std::get_if<SetProtocolVersion>(&message)) {
    on(id, peer, *version, first, out);
  } else if (auto* status = std::get_if<SetPeerStatus>(&message)) {
    on(id, peer, *status, now, out);
  } else if (std::holds_alternative<ListRequest>(message)) {
    out.push_back({id, List{entries(&Roles::producer, id)}});
  } else if (std::holds_alternative<ListConsumersRequest>(message)) {
    peer.asked_for_consumers = true;
    out.push_back({id, ListConsumers{entries(&Roles::consumer, id)}});
  } else if (auto* request = std::get_if<StartSessionRequest>(&message)) {
    on(id, *request, now, out);
  } else if (auto* sdp = std::get_if<SessionSdp>(&message)) {
    on(id, *sdp, out);
  } else if (auto* ice = std::get_if<SessionIce>(&message)) {
    forward(id, ice->session, message, out);
  } else if (auto* plain = std::get_if<EndSession>(&message)) {
    end(id, plain->session, std::nullopt, out);
  } else if (auto* told = std::get_if<EndSessionV1_1>(&message)) {
    end(id, told->session, told->error, out);
  } else {
    refuse(id, "This message is for the server to send.", out);
  }
  route(out);
  return out;
}

void Room::on(const std::string& id, Peer& peer, const SetProtocolVersion& message, bool first,
              Outbox& out) {
  if (!first) {
    refuse(id, "setProtocolVersion must be the first message.", out);
  } else if (message.version == "v1_1") {
    peer.v1_1 = true;
  } else if (message.version != "v1_0") {
    refuse(id, "This server speaks v1_0 and v1_1.", out);
  }
}

Result<void> Room::check(const std::string& id, const Peer& peer, const SetPeerStatus& message,
                         const std::string& name) const {
  if (message.peer && !message.peer->empty() && *message.peer != id)
    return refused("A peer sets its own status only.");
  if (message.roles.producer && message.roles.consumer)
    return refused("A peer is a producer or a consumer, not both.");
  // By its id alone anybody may be a consumer; by a name comes what was not meant for it.
  if (message.roles.consumer && !name.empty()) return check_taker(id, peer, name);
  if (concerns_others(message.roles) && !peer.rights.permit(name)) return refused(kOtherStream);
  return message.roles.producer ? check_producer(id, peer, name) : Result<void>();
}

Result<void> Room::check_producer(const std::string& id, const Peer& peer,
                                  const std::string& stream) const {
  if (peer.kind != PeerKind::local && !settings_.clients_may_publish)
    return refused("This server takes no producers from the network.");
  if (!peer.rights.may_publish) return refused("To publish here takes the publish token.");
  for (const auto& [other, known] : peers_) {
    if (other != id && !stream.empty() && known.stream == stream)
      return refused("A stream named \"" + stream +
                     "\" is published here already: stop that one, or choose another name.");
  }
  return {};
}

Result<void> Room::check_taker(const std::string& id, const Peer& peer,
                               const std::string& stream) const {
  auto no = [](const std::string& why) { return refused(kNotTaker + (": " + why)); };
  if (peer.kind != PeerKind::local && !settings_.clients_may_publish)
    return no("this server takes no consumers from the network.");
  if (!peer.rights.only_stream.empty() && peer.rights.only_stream != stream)
    return no("the token is for another stream.");
  if (!peer.rights.may_publish) return no("to get it takes the publish token.");
  for (const auto& [other, known] : peers_) {
    if (other != id && known.takes == stream)
      return no("somebody gets \"" + stream + "\" already. Stop that one, or choose another name.");
  }
  return {};
}

void Room::on(const std::string& id, Peer& peer, const SetPeerStatus& message, Time now,
              Outbox& out) {
  std::string name = concerns_others(message.roles) ? read_stream_meta(message.meta).name : "";
  if (auto checked = check(id, peer, message, name); !checked)
    return refuse(id, checked.error().sentence, out);
  if (message.roles == peer.roles && message.meta == peer.meta) return;

  bool was_producer = peer.roles.producer && !message.roles.producer;
  bool was_consumer = peer.roles.consumer && !message.roles.consumer;
  Standing before = standing_of(peer);
  // As exact as the other relays are told.
  if (name != peer.stream + peer.takes)
    peer.since = std::chrono::floor<std::chrono::milliseconds>(now);
  peer.takes = message.roles.consumer ? name : "";
  peer.stream = message.roles.producer ? name : "";
  peer.roles = message.roles;
  peer.meta = message.meta;
  // A viewer needs no role to ask for a session: only those of a dropped role end.
  std::erase_if(sessions_, [&](const auto& entry) {
    const Session& session = entry.second;
    bool ends =
        (was_producer && session.producer == id) || (was_consumer && session.consumer == id);
    if (!ends) return false;
    session_ended_ = true;
    tell_ended(session.other(id), entry.first, std::nullopt, out);
    // Behind a startSession that this peer did not see yet, it must learn the end too.
    if (peer.kind == PeerKind::local) tell_ended(id, entry.first, std::nullopt, out);
    return true;
  });
  // Its own echo tells a listener that it is one now: that never waits.
  if (peer.roles.listener) out.push_back({id, PeerStatusChanged{id, peer.roles, peer.meta}});
  announce(id, before, now, out);
}

void Room::on(const std::string& id, const StartSessionRequest& message, Time now, Outbox& out) {
  auto target = peers_.find(message.peer);
  if (target == peers_.end() || message.peer == id)
    return refuse(id, "There is no such peer to start a session with.", out);
  const Roles& roles = target->second.roles;
  if (!roles.producer && !roles.consumer)
    return refuse(id, "That peer is neither a producer nor a consumer.", out);
  const PeerRights& rights = peers_.at(id).rights;
  if (!rights.permit(standing_of(target->second).name)) return refuse(id, kOtherStream, out);
  if (roles.consumer && !rights.may_publish)
    return refuse(id, "To publish here takes the publish token.", out);
  auto asked = std::count_if(sessions_.begin(), sessions_.end(),
                             [&](const auto& entry) { return entry.second.requester == id; });
  if (static_cast<size_t>(asked) >= settings_.sessions_per_peer)
    return refuse(id, "This peer has as many sessions as one may have.", out);

  Session session{message.peer, id, id, {}};
  if (!roles.producer) std::swap(session.producer, session.consumer);
  std::string name = new_id_();
  SessionStarted started{session.producer, name};
  StartSession start{session.consumer, name};
  // An offer that the producer itself would make comes later, as every offer of a producer.
  if (roles.producer) start.offer = message.offer;
  session.answer_by = now + settings_.answer_patience;
  session.consumer_described = start.offer.has_value();
  if (target->second.kind == PeerKind::local)
    (roles.producer ? start.visitor : started.visitor) = peers_.at(id).visitor;
  out.push_back({session.consumer, std::move(started)});
  out.push_back({session.producer, std::move(start)});
  sessions_[name] = std::move(session);
}

void Room::on(const std::string& id, const SessionSdp& message, Outbox& out) {
  auto found = sessions_.find(message.session);
  if (found != sessions_.end() && found->second.consumer == id && message.is_offer)
    return refuse(id, "A consumer makes its offer when it starts the session, not later.", out);
  if (found != sessions_.end() && found->second.has(id)) found->second.is_described_by(id);
  forward(id, message.session, message, out);
}

void Room::forward(const std::string& id, const std::string& session, const Message& message,
                   Outbox& out) {
  auto found = sessions_.find(session);
  if (found == sessions_.end() || !found->second.has(id)) return;
  const std::string& other = found->second.other(id);
  if (peers_.contains(other)) out.push_back({other, message});
}

void Room::end(const std::string& id, const std::string& session, std::optional<std::string> error,
               Outbox& out) {
  auto found = sessions_.find(session);
  if (found == sessions_.end() || !found->second.has(id)) return;
  tell_ended(found->second.other(id), session, std::move(error), out);
  sessions_.erase(found);
  session_ended_ = true;
}

Outbox Room::disconnect(const std::string& id, Departure departure, Time now) {
  Outbox out;
  auto found = peers_.find(id);
  if (found == peers_.end()) return out;
  Peer& peer = found->second;
  Standing before = standing_of(peer);
  peer.roles = Roles{};
  if (departure == Departure::lost && peer.kind == PeerKind::resuming) {
    peer.stream.clear();
    peer.takes.clear();
    peer.away = now + settings_.grace;
  } else {
    leave(id, departure, now, out);
  }
  announce(id, before, now, out);
  route(out);
  return out;
}

void Room::leave(const std::string& id, Departure departure, Time now, Outbox& out) {
  peers_.erase(id);
  for (auto entry = sessions_.begin(); entry != sessions_.end();) {
    auto& [name, session] = *entry;
    if (!session.has(id)) {
      ++entry;
    } else if (departure == Departure::lost && peers_.contains(session.other(id))) {
      session.ends = now + settings_.grace;
      ++entry;
    } else {
      std::optional<std::string> why;
      if (departure == Departure::dismissed) why = kOthersTokenRevoked;
      tell_ended(session.other(id), name, std::move(why), out);
      entry = sessions_.erase(entry);
      session_ended_ = true;
    }
  }
}

bool Room::publishes(const std::string& id) const {
  auto found = peers_.find(id);
  if (found == peers_.end()) return false;
  return found->second.roles.producer || !found->second.takes.empty() ||
         std::any_of(sessions_.begin(), sessions_.end(),
                     [&](const auto& entry) { return entry.second.producer == id; });
}

void Room::forbid_publishing(const std::string& id) {
  if (auto found = peers_.find(id); found != peers_.end()) found->second.rights.may_publish = false;
}

bool Room::may_resume(const std::string& id, const PeerRights& rights) const {
  auto found = peers_.find(id);
  return found != peers_.end() && !found->second.missed_too_much &&
         rights.cover(found->second.rights);
}

Outbox Room::resume(const std::string& id, PeerRights rights, Visitor visitor) {
  Outbox out;
  auto found = peers_.find(id);
  if (found == peers_.end()) return out;
  Peer& peer = found->second;
  peer.rights = std::move(rights);
  peer.visitor = std::move(visitor);
  peer.spoke = false;
  out.push_back({id, Welcome{id}});
  return_of(id, peer, out);
  return out;
}

bool Room::is_producer(const std::string& id) const {
  auto found = peers_.find(id);
  return found != peers_.end() && found->second.roles.producer;
}

std::map<std::string, PublishedStream> Room::published() const {
  std::map<std::string, size_t> viewers;
  for (const auto& [name, session] : sessions_)
    if (!session.ends) viewers[session.producer]++;
  std::map<std::string, PublishedStream> result;
  for (const auto& [id, peer] : peers_) {
    if (peer.kind == PeerKind::local || peer.stream.empty()) continue;
    size_t count = viewers.contains(id) ? viewers[id] : 0;
    result[peer.stream] = {peer.meta, std::max(count, peer.viewers), peer.since};
  }
  return result;
}

void Room::route(Outbox& out) {
  std::erase_if(out, [&](Outgoing& outgoing) {
    auto found = peers_.find(outgoing.peer);
    if (found == peers_.end()) return false;
    outgoing.relay = found->second.relay;
    if (!found->second.away) return false;
    keep(outgoing.peer, found->second, std::move(outgoing.message));
    return true;
  });
  if (std::exchange(session_ended_, false) && remote_peers_ != 0) forget_guests();
}

// Who has the most waiting when there is no room for more will not get it: when that peer is back
// it is another one, and its sessions end as those of one that never came.
void Room::keep(const std::string& id, Peer& peer, Message message) {
  size_t bytes = encode(message).size();
  if (peer.missed_too_much || peer.missed.size() >= kMaxMissed ||
      peer.missed_bytes + bytes > settings_.missed_bytes_per_peer)
    return;
  peer.missed.push_back(std::move(message));
  peer.missed_bytes += bytes;
  missed_.set(id, peer.missed_bytes);
  while (auto most = missed_.excess()) {
    missed_.set(*most, 0);
    Peer& loses = peers_.at(*most);
    loses.missed.clear();
    loses.missed_bytes = 0;
    loses.missed_too_much = true;
  }
}

void Room::tell_ended(const std::string& id, const std::string& session,
                      std::optional<std::string> error, Outbox& out) {
  auto found = peers_.find(id);
  if (found == peers_.end()) return;
  if (found->second.v1_1) {
    out.push_back({id, EndSessionV1_1{session, std::move(error)}});
  } else {
    out.push_back({id, EndSession{session}});
  }
}

void Room::refuse(const std::string& id, std::string details, Outbox& out) {
  out.push_back({id, ErrorMessage{std::move(details)}});
}

}  // namespace webcast
