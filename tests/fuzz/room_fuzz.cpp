// Peers of every kind that come, say anything in any order, go, are lost and come back: who gets
// what, how much of it, and what is left of them.
#include <set>

#include "signaling/protocol/stream_meta.hpp"
#include "signaling/server/room/room.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/fuzz/steps.hpp"

namespace webcast::test {
namespace {

constexpr size_t kMostPeers = 40, kSessionsPerPeer = 3;
constexpr std::chrono::seconds kGrace{30};
constexpr const char* kMetas[] = {"null", R"({"name":"a"})", R"({"name":"b"})", R"({"name":"/"})",
                                  R"([1])"};
constexpr const char* kStreams[] = {"", "a", "b"};

struct Guest {
  PeerKind kind = PeerKind::client;
  PeerRights rights{};
  bool away = false;
};
struct Pair {
  std::string producer{}, consumer{};
};

class Party {
 public:
  explicit Party(Steps steps) : steps_(steps) {}

  void run() {
    while (steps_.more())
      step();
    end();
  }

 private:
  void step();
  void say(const std::string& id);
  Message any_message();
  void check(const Outbox& out, size_t most);
  void check_one(const Outgoing& outgoing);
  void check_all();
  void end();
  std::string any_peer() {
    if (guests_.empty()) return "nobody";
    return std::next(guests_.begin(), static_cast<long>(steps_.below(guests_.size())))->first;
  }
  std::string stream_of(const std::string& id) {
    return read_stream_meta(room_.peer_for_federation(id).meta).name;
  }
  std::string any_session() { return "id" + std::to_string(steps_.below(next_id_ + 1)); }
  void come();
  void go(const std::string& id);

