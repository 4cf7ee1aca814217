// A federation of three relays, over a link that is cut, loses words and comes back, and of which
// one is killed now and then: no storm of words, nobody told what is not for him, one opinion in
// the end, and nothing left when all have gone.
#include <array>
#include <deque>
#include <memory>
#include <set>

#include "signaling/protocol/relay_codec.hpp"
#include "signaling/protocol/stream_meta.hpp"
#include "signaling/server/room/federation.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/fuzz/steps.hpp"

namespace webcast::test {
namespace {

using std::chrono::seconds;

constexpr size_t kMostPeers = 12;    // of a relay
constexpr size_t kMostWords = 4000;  // until nobody says anything more
constexpr seconds kGrace{30};
constexpr const char* kMetas[] = {"null", R"({"name":"a"})", R"({"name":"b"})", "1", R"({"n":1})"};

struct Relay {
  explicit Relay(const std::string& its_name)
      : name(its_name),
        room([this] { return this->name + "-" + std::to_string(next_id++); },
             {.sessions_per_peer = 3,
              .clients_may_publish = true,
              .grace = kGrace,
              .is_federated = true,
              .epoch = std::chrono::milliseconds(1'700'000'000'123)}),
        federation(room, name) {}
  const std::string name;
  unsigned next_id = 0;
  Room room;
  Federation federation;
  std::map<std::string, bool> guests{};  // away?
  bool linked = false;
};

class Party {
 public:
  explicit Party(Steps steps) : steps_(steps) {
    for (std::unique_ptr<Relay>& relay : relays_)
      relay = make();
    heal();
  }
  void run() {
    while (steps_.more())
      step();
    agree();
    end();
  }

 private:
  std::unique_ptr<Relay> make() {
    return std::make_unique<Relay>("r" + std::to_string(next_relay_++));
  }
  Relay& any_relay() { return *relays_[steps_.below(relays_.size())]; }
  std::string any_peer(Relay& relay) {
    if (relay.guests.empty()) return "nobody";
    auto count = static_cast<long>(steps_.below(relay.guests.size()));
    return std::next(relay.guests.begin(), count)->first;
  }
  void step();
  Message any_message();
  void come(Relay& relay);
  void go(Relay& relay);
  void say_something(Relay& relay);
  void link(Relay& relay, bool up);
  void kill(std::unique_ptr<Relay>& relay);
  void pass(seconds time);
  void heal();
  void settle(bool loses = false);
  void take(Relay& relay, FederationStep step);
  void deliver(Relay& relay, Outbox out);
  void say(Relay& relay, RelayWords words);
  size_t producers_listed_at(Relay& relay);
  void agree();
  void end();

