#include "signaling/server/room/federation.hpp"

namespace webcast {

namespace {

// A list of peers is cut in pieces of this size, well below what a message may have.
constexpr size_t kMostMetaBytes = 32 * 1024;
constexpr size_t kMostInOne = 256;

void append(Outbox& out, Outbox more) {
  for (Outgoing& outgoing : more)
    out.push_back(std::move(outgoing));
}

}  // namespace

void Federation::say_all(const std::string& relay, bool asks,
                         std::vector<RelayWords>& words) const {
  words.push_back({relay, {id_, RelayHello{asks}}});
  RelayPeers peers;
  size_t bytes = 0;
  auto flush = [&] {
    if (!peers.peers.empty()) words.push_back({relay, {id_, std::exchange(peers, {})}});
    bytes = 0;
  };
  for (RemotePeer& peer : room_.peers_for_federation()) {
    bytes += peer.meta.size();
    peers.peers.push_back(std::move(peer));
    if (bytes >= kMostMetaBytes || peers.peers.size() >= kMostInOne) flush();
  }
  flush();
  words.push_back({relay, {id_, RelayComplete{}}});
}

FederationStep Federation::up(Time now) {
  FederationStep step;
  up_ = true;
  heard_self_ = now;
  say_all({}, true, step.words);
  return step;
}

FederationStep Federation::down(Time now) {
  FederationStep step;
  up_ = false;
  for (const auto& [relay, when] : std::exchange(heard_, {}))
    append(step.out, room_.lose_relay(relay, now));
  return step;
}

FederationStep Federation::heard(const RelayMessage& message, Time now) {
  FederationStep step;
  if (message.relay == id_) {
    heard_self_ = now;
    return step;
  }
  auto known = heard_.find(message.relay);
  if (known != heard_.end()) {
    known->second = now;
  } else if (std::holds_alternative<RelayHello>(message.what) ||
             std::holds_alternative<RelayForward>(message.what)) {
    if (heard_.size() >= kMostRelays) return step;
    heard_[message.relay] = now;
  }
  if (known == heard_.end() && (std::holds_alternative<RelayAlive>(message.what) ||
                                std::holds_alternative<RelayForward>(message.what)))
    step.words.push_back({message.relay, {id_, RelayAsk{}}});
  take(message, now, step);
  return step;
}

void Federation::take(const RelayMessage& message, Time now, FederationStep& step) {
  const std::string& relay = message.relay;
  bool is_known = heard_.contains(relay);
  if (auto* hello = std::get_if<RelayHello>(&message.what)) {
    if (!is_known) return;
    append(step.out, room_.begin_sync(relay));
    if (hello->asks) say_all(relay, false, step.words);
  } else if (std::holds_alternative<RelayAsk>(message.what)) {
    say_all(relay, false, step.words);
  } else if (auto* peers = std::get_if<RelayPeers>(&message.what)) {
    if (!is_known) return;
    for (const RemotePeer& peer : peers->peers)
      append(step.out, room_.on_remote_peer(relay, peer, now));
  } else if (std::holds_alternative<RelayComplete>(message.what)) {
    if (is_known) append(step.out, room_.end_sync(relay, now));
  } else if (auto* alive = std::get_if<RelayAlive>(&message.what)) {
    if (is_known) room_.on_remote_viewers(relay, alive->viewers);
  } else if (auto* forward = std::get_if<RelayForward>(&message.what)) {
    append(step.out, room_.on_remote_message(relay, forward->peer, forward->message));
  } else {
    lose(relay, now, step.out);
  }
}

void Federation::lose(const std::string& relay, Time now, Outbox& out) {
  heard_.erase(relay);
  append(out, room_.lose_relay(relay, now));
}

FederationStep Federation::tick(Time now) {
  FederationStep step;
  if (!up_) return step;
  step.deaf = now - heard_self_ > kRelaySilence;
  step.words.push_back({{}, {id_, RelayAlive{room_.viewers_here()}}});
  std::vector<std::string> silent;
  for (const auto& [relay, when] : heard_)
    if (now - when > kRelaySilence) silent.push_back(relay);
  for (const std::string& relay : silent)
    lose(relay, now, step.out);
  return step;
}

std::vector<RelayWords> Federation::words_for(const Outgoing& outgoing) const {
  if (outgoing.peer != kFederation)
    return {{outgoing.relay, {id_, RelayForward{outgoing.peer, outgoing.message}}}};
  auto* status = std::get_if<PeerStatusChanged>(&outgoing.message);
  if (!status || !up_) return {};
  return {{{}, {id_, RelayPeers{{room_.peer_for_federation(status->peer)}}}}};
}

FederationStep Federation::unheard(const RelayWords& words, Time now) {
  FederationStep step;
  heard_.erase(words.relay);
  if (auto* forward = std::get_if<RelayForward>(&words.message.what)) {
    step.out = room_.undelivered(words.relay, {forward->peer, forward->message}, now);
  } else {
    step.out = room_.lose_relay(words.relay, now);
  }
  return step;
}

}  // namespace webcast
