// Room: who is here, who talks to whom. The rules of the relay, without any I/O.
//
// A message comes in, messages go out. Time comes in as an argument; ids come from a generator.
// Its server owns it and calls it on the server's thread. docs/protocol.md lists the rules.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "signaling/protocol/message.hpp"
#include "signaling/protocol/relay_message.hpp"
#include "signaling/server/room/announcements.hpp"
#include "signaling/server/room/shared_bound.hpp"

namespace webcast {

// Listeners want to know of these alone. If each viewer that comes were told to all who are here,
// thousands of them would keep a server busy with nothing.
inline bool concerns_others(const Roles& roles) {
  return roles.producer || roles.consumer;
}

// As Outgoing::peer: all other relays, which are told what became of a peer here.
inline constexpr const char* kFederation = "*";

// A message for one peer of the room.
struct Outgoing {
  std::string peer{};
  Message message{};
  std::string relay{};  // where that peer is; empty: here
};
using Outbox = std::vector<Outgoing>;

struct RoomSettings {
  size_t sessions_per_peer = 16;            // that one peer asked for
  bool clients_may_publish = false;         // whether a peer from the network may publish, or be
                                            // who takes what is brought under a name
  std::chrono::milliseconds grace{30'000};  // for a peer whose connection was lost
  // For both sides of a session to describe themselves. Longer than peers of ours take to give up:
  // others may never answer, and never give up.
  std::chrono::milliseconds answer_patience{60'000};
  bool is_federated = false;  // there may be other relays
  size_t missed_bytes_per_peer = 256 * 1024;  // that wait for one that is away
  size_t missed_bytes = 16 * 1024 * 1024;     // the same, all together
  std::chrono::milliseconds epoch{0};  // from steady_clock's to that of 1970, with other relays
};

// What a peer is. One that sees by itself when its media ends is never told that the other side's
// connection was lost; another is told when the grace is over.
enum class PeerKind {
  local,      // in this process: sees it by its own watchdog, as `resuming` does
  client,     // may have no way to see it
  browser,    // sees it: a browser's RTCPeerConnection asks the other side for consent
  resuming,   // comes back as the same peer when its connection was lost
  federated,  // a RemotePeer: at another relay, which knows what it is there
};

// What a peer's token permits.
struct PeerRights {
  bool may_publish = true;    // to bring a consumer a stream, too
  std::string only_stream{};  // it sees this one alone; empty: all
  bool permit(const std::string& stream) const {
    return only_stream.empty() || only_stream == stream;
  }
  // Whether they permit all that `other` do.
  bool cover(const PeerRights& other) const {
    return (may_publish || !other.may_publish) &&
           (only_stream.empty() || only_stream == other.only_stream);
  }
};

// A stream of a producer beyond the network.
struct PublishedStream {
  std::string meta{};
  size_t viewers = 0;  // sessions, in negotiation too
  std::chrono::steady_clock::time_point since{};
};

enum class Departure {
  leaves,     // closed its connection, or was shown the door: its sessions end
  dismissed,  // the same, because its token is none any more; the other sides are told so
  lost,       // the connection broke: its sessions go on without signaling for a while
};
// To who was in a session with one that was dismissed.
inline constexpr const char* kOthersTokenRevoked =
    "The token by which the other side came is not valid any more.";


class Room {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using NewId = std::function<std::string()>;

  explicit Room(NewId new_id, RoomSettings settings = {});

  // The new peer's id; `out` gets its welcome.
  std::string connect(PeerKind kind, Outbox& out, PeerRights rights = {}, Visitor visitor = {});
  Outbox receive(const std::string& peer, const Message& message, Time now);
  Outbox disconnect(const std::string& peer, Departure departure, Time now);
  // Whether it does what takes the right to publish.
  bool publishes(const std::string& peer) const;
  // It has lost that right, and goes on as a viewer.
  void forbid_publishing(const std::string& peer);
  // Whether who brought these rights may come back as that peer: it can do no more by it than it
  // could without, whoever else learned the secret.
  bool may_resume(const std::string& peer, const PeerRights& rights) const;
  // A `resuming` peer is here again, under its old id: its welcome and what it missed.
  // `rights`, `visitor`: by what it brought this time.
  Outbox resume(const std::string& peer, PeerRights rights = {}, Visitor visitor = {});

  // Forgets the sessions and peers whose grace is over, and sessions that were not taken up; to be
  // called at next_expiry() (room_expiry.cpp).
  Outbox expire(Time now);
  std::optional<Time> next_expiry() const;
  // Tells listeners what could not be told at once; to be called at next_news().
  Outbox tell_news(Time now);
  std::optional<Time> next_news() const { return news_.due(); }

  bool has(const std::string& peer) const { return peers_.contains(peer); }
  bool is_producer(const std::string& peer) const;
  size_t peers() const { return peers_.size() - remote_peers_; }  // here
  size_t sessions() const { return sessions_.size(); }
  // Other relays of the federation, and the peers there (room_federation.cpp). `relay`: its id.
  //
  // What they have to know of: producers and consumers that are here.
  std::vector<RemotePeer> peers_for_federation() const;
  RemotePeer peer_for_federation(const std::string& peer) const;
  // Of its producers that have some.
  std::map<std::string, size_t> viewers_here() const;
  // That relay says all that it has: who is not named up to the end has no role any more.
  Outbox begin_sync(const std::string& relay);
  Outbox end_sync(const std::string& relay, Time now);
  // What it says of a peer there. Of two who have one name the older one keeps it.
  Outbox on_remote_peer(const std::string& relay, const RemotePeer& said, Time now);
  void on_remote_viewers(const std::string& relay, const std::map<std::string, size_t>& viewers);
  // What a peer there has for `peer`.
  Outbox on_remote_message(const std::string& relay, const std::string& peer,
                           const Message& message);
  // It cannot be reached. What was for a peer there waits for it, as for one whose connection was
  // lost.
  Outbox lose_relay(const std::string& relay, Time now);
  Outbox undelivered(const std::string& relay, Outgoing outgoing, Time now);

  // By name. Producers whose meta has no name that a stream may have are not among them.
  std::map<std::string, PublishedStream> published() const;

 private:
  struct Peer {
    PeerKind kind = PeerKind::client;
    Roles roles{};
    std::string meta = "null";
    bool v1_1 = false;
    bool spoke = false;          // too late for setProtocolVersion
    std::string stream{};        // of a producer; empty: its meta has no usable name
    std::string takes{};         // of a consumer; the same
    Time since{};                // when that became so
    std::optional<Time> away{};  // until when a lost peer may resume
    std::vector<Message> missed{};
    size_t missed_bytes = 0;
    bool missed_too_much = false;  // it cannot come back as itself: something is lost
    PeerRights rights{};
    Visitor visitor{};
    bool asked_for_consumers = false;
    std::string relay{};  // PeerKind::federated: which one
    bool in_sync = true;  // the same: was named
    size_t viewers = 0;   // the same: as it said
  };
  struct Session {
    std::string producer{};
    std::string consumer{};
    std::string requester{};
    std::optional<Time> ends{};       // set once one side was lost
    std::optional<Time> answer_by{};  // none: answered, or its other relay sees to it
    bool producer_described = false, consumer_described = false;
    void is_described_by(const std::string& peer);
    const std::string& other(const std::string& peer) const {
      return peer == producer ? consumer : producer;
    }
    bool has(const std::string& peer) const { return peer == producer || peer == consumer; }
  };
  using Sessions = std::map<std::string, Session>;

  void on(const std::string& id, Peer& peer, const SetProtocolVersion& message, bool first,
          Outbox& out);
  void on(const std::string& id, Peer& peer, const SetPeerStatus& message, Time now, Outbox& out);
  Result<void> check(const std::string& id, const Peer& peer, const SetPeerStatus& message,
                     const std::string& name) const;
  Result<void> check_producer(const std::string& id, const Peer& peer,
                              const std::string& stream) const;
  Result<void> check_taker(const std::string& id, const Peer& peer,
                           const std::string& stream) const;
  void on(const std::string& id, const StartSessionRequest& message, Time now, Outbox& out);
  void on(const std::string& id, const SessionSdp& message, Outbox& out);
  void forward(const std::string& id, const std::string& session, const Message& message,
               Outbox& out);
  void end(const std::string& id, const std::string& session, std::optional<std::string> error,
           Outbox& out);

  void leave(const std::string& id, Departure departure, Time now, Outbox& out);
  // What is for a peer that is away waits for it; what is for a remote one goes to its relay.
  void route(Outbox& out);
  void keep(const std::string& id, Peer& peer, Message message);
  void set_meta(Peer& peer, const std::string& meta);
  // What others may know of the peer.
  static Standing standing_of(const Peer& peer);
  Standing standing_of(const std::string& peer) const;
  static bool sees(const Peer& listener, const Standing& standing);
  // Listeners here, and the other relays. `peer` may be gone.
  void announce(const std::string& peer, const Standing& before, Time now, Outbox& out);
  void tell_news(Time now, Outbox& out);
  size_t tell_listeners(const Announcements::News& news, const Standing& after, Outbox& out) const;
  void tell_ended(const std::string& peer, const std::string& session,
                  std::optional<std::string> error, Outbox& out);
  void refuse(const std::string& peer, std::string details, Outbox& out);
  void take_roles(const std::string& id, Peer& peer, const RemotePeer& said, Time now, Outbox& out);
  void settle(const std::string& remote, Outbox& out, Time now);
  void on_remote_start(const std::string& relay, const std::string& peer, const std::string& from,
                       const std::string& session, const Message& message, Outbox& out);
  void return_of(const std::string& id, Peer& peer, Outbox& out);
  void drop_roles(const std::string& id, Peer& peer, Time now, Outbox& out);
  // Viewers at other relays, who are known for their sessions alone.
  void forget_guests();
  std::vector<std::string> peers_of(const std::string& relay) const;
  std::vector<PeerEntry> entries(bool Roles::*role, const std::string& asks) const;

  NewId new_id_;
  RoomSettings settings_;
  std::map<std::string, Peer> peers_;
  Sessions sessions_;
  Announcements news_;
  SharedBound missed_;            // bytes that wait for peers that are away
  size_t remote_peers_ = 0;       // of peers_
  size_t remote_meta_bytes_ = 0;  // of their metas
  bool session_ended_ = false;    // since guests were looked at
};

}  // namespace webcast
