// Switchboard: carries messages between the room and its peers, WebSockets and local ones alike.
//
// Its site owns it; server's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/control_thread.hpp"
#include "signaling/server/http/access.hpp"
#include "signaling/server/http/metrics.hpp"
#include "signaling/server/http/rate_limit.hpp"
#include "signaling/server/http/websocket.hpp"
#include "signaling/server/room/room.hpp"
#include "signaling/server/room/shared_bound.hpp"
#include "signaling/server/switchboard/federation_membership.hpp"
#include "signaling/server/switchboard/streams.hpp"

namespace webcast {

// What the request of a WebSocket told of who comes.
struct Arrival {
  PeerKind kind = PeerKind::client;
  std::string secret{};  // of resume_secret(), for PeerKind::resuming
  PeerRights rights{};
  Visitor visitor{};
};

class Switchboard : public std::enable_shared_from_this<Switchboard> {
 public:
  using Receive = std::function<void(const Message&)>;

  // `messages`, `new_sessions`: of one address.
  Switchboard(ControlThread& control, RoomSettings settings, RateSettings messages,
              RateSettings new_sessions);

  // Acts as one with other relays from here on; RoomSettings::is_federated says so beforehand.
  void join_federation(const MakeFederationLink& make_link);

  // A peer in this process; its id. `kind`: remote for one that stands for a client beyond.
  std::string join(Receive receive, PeerKind kind = PeerKind::local, Visitor visitor = {});
  void send(const std::string& local_peer, const Message& message);
  void leave(const std::string& local_peer);

  // A secret by which a client that asked for one can come back as the same peer. `known`: what it
  // brought from its connection before, or anything else; of use with the rights of that time only.
  std::string resume_secret(const std::string& known, const PeerRights& rights) const;
  void add_websocket(GIOStream* stream, GUri* uri, std::shared_ptr<Client> client,
                     const std::string& subprotocol, const Arrival& arrival);
  // Places that are taken, by who is away and may come back too; `secret`: whose own place does
  // not count, for it is that one that asks.
  size_t places_of(const std::string& client_key, const std::string& secret) const;
  size_t places(const std::string& secret) const;
  // How long an address has to wait before it may begin another session; 0: it begins one now.
  std::chrono::milliseconds begin_session(const std::string& client_key);
  // Of producers beyond the network.
  std::vector<StreamStatus> published() const;

  // Those who are admitted no more, by the token that they came by, are told so and leave. Who may
  // watch on, and publishes nothing, only loses the right to.
  using Admits = std::function<Admission(const std::string& token, bool may_publish)>;
  void dismiss(const Admits& admits);

  void count_refusal(const char* cause) { metrics_.refused(cause); }
  // As Prometheus reads it; `streams_here`: those of this process.
  std::string metrics(size_t streams_here, size_t connections) const;

  // Says goodbye to all.
  void close();

 private:
  struct Socket {
    std::shared_ptr<WebSocketPeer> peer;
    std::string client_key;
    // What it has said of late by itself: of an address that is over its rate, who keeps to this
    // is not the one to blame.
    RateLimit own_rate;
    std::string token;  // never logged
    bool may_publish = false;
  };

  std::string enter(const Arrival& arrival, const std::string& client_key, Outbox& out);
  size_t count_places(const std::string& secret,
                      const std::function<bool(const std::string& client_key)>& counts) const;
  void on_text(const std::string& id, std::string_view text);
  void on_closed(const std::string& id, const WebSocketPeer* socket, Departure departure);
  bool within_rate(const std::string& id, Socket& socket);
  void on_waiting(const std::string& id, const WebSocketPeer* socket, size_t bytes);
  void deliver(const Outbox& out);
  void schedule_expiry();
  void expire();
  void schedule_news();

  ControlThread& control_;
  Room room_;
  Metrics metrics_;
  RateSettings own_rate_;
  RateLimit message_rate_, message_rate_for_many_;
  RateLimit session_rate_, session_rate_for_many_;
  SharedBound waiting_;  // bytes that the sockets did not take yet
  std::map<std::string, Receive> locals_;
  std::map<std::string, Socket> sockets_;
  struct Resuming {
    std::string peer{}, client_key{};
  };
  std::map<std::string, Resuming> resuming_;  // by their secrets
  std::shared_ptr<FederationMembership> federation_;  // null: in none
  Timer expiry_, news_;
};

}  // namespace webcast