  Steps steps_;
  unsigned next_relay_ = 0;
  Room::Time now_{seconds(1000)};
  std::array<std::unique_ptr<Relay>, 3> relays_;
  std::deque<RelayWords> bus_;
};

void Party::say(Relay& relay, RelayWords words) {
  if (!relay.linked) return;
  auto read = decode_relay(encode_relay(words.message));
  WEBCAST_EXPECT(read && *read == words.message);
  bus_.push_back(std::move(words));
}

void Party::take(Relay& relay, FederationStep step) {
  // A whole sync at most, and what its peers' sessions and roles come to.
  WEBCAST_EXPECT(step.words.size() <= 3 + kMostPeers);
  for (RelayWords& words : step.words)
    say(relay, std::move(words));
  deliver(relay, std::move(step.out));
}

void Party::deliver(Relay& relay, Outbox out) {
  WEBCAST_EXPECT(out.size() <= 3 * 256 * kMostPeers);
  for (Outgoing& outgoing : out) {
    if (outgoing.relay.empty() && outgoing.peer != kFederation) {
      auto found = relay.guests.find(outgoing.peer);
      WEBCAST_EXPECT(found != relay.guests.end() && !found->second);
    } else {
      WEBCAST_EXPECT(outgoing.relay != relay.name);
      for (RelayWords& words : relay.federation.words_for(outgoing))
        say(relay, std::move(words));
    }
  }
  WEBCAST_EXPECT(relay.room.peers() == relay.guests.size());
}

// `loses`: one word in four never arrives.
void Party::settle(bool loses) {
  for (size_t count = 0; !bus_.empty(); count++) {
    WEBCAST_EXPECT(count < kMostWords);
    RelayWords words = std::move(bus_.front());
    bus_.pop_front();
    if (loses && steps_.below(4) == 0) continue;
    bool heard = false;
    for (auto& relay : relays_) {
      if (!relay->linked || (!words.relay.empty() && words.relay != relay->name)) continue;
      heard = true;
      take(*relay, relay->federation.heard(words.message, now_));
    }
    for (auto& relay : relays_)
      if (!heard && relay->name == words.message.relay && !words.relay.empty())
        take(*relay, relay->federation.unheard(words, now_));
  }
}

void Party::come(Relay& relay) {
  if (relay.guests.size() >= kMostPeers) return;
  Outbox out;
  auto kind = std::array{PeerKind::client, PeerKind::browser, PeerKind::resuming}[steps_.below(3)];
  relay.guests[relay.room.connect(kind, out)] = false;
  deliver(relay, std::move(out));
}

void Party::go(Relay& relay) {
  auto found = relay.guests.find(any_peer(relay));
  if (found == relay.guests.end()) return;
  const std::string id = found->first;
  if (found->second) {
    found->second = false;
    return deliver(relay, relay.room.resume(id));
  }
  bool lost = steps_.below(2) != 0;
  Outbox out = relay.room.disconnect(id, lost ? Departure::lost : Departure::leaves, now_);
  found->second = true;
  if (!relay.room.has(id)) relay.guests.erase(found);
  deliver(relay, std::move(out));
}

Message Party::any_message() {
  Relay& other = any_relay();
  std::string session = other.name + "-" + std::to_string(steps_.below(other.next_id + 1));
  switch (steps_.below(6)) {
    case 0:
    case 1:
      return SetPeerStatus{std::array{Roles{.producer = true}, Roles{.listener = true},
                                      Roles{.consumer = true}, Roles{}}[steps_.below(4)],
                           kMetas[steps_.below(std::size(kMetas))]};
    case 2:
      return StartSessionRequest{any_peer(other), "v=0"};
    case 3:
      return SessionSdp{session, false, "v=0"};
    case 4:
      return EndSession{session};
    default:
      return ListRequest{};
  }
}

void Party::say_something(Relay& relay) {
  auto found = relay.guests.find(any_peer(relay));
  Message message = any_message();
  if (found == relay.guests.end() || found->second) return;
  deliver(relay, relay.room.receive(found->first, message, now_));
}

void Party::link(Relay& relay, bool up) {
  if (relay.linked == up) return;
  relay.linked = up;
  if (up) take(relay, relay.federation.up(now_));
  if (!up) take(relay, relay.federation.down(now_));
}

void Party::kill(std::unique_ptr<Relay>& relay) {
  relay = make();
  link(*relay, true);
}

void Party::pass(seconds time) {
  for (auto end = now_ + time; now_ < end;) {
    now_ += kFederationTick;
    for (auto& relay : relays_) {
      Outbox out = relay->room.expire(now_);
      std::erase_if(relay->guests,
                    [&](const auto& guest) { return !relay->room.has(guest.first); });
      deliver(*relay, std::move(out));
      FederationStep step = relay->federation.tick(now_);
      bool deaf = step.deaf;
      take(*relay, std::move(step));
      if (!deaf) continue;
      link(*relay, false);
      link(*relay, true);
    }
    settle();
  }
}

void Party::heal() {
  for (auto& relay : relays_)
    link(*relay, true);
  settle();
}

void Party::step() {
  switch (steps_.below(12)) {
    case 0:
    case 1:
      return come(any_relay());
    case 2:
      return go(any_relay());
    case 3:
      return link(any_relay(), steps_.below(2) != 0);
    case 4:
      return pass(seconds(steps_.below(40)));
    case 5:
      if (steps_.below(4) == 0) return kill(relays_[steps_.below(relays_.size())]);
      return settle(true);
    case 6:
    case 7:
      return settle();
    default:
      return say_something(any_relay());
  }
}

size_t Party::producers_listed_at(Relay& relay) {
  Outbox out;
  std::string id = relay.room.connect(PeerKind::client, out);
  out = relay.room.receive(id, ListRequest{}, now_);
  WEBCAST_EXPECT(out.size() == 1);
  size_t count = std::get<List>(out[0].message).producers.size();
  deliver(relay, relay.room.disconnect(id, Departure::leaves, now_));
  return count;
}

// Every relay knows the same producers, and the same streams, each by one producer, once words
// arrive again.
void Party::agree() {
  heal();
  pass(kGrace + kRelaySilence + 2 * kFederationTick);
  for (auto& relay : relays_) {
    link(*relay, false);
    link(*relay, true);
  }
  settle();
  pass(kRelaySilence);
  std::map<std::string, std::string> known;  // streams and their producers
  size_t producers = 0;
  for (auto& relay : relays_) {
    for (const RemotePeer& peer : relay->room.peers_for_federation()) {
      std::string name = read_stream_meta(peer.meta).name;
      if (peer.roles.producer) producers++;
      if (peer.roles.producer && !name.empty())
        WEBCAST_EXPECT(known.emplace(name, peer.peer).second);
    }
  }
  for (auto& relay : relays_) {
    WEBCAST_EXPECT(relay->federation.relays() == relays_.size() - 1);
    WEBCAST_EXPECT(producers_listed_at(*relay) == producers);
    WEBCAST_EXPECT(relay->room.published().size() == known.size());
    for (const auto& [name, stream] : relay->room.published())
      WEBCAST_EXPECT(known.contains(name));
  }
}

void Party::end() {
  for (auto& relay : relays_) {
    while (!relay->guests.empty()) {
      const std::string id = relay->guests.begin()->first;
      relay->guests.erase(id);
      relay->room.resume(id);
      deliver(*relay, relay->room.disconnect(id, Departure::leaves, now_));
    }
  }
  settle();
  for (auto& relay : relays_) {
    WEBCAST_EXPECT(relay->room.published().empty());
    relay->room.expire(now_ + kGrace);
    WEBCAST_EXPECT(relay->room.peers() == 0 && relay->room.sessions() == 0);
    WEBCAST_EXPECT(!relay->room.next_expiry());
  }
}

}  // namespace
}  // namespace webcast::test

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  webcast::test::Party(webcast::test::Steps(data, size)).run();
  return 0;
}
