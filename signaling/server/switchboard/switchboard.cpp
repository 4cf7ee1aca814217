#include "signaling/server/switchboard/switchboard.hpp"

#include <algorithm>

#include "common/address_key.hpp"
#include "common/random_id.hpp"
#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/stream_meta.hpp"

namespace webcast {

namespace {

// Of all WebSockets together.
constexpr size_t kMaxWaitingBytes = 64 * 1024 * 1024;
// Of what an address may say: a client alone never needs more.
constexpr double kOwnShare = 0.04;

Room::Time now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

Switchboard::Switchboard(ControlThread& control, RoomSettings settings, RateSettings messages,
                         RateSettings new_sessions)
    : control_(control),
      room_(unguessable_uuid, settings),
      own_rate_{messages.burst * kOwnShare, messages.per_second * kOwnShare, 1},
      message_rate_(messages),
      message_rate_for_many_(of_loopback(messages)),
      session_rate_(new_sessions),
      session_rate_for_many_(of_loopback(new_sessions)),
      waiting_(kMaxWaitingBytes) {}

void Switchboard::join_federation(const MakeFederationLink& make_link) {
  federation_ = FederationMembership::create(control_, room_, make_link,
                                             [weak = weak_from_this()](const Outbox& out) {
                                               auto self = weak.lock();
                                               if (!self) return;
                                               self->deliver(out);
                                               self->schedule_expiry();
                                               self->schedule_news();
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
  schedule_news();
  if (!expiry_ && std::holds_alternative<StartSessionRequest>(message)) schedule_expiry();
}

void Switchboard::leave(const std::string& local_peer) {
  if (locals_.erase(local_peer) == 0) return;
  deliver(room_.disconnect(local_peer, Departure::leaves, now()));
  schedule_expiry();
  schedule_news();
}

std::string Switchboard::resume_secret(const std::string& known, const PeerRights& rights) const {
  auto found = resuming_.find(known);
  bool is_it = found != resuming_.end() && room_.may_resume(found->second.peer, rights);
  return is_it ? known : unguessable_id();
}

// The peer that a new connection is.
std::string Switchboard::enter(const Arrival& arrival, const std::string& client_key, Outbox& out) {
  const auto& [kind, secret, rights, visitor] = arrival;
  if (kind != PeerKind::resuming) return room_.connect(kind, out, rights, visitor);
  resuming_[secret].client_key = client_key;
  std::string& id = resuming_[secret].peer;
  if (!room_.has(id)) return id = room_.connect(kind, out, rights, visitor);
  if (auto old = sockets_.find(id); old != sockets_.end()) {
    // The new connection is here before the old one was found dead.
    auto socket = std::move(old->second.peer);
    sockets_.erase(old);
    socket->close();
    waiting_.set(id, 0);
    out = room_.disconnect(id, Departure::lost, now());
  }
  for (Outgoing& outgoing : room_.resume(id, rights, visitor))
    out.push_back(std::move(outgoing));
  schedule_expiry();
  return id;
}

std::vector<StreamStatus> Switchboard::published() const {
  std::vector<StreamStatus> result;
  for (const auto& [name, stream] : room_.published()) {
    StreamMeta meta = read_stream_meta(stream.meta);
    auto age = std::chrono::duration_cast<std::chrono::seconds>(now() - stream.since);
    result.push_back({.name = name,
                      .title = meta.title,
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
  std::string key = client->key();
  std::string id = enter(arrival, key, out);
  WebSocketEvents events;
  std::weak_ptr<Switchboard> weak = weak_from_this();
  events.text = [weak, id](std::string_view text) {
    if (auto self = weak.lock()) self->on_text(id, text);
  };
  auto which = std::make_shared<const WebSocketPeer*>(nullptr);
  events.waiting = [weak, id, which](size_t bytes) {
    if (auto self = weak.lock()) self->on_waiting(id, *which, bytes);
  };
  events.closed = [weak, id, which](Departure departure) {
    if (auto self = weak.lock()) self->on_closed(id, *which, departure);
  };
  auto socket = WebSocketPeer::create(control_, stream, uri, std::move(client), subprotocol,
                                      std::move(events));
  *which = socket.get();
  sockets_.insert_or_assign(id, Socket{std::move(socket), std::move(key), RateLimit(own_rate_),
                                       arrival.visitor.token, arrival.rights.may_publish});
  g_debug("Peer %s is here", id.c_str());
  deliver(out);
}

void Switchboard::dismiss(const Admits& admits) {
  std::vector<std::string> leaving;
  for (auto& [id, socket] : sockets_) {
    Admission admission = admits(socket.token, socket.may_publish);
    bool watches_on = admission == Admission::watching && !room_.publishes(id);
    if (admission != Admission::whole && !watches_on) leaving.push_back(id);
    if (!watches_on) continue;
    socket.may_publish = false;
    room_.forbid_publishing(id);
  }
  for (const std::string& id : leaving) {
    auto found = sockets_.find(id);
    if (found == sockets_.end()) continue;
    found->second.peer->refuse("The token by which you came is not valid any more.",
                               SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
    // At once, and not when it has read that: it may take its time.
    deliver(room_.disconnect(id, Departure::dismissed, now()));
  }
  schedule_expiry();
}

size_t Switchboard::places_of(const std::string& client_key, const std::string& secret) const {
  return count_places(secret, [&](const std::string& key) { return key == client_key; });
}

size_t Switchboard::places(const std::string& secret) const {
  return count_places(secret, [](const std::string&) { return true; });
}

size_t Switchboard::count_places(
    const std::string& secret,
    const std::function<bool(const std::string& client_key)>& counts) const {
  auto own = resuming_.find(secret);
  size_t places = 0;
  for (const auto& [id, socket] : sockets_)
    if (counts(socket.client_key) && (own == resuming_.end() || own->second.peer != id)) places++;
  for (const auto& [known, one] : resuming_)
    if (counts(one.client_key) && known != secret && !sockets_.contains(one.peer)) places++;
  return places;
}

void Switchboard::on_text(const std::string& id, std::string_view text) {
  if (auto sender = sockets_.find(id);
      sender != sockets_.end() && !within_rate(id, sender->second)) {
    metrics_.refused("rate");
    auto peer = sender->second.peer;
    peer->refuse("Too many messages from this address.", SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
    return;
  }
  auto message = decode(text, MessageDirection::to_server);
  if (message && std::holds_alternative<StartSessionRequest>(*message)) {
    if (auto sender = sockets_.find(id); sender != sockets_.end()) {
      if (auto wait = begin_session(sender->second.client_key); wait.count() > 0) {
        metrics_.refused("rate");
        auto peer = sender->second.peer;
        return peer->send(encode(ErrorMessage{
            "Too many sessions were begun from this address: try again in " +
            std::to_string((wait.count() + 999) / 1000) + " s."}));
      }
    }
  }
  if (message) {
    metrics_.received(*message, now());
    deliver(room_.receive(id, *message, now()));
    schedule_news();
    if (!expiry_ && std::holds_alternative<StartSessionRequest>(*message)) schedule_expiry();
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

std::chrono::milliseconds Switchboard::begin_session(const std::string& client_key) {
  RateLimit& rate = is_loopback_key(client_key) ? session_rate_for_many_ : session_rate_;
  return rate.take(client_key, now());
}

// A producer answers each of its viewers, who may come all at once.
bool Switchboard::within_rate(const std::string& id, Socket& socket) {
  bool for_many = is_loopback_key(socket.client_key) || room_.is_producer(id);
  RateLimit& rate = for_many ? message_rate_for_many_ : message_rate_;
  bool alone = socket.own_rate.take("", now()).count() == 0;
  return rate.take(socket.client_key, now()).count() == 0 || alone;
}

void Switchboard::on_waiting(const std::string& id, const WebSocketPeer* socket, size_t bytes) {
  auto sender = sockets_.find(id);
  if (sender == sockets_.end() || sender->second.peer.get() != socket) return;  // the one before
  waiting_.set(id, bytes);
  while (auto most = waiting_.excess()) {
    g_info("Too much waits for all peers together: the one with the most is cut off");
    waiting_.set(*most, 0);
    if (auto found = sockets_.find(*most); found != sockets_.end()) found->second.peer->cut();
  }
}

std::string Switchboard::metrics(size_t streams_here, size_t connections) const {
  return metrics_.text({.peers = room_.peers(),
                        .sessions = room_.sessions(),
                        .streams = streams_here + room_.published().size(),
                        .connections = connections,
                        .is_federated = federation_ != nullptr,
                        .other_relays = federation_ ? federation_->relays() : 0,
                        .federation_is_connected = federation_ && federation_->is_connected()});
}

void Switchboard::on_closed(const std::string& id, const WebSocketPeer* socket,
                            Departure departure) {
  auto found = sockets_.find(id);
  if (found == sockets_.end() || found->second.peer.get() != socket) return;
  g_debug("Peer %s %s", id.c_str(), departure == Departure::lost ? "is lost" : "left");
  auto keep_for_this_call = found->second.peer;
  sockets_.erase(found);
  waiting_.set(id, 0);
  deliver(room_.disconnect(id, departure, now()));
  if (!room_.has(id))
    std::erase_if(resuming_, [&](const auto& entry) { return entry.second.peer == id; });
  schedule_expiry();
  schedule_news();
}

void Switchboard::deliver(const Outbox& out) {
  // What goes to many is written once.
  const Message* written = nullptr;
  std::string text;
  for (const Outgoing& outgoing : out) {
    if (!outgoing.relay.empty() || outgoing.peer == kFederation) {
      if (federation_) federation_->send(outgoing);
      continue;
    }
    metrics_.sent(outgoing.message, now());
    if (auto socket = sockets_.find(outgoing.peer); socket != sockets_.end()) {
      if (!written || !(*written == outgoing.message)) text = encode(outgoing.message);
      written = &outgoing.message;
      socket->second.peer->send(text);
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
  std::erase_if(resuming_, [this](const auto& entry) { return !room_.has(entry.second.peer); });
  schedule_expiry();
}

void Switchboard::schedule_news() {
  auto due = room_.next_news();
  if (!due || news_) return;
  auto delay = std::chrono::ceil<std::chrono::milliseconds>(*due - now());
  news_ = control_.after(std::max(delay, std::chrono::milliseconds(0)), [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->news_.cancel();
    self->deliver(self->room_.tell_news(now()));
    self->schedule_news();
  });
}

void Switchboard::close() {
  expiry_.cancel();
  news_.cancel();
  if (federation_) federation_->close();
  locals_.clear();
  for (auto& [id, socket] : sockets_)
    socket.peer->close();
}

}  // namespace webcast
