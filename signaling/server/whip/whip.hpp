// Whip: the WHIP and WHEP endpoints of a server. Each session is a peer of the room: its POST
// starts a session with the stream's producer (WHEP) or consumer (WHIP), whose answer becomes
// the body of the 201. docs/protocol.md has the rules by their numbers.
//
// Its site owns it; server's thread.
#pragma once

#include <libsoup/soup.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/control_thread.hpp"
#include "common/ref.hpp"
#include "signaling/protocol/link_header.hpp"
#include "signaling/server/http/rate_limit.hpp"
#include "signaling/server/switchboard/switchboard.hpp"
#include "signaling/server/whip/whip_resource.hpp"

namespace webcast {

struct WhipSettings {
  RateSettings rate{};                 // of POST, PATCH and DELETE, for each address
  RateSettings loopback_rate{600, 200};  // a reverse proxy is one address
  size_t sessions = 1000;                // all together
  bool peers_trickle = false;  // candidates may follow an answer that has some already
  WhipResource::Patience patience{};
};

class Whip : public std::enable_shared_from_this<Whip> {
 public:
  // The ICE servers that clients of this stream are told.
  using IceServersOf = std::function<std::vector<IceServer>(const std::string& stream)>;

  Whip(ControlThread& control, Switchboard& switchboard, WhipSettings settings,
       IceServersOf ice_servers);

  struct Request {
    SoupServerMessage* message = nullptr;
    WhipPath path{};
    std::string client_key{};  // of the address
    size_t client_limit = 0;   // sessions that one address may have
    std::string token{};       // from the query; the resource's address carries it on
    Visitor visitor{};
    bool is_preflight = false;
  };
  // Answers at once, or pauses the message and answers later.
  void answer(const Request& request);

  // Ends the sessions of those of whom `may_stay` says no.
  void dismiss(const Switchboard::Admits& admits);

  size_t sessions() const { return sessions_.size(); }
  void close();

 private:
  struct Session {
    WhipResource resource;
    std::string client_key{}, token{};
    std::string offer{};
    std::string shown{};              // the token, wherever it stood; never logged
    std::string peer{};               // our id in the room
    std::string session{};            // the room's; empty until it began
    Ref<SoupServerMessage> waiting{};  // the POST, until it is answered
    Timer deadline{};
  };
  using Sessions = std::map<std::string, Session>;

  void answer_endpoint(const Request& request);
  void answer_resource(const Request& request);
  bool within_rate(const Request& request);
  void refuse_for(const Request& request, std::chrono::milliseconds wait, const char* sentence);
  void post(const Request& request);
  void patch(const Request& request, Session& session);
  void describe(const Request& request);

  void call(const std::string& id, Session& session, const Visitor& visitor);
  void on_message(const std::string& id, const Message& message);
  void on_entries(const std::string& id, Session& session, const std::vector<PeerEntry>& entries);
  void on_ended(const std::string& id, Session& session, const std::string& reason);
  void check(const std::string& id);
  void created(const std::string& id, Session& session);
  // Answers the POST that waits with an error; the session is gone then.
  void refuse(const std::string& id, unsigned status, const std::string& sentence,
              unsigned retry_after = 0);
  void end(const std::string& id);
  size_t sessions_of(const std::string& client_key) const;

  ControlThread& control_;
  Switchboard& switchboard_;
  WhipSettings settings_;
  IceServersOf ice_servers_;
  RateLimit rate_, loopback_rate_;
  Sessions sessions_;  // by the resource's id
};

}  // namespace webcast
