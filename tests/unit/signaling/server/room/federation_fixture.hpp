// A federation of relays. A bus in place of Redis carries what they say, as text, when a test lets
// it.
#pragma once

#include <deque>

#include "signaling/protocol/relay_codec.hpp"
#include "signaling/server/room/federation.hpp"
#include "tests/unit/signaling/server/room/room_fixture.hpp"

namespace webcast::test {

using std::chrono::milliseconds;

struct Relay {
  Relay(const std::string& its_name, milliseconds epoch)
      : name(its_name),
        room([this] { return this->name + std::to_string(next_id++); },
             {.clients_may_publish = true, .is_federated = true, .epoch = epoch}),
        federation(room, name) {}
  const std::string name;
  int next_id = 0;
  Room room;
  Federation federation;
  Outbox told{};  // what peers here got
  bool alive = true;
};

class FederationTest : public testing::Test {
 protected:
  void SetUp() override {
    for (Relay* relay : all)
      take(*relay, relay->federation.up(now));
    settle();
  }

  void take(Relay& relay, FederationStep step) {
    for (RelayWords& words : step.words)
      say(std::move(words));
    deliver(relay, std::move(step.out));
  }
  void deliver(Relay& relay, Outbox out) {
    for (Outgoing& outgoing : out) {
      if (outgoing.relay.empty() && outgoing.peer != kFederation) {
        relay.told.push_back(std::move(outgoing));
      } else {
        for (RelayWords& words : relay.federation.words_for(outgoing))
          say(std::move(words));
      }
    }
  }
  void say(RelayWords words) {
    words.message = *decode_relay(encode_relay(words.message));
    bus.push_back(std::move(words));
  }
  // Until nobody says anything more.
  void settle() {
    for (; bus_works && !bus.empty(); bus.pop_front()) {
      RelayWords words = bus.front();
      bool heard = false;
      for (Relay* relay : all) {
        if (!relay->alive || (!words.relay.empty() && words.relay != relay->name)) continue;
        heard = true;
        take(*relay, relay->federation.heard(words.message, now));
      }
      for (Relay* relay : all)
        if (!heard && relay->name == words.message.relay)
          take(*relay, relay->federation.unheard(words, now));
    }
  }
  std::string join(Relay& relay, PeerKind kind = PeerKind::client, PeerRights rights = {}) {
    Outbox out;
    return relay.room.connect(kind, out, rights);
  }
  // What its relay's peers are told, there or at another relay, stands in `told`.
  void say(Relay& relay, const std::string& peer, const Message& message) {
    deliver(relay, relay.room.receive(peer, message, now));
    settle();
  }
  std::string join_as(Relay& relay, Roles roles, const std::string& meta = "null",
                      PeerKind kind = PeerKind::client) {
    std::string id = join(relay, kind);
    say(relay, id, SetPeerStatus{roles, meta});
    return id;
  }
  Outbox heard_at(Relay& relay) { return std::exchange(relay.told, {}); }
  // Of the session that `peer` just asked for.
  std::string start(Relay& relay, const std::string& peer, const std::string& target) {
    relay.told.clear();
    say(relay, peer, StartSessionRequest{target, "v=0"});
    for (const Outgoing& outgoing : relay.told)
      if (auto* started = std::get_if<SessionStarted>(&outgoing.message)) return started->session;
    ADD_FAILURE() << "no session";
    return "";
  }
  void redis_goes() {
    bus_works = false;
    bus.clear();
    for (Relay* relay : all)
      take(*relay, relay->federation.down(now));
  }
  void redis_is_back() {
    bus_works = true;
    for (Relay* relay : all)
      if (relay->alive) take(*relay, relay->federation.up(now));
    settle();
  }
  void pass(std::chrono::seconds time) {
    for (auto end = now + time; now < end;) {
      now += seconds(1);
      for (Relay* relay : all) {
        if (!relay->alive) continue;
        take(*relay, relay->federation.tick(now));
        deliver(*relay, relay->room.expire(now));
      }
      if (bus_works) {
        settle();
      } else {
        bus.clear();
      }
    }
  }

  static constexpr Roles kProducer{.producer = true};
  static constexpr Roles kListener{.listener = true};
  static constexpr Roles kConsumer{.consumer = true};
  Room::Time now{seconds(1000)};
  // Their clocks began at different times.
  Relay a{"a", milliseconds(1'700'000'000'123)}, b{"b", milliseconds(1'700'000'000'123)},
      c{"c", milliseconds(1'700'000'000'123)};
  std::vector<Relay*> all{&a, &b, &c};
  std::deque<RelayWords> bus{};
  bool bus_works = true;
};

}  // namespace webcast::test
