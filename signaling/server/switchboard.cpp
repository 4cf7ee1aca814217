#include "signaling/server/switchboard.hpp"

#include <algorithm>

#include "common/random_id.hpp"
#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/stream_meta.hpp"

namespace webcast {

namespace {

Room::Time now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

Switchboard::Switchboard(ControlThread& control, RoomSettings settings, RateSettings messages)
    : control_(control),
      room_(unguessable_uuid, settings),
      message_rate_(messages),
      message_rate_for_many_(of_loopback(messages)) {}

void Switchboard::join_others(const MakeRelayLink& make_link) {
  neighbours_ = Neighbours::create(control_, room_, make_link,
                                   [weak = weak_from_this()](const Outbox& out) {
                                     auto self = weak.lock();
                                     if (!self) return;
                                     self->deliver(out);
                                     self->schedule_expiry();
                                   });
}

std::string Switchboard::join(Receive receive, PeerKind kind, Visitor visitor) {
  Outbox out;
  std::string id = room_.connect(kind, out, {}, std::move(visitor));
  locals_[id] = std::move(receive);
  deliver(out);
  return id;
}

void Switchboard::send(const std::string& local_peer, const Message& message) {
  metrics_.received(message, now());
  deliver(room_.receive(local_peer, message, now()));
}

void Switchboard::leave(const std::string& local_peer) {
  if (locals_.erase(local_peer) == 0) return;
  deliver(room_.disconnect(local_peer, Departure::leaves, now()));
  schedule_expiry();
}

std::string Switchboard::resume_secret(const std::string& known, const PeerRights& rights) const {
  auto found = resuming_.find(known);
  bool is_it = found != resuming_.end() && room_.may_resume(found->second, rights);
  return is_it ? known : unguessable_id();
}

// The peer that a new connection is.
std::string Switchboard::enter(const Arrival& arrival, Outbox& out) {
  const auto& [kind, secret, rights, visitor] = arrival;
  if (kind != PeerKind::resuming) return room_.connect(kind, out, rights, visitor);
  std::string& id = resuming_[secret];
  if (!room_.has(id)) return id = room_.connect(kind, out, rights, visitor);
  if (auto old = sockets_.find(id); old != sockets_.end()) {
    // The new connection is here before the old one was found dead.
    auto socket = std::move(old->second.peer);
    sockets_.erase(old);
    // Nobody is told: it says at once what it is.
    room_.disconnect(id, Departure::lost, now());
    socket->close();
  }
  out = room_.resume(id, rights, visitor);
  schedule_expiry();
  return id;
}

std::vector<StreamStatus> Switchboard::published() const {
  std::vector<StreamStatus> result;
  for (const auto& [name, stream] : room_.published()) {
    StreamMeta meta = read_stream_meta(stream.meta);
    auto age = std::chrono::duration_cast<std::chrono::seconds>(now() - stream.since);
    result.push_back({.name = name,
                      .live = true,
                      .viewers = static_cast<unsigned>(stream.viewers),
                      .since = iso8601(std::chrono::system_clock::now() - age),
                      .video = meta.video,
                      .audio = meta.audio});
  }
  return result;
}

void Switchboard::add_websocket(GIOStream* stream, GUri* uri, std::shared_ptr<Client> client,
                                const std::string& subprotocol, const Arrival& arrival) {
  Outbox out;
  std::string id = enter(arrival, out);
  std::string key = client->key();
  WebSocketEvents events;
  std::weak_ptr<Switchboard> weak = weak_from_this();
  events.text = [weak, id](std::string_view text) {
    if (auto self = weak.lock()) self->on_text(id, text);
  };
  auto which = std::make_shared<const WebSocketPeer*>(nullptr);
  events.closed = [weak, id, which](Departure departure) {
    if (auto self = weak.lock()) self->on_closed(id, *which, departure);
  };
  auto socket = WebSocketPeer::create(control_, stream, uri, std::move(client), subprotocol,
                                      std::move(events));
  *which = socket.get();
  sockets_[id] = {std::move(socket), std::move(key)};
  g_debug("Peer %s is here", id.c_str());
  deliver(out);
}

size_t Switchboard::websockets_of(const std::string& client_key) const {
  return static_cast<size_t>(
      std::count_if(sockets_.begin(), sockets_.end(),
                    [&](const auto& entry) { return entry.second.client_key == client_key; }));
}

void Switchboard::on_text(const std::string& id, std::string_view text) {
  if (auto sender = sockets_.find(id);
      sender != sockets_.end() && !within_rate(id, sender->second)) {
    metrics_.refused("rate");
    auto peer = sender->second.peer;
    peer->refuse("Too many messages from this address.", SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
    return;
  }
  auto message = decode(text, Direction::to_server);
  if (message) {
    metrics_.received(*message, now());
    deliver(room_.receive(id, *message, now()));
    return;
  }
  g_debug("Peer %s: %s", id.c_str(), message.error().sentence.c_str());
  metrics_.refused(metrics_cause(message.error()));
  auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  // Over a limit the connection ends; a message that is merely wrong is answered.
  auto peer = found->second.peer;
  if (message.error().code == ErrorCode::limit) {
    peer->refuse(message.error().sentence, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
  } else {
    peer->send(encode(ErrorMessage{message.error().sentence}));
  }
}

// A producer answers each of its viewers, who may come all at once.
bool Switchboard::within_rate(const std::string& id, const Socket& socket) {
  bool for_many = is_loopback_key(socket.client_key) || room_.is_producer(id);
  RateLimit& rate = for_many ? message_rate_for_many_ : message_rate_;
  return rate.take(socket.client_key, now()).count() == 0;
}

std::string Switchboard::metrics(size_t streams_here, size_t connections) const {
  return metrics_.text({.peers = room_.peers(),
                        .sessions = room_.sessions(),
                        .streams = streams_here + room_.published().size(),
                        .connections = connections,
                        .has_other_relays = neighbours_ != nullptr,
                        .other_relays = neighbours_ ? neighbours_->relays() : 0,
                        .reaches_others = neighbours_ && neighbours_->is_connected()});
}

void Switchboard::on_closed(const std::string& id, const WebSocketPeer* socket,
                            Departure departure) {
  auto found = sockets_.find(id);
  if (found == sockets_.end() || found->second.peer.get() != socket) return;
  g_debug("Peer %s %s", id.c_str(), departure == Departure::lost ? "is lost" : "left");
  auto keep_for_this_call = found->second.peer;
  sockets_.erase(found);
  deliver(room_.disconnect(id, departure, now()));
  if (!room_.has(id))
    std::erase_if(resuming_, [&](const auto& entry) { return entry.second == id; });
  schedule_expiry();
}

void Switchboard::deliver(const Outbox& out) {
  for (const Outgoing& outgoing : out) {
    if (!outgoing.relay.empty() || outgoing.peer == kOtherRelays) {
      if (neighbours_) neighbours_->send(outgoing);
      continue;
    }
    metrics_.sent(outgoing.message, now());
    if (auto socket = sockets_.find(outgoing.peer); socket != sockets_.end()) {
      socket->second.peer->send(encode(outgoing.message));
    } else if (auto local = locals_.find(outgoing.peer); local != locals_.end()) {
      Receive receive = local->second;  // it may leave in this call
      receive(outgoing.message);
    }
  }
}

void Switchboard::schedule_expiry() {
  auto next = room_.next_expiry();
  if (!next) {
    expiry_.cancel();
    return;
  }
  auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(*next - now());
  expiry_ =
      control_.after(std::max(delay, std::chrono::milliseconds(0)) + std::chrono::milliseconds(1),
                     [weak = weak_from_this()] {
                       if (auto self = weak.lock()) self->expire();
                     });
}

void Switchboard::expire() {
  deliver(room_.expire(now()));
  std::erase_if(resuming_, [this](const auto& entry) { return !room_.has(entry.second); });
  schedule_expiry();
}

void Switchboard::close() {
  expiry_.cancel();
  if (neighbours_) neighbours_->close();
  locals_.clear();
  for (auto& [id, socket] : sockets_)
    socket.peer->close();
}

}  // namespace webcast