  Steps steps_;
  unsigned next_id_ = 0;
  Room::Time now_{std::chrono::seconds(1000)};
  Room room_{[this] { return "id" + std::to_string(next_id_++); },
             {.sessions_per_peer = kSessionsPerPeer, .clients_may_publish = true, .grace = kGrace}};
  std::map<std::string, Guest> guests_;
  std::map<std::string, Pair> sessions_;
};

void Party::come() {
  if (guests_.size() >= kMostPeers) return;
  Guest guest;
  guest.kind = std::array{PeerKind::client, PeerKind::local, PeerKind::browser,
                          PeerKind::resuming}[steps_.below(4)];
  guest.rights = {.may_publish = steps_.below(3) != 0, .only_stream = kStreams[steps_.below(3)]};
  Outbox out;
  std::string id = room_.connect(guest.kind, out, guest.rights);
  guests_[id] = guest;
  check(out, 1);
}

void Party::go(const std::string& id) {
  auto found = guests_.find(id);
  if (found == guests_.end() || found->second.away) return;
  bool lost = steps_.below(2) != 0;
  size_t sessions = room_.sessions();
  Outbox out = room_.disconnect(id, lost ? Departure::lost : Departure::leaves, now_);
  if (lost && found->second.kind == PeerKind::resuming) {
    found->second.away = true;
  } else {
    guests_.erase(found);
  }
  check(out, guests_.size() + sessions);
}

Message Party::any_message() {
  switch (steps_.below(9)) {
    case 0: {
      size_t roles = steps_.below(8);
      return SetPeerStatus{{(roles & 1) != 0, (roles & 2) != 0, (roles & 4) != 0},
                           kMetas[steps_.below(std::size(kMetas))]};
    }
    case 1:
      return StartSessionRequest{any_peer(), "v=0"};
    case 2:
      return SessionSdp{any_session(), steps_.below(2) != 0, "v=0"};
    case 3:
      return SessionIce{any_session(), 0, "candidate"};
    case 4:
      return EndSession{any_session()};
    case 5:
      return EndSessionV1_1{any_session(), "why"};
    case 6:
      return ListConsumersRequest{};
    case 7:
      return SetProtocolVersion{"v1_1"};
    default:
      return ListRequest{};
  }
}

void Party::say(const std::string& id) {
  auto found = guests_.find(id);
  if (found == guests_.end() || found->second.away) return;
  Message message = any_message();
  size_t sessions = room_.sessions();
  Outbox out = room_.receive(id, message, now_);
  // What concerns two is told to two; what concerns all, to each of them once.
  bool concerns_all = std::holds_alternative<SetPeerStatus>(message);
  check(out, concerns_all ? guests_.size() + 2 * sessions : 2);
  auto* asked = std::get_if<StartSessionRequest>(&message);
  if (asked && out.size() == 2) {
    const PeerRights& rights = guests_.at(id).rights;
    std::string name = stream_of(asked->peer);
    WEBCAST_EXPECT(rights.only_stream.empty() || rights.only_stream == name);
  }
  for (const Outgoing& outgoing : out) {
    auto* sdp = std::get_if<SessionSdp>(&outgoing.message);
    if (!sdp) continue;
    const Pair& pair = sessions_.at(sdp->session);
    WEBCAST_EXPECT(id == pair.producer || id == pair.consumer);
  }
}

void Party::step() {
  switch (steps_.below(8)) {
    case 0:
    case 1:
      return come();
    case 2:
      return go(any_peer());
    case 3: {
      std::string id = any_peer();
      auto found = guests_.find(id);
      if (found == guests_.end() || !found->second.away) return;
      found->second.away = false;
      return check(room_.resume(id, found->second.rights), 1 + 256);
    }
    case 4: {
      now_ += std::chrono::seconds(steps_.below(40));
      size_t sessions = room_.sessions();
      Outbox out = room_.expire(now_);
      std::erase_if(guests_, [&](const auto& guest) {
        WEBCAST_EXPECT(room_.has(guest.first) || guest.second.away);
        return !room_.has(guest.first);
      });
      check(out, 2 * sessions);
      auto next = room_.next_expiry();
      WEBCAST_EXPECT(!next || *next > now_);
      return;
    }
    default:
      return say(any_peer());
  }
}

void Party::check_one(const Outgoing& outgoing) {
  auto found = guests_.find(outgoing.peer);
  WEBCAST_EXPECT(found != guests_.end() && !found->second.away && outgoing.relay.empty());
  const std::string& only = found->second.rights.only_stream;
  auto may_see = [&](const std::string& meta) {
    return only.empty() || read_stream_meta(meta).name == only;
  };
  if (auto* status = std::get_if<PeerStatusChanged>(&outgoing.message)) {
    bool has_role = status->roles.producer || status->roles.consumer;
    WEBCAST_EXPECT(!has_role || may_see(status->meta));
  } else if (auto* list = std::get_if<List>(&outgoing.message)) {
    for (const PeerEntry& producer : list->producers)
      WEBCAST_EXPECT(may_see(producer.meta));
  } else if (auto* started = std::get_if<SessionStarted>(&outgoing.message)) {
    sessions_[started->session] = {started->peer, outgoing.peer};
  } else if (auto* start = std::get_if<StartSession>(&outgoing.message)) {
    sessions_[start->session] = {outgoing.peer, start->peer};
  } else if (auto* sdp = std::get_if<SessionSdp>(&outgoing.message)) {
    const Pair& pair = sessions_.at(sdp->session);
    WEBCAST_EXPECT(outgoing.peer == pair.producer || outgoing.peer == pair.consumer);
  }
}

void Party::check(const Outbox& out, size_t most) {
  WEBCAST_EXPECT(out.size() <= most);
  std::set<std::pair<std::string, std::string>> told;
  for (const Outgoing& outgoing : out) {
    check_one(outgoing);
    if (auto* status = std::get_if<PeerStatusChanged>(&outgoing.message))
      WEBCAST_EXPECT(told.insert({outgoing.peer, status->peer}).second);
  }
  check_all();
}

void Party::check_all() {
  WEBCAST_EXPECT(room_.peers() == guests_.size());
  std::set<std::string> published, taken;
  for (const RemotePeer& peer : room_.peers_for_federation()) {
    const Guest& guest = guests_.at(peer.peer);
    std::string name = read_stream_meta(peer.meta).name;
    WEBCAST_EXPECT(!guest.away);
    WEBCAST_EXPECT(!peer.roles.producer || guest.rights.may_publish);
    WEBCAST_EXPECT(name.empty() || (peer.roles.producer ? published : taken).insert(name).second);
  }
}

// All go: nothing is left, at once or when the grace is over.
void Party::end() {
  while (!guests_.empty()) {
    auto [id, guest] = *guests_.begin();
    guests_.erase(id);
    if (guest.away) {
      room_.resume(id, guest.rights);
      guest.away = false;
    }
    room_.disconnect(id, Departure::leaves, now_);
  }
  room_.expire(now_ + kGrace);
  WEBCAST_EXPECT(room_.peers() == 0 && room_.sessions() == 0 && !room_.next_expiry());
}

}  // namespace
}  // namespace webcast::test

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  webcast::test::Party(webcast::test::Steps(data, size)).run();
  return 0;
}
