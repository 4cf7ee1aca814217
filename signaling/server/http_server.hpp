// Server: pages, /api/streams and the signaling WebSocket, for any number of streams.
//
// It has a thread of its own with everything it owns on it; the public functions may be called on
// any other thread, and wait for that one where they return something. Peers are WebSocket
// clients or, in this process, LocalPeers; both are equal in the room.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "signaling/protocol/message.hpp"
#include "signaling/server/http/acceptor.hpp"
#include "signaling/server/http/listen_address.hpp"
#include "signaling/server/room/room.hpp"
#include "signaling/server/switchboard/federation_link.hpp"
#include "signaling/server/switchboard/streams.hpp"
#include "signaling/server/whip/whip.hpp"

namespace webcast {

struct ServerSettings {
  ListenAddress address{};
  std::string view_token{};                  // empty: none; never logged
  std::string publish_token{};               // to bring a stream; the same
  std::string token_secret{};                // see access.hpp; never logged
  std::vector<std::string> allow_origins{};  // see access.hpp
  std::string tls_certificate{}, tls_key{};  // PEM files; the key may be in the first
  size_t max_peers = 0;                      // WebSockets; 0: as many as connections
  size_t peers_per_address = 64;             // a /64 of IPv6 is one address
  size_t peers_per_loopback_address = 512;   // a reverse proxy is one address
  RateSettings messages{.burst = 5000, .per_second = 500};  // of an address
  RateSettings new_sessions{.burst = 120, .per_second = 2};  // of an address
  AcceptorSettings acceptor{};
  size_t bodies = 32 * 1024 * 1024;  // bytes that came, of all requests under way
  std::chrono::milliseconds reply_deadline{60'000};
  // How long the end waits for the last frames to leave and the sockets to close.
  std::chrono::milliseconds stop_patience{200};
  RoomSettings room{};
  WhipSettings whip{};
  // To other relays, with RoomSettings::is_federated; empty: none.
  MakeFederationLink federation_link{};
  std::vector<IceServer> ice_servers{};  // told to clients of streams that name none themselves
};

// A peer in this process. Dropping it leaves the room.
class LocalPeer {
 public:
  virtual ~LocalPeer() = default;
  virtual void send(Message message) = 0;
};

class Server {
 public:
  // Listens when it returns.
  static Result<std::unique_ptr<Server>> start(ServerSettings settings);
  virtual ~Server() = default;

  // The one in use: the port is never 0.
  virtual ListenAddress address() const = 0;
  // "http://127.0.0.1:8080/"; for all addresses one by which other machines find this one.
  virtual std::string url() const = 0;
  virtual bool is_tls() const = 0;

  // `receive` is called on the server's thread, not after the peer was dropped. It must not wait.
  virtual std::unique_ptr<LocalPeer> join(std::function<void(const Message&)> receive) = 0;

  // A stream's page exists from here on; a name can be had once.
  virtual Result<void> add_stream(const std::string& name) = 0;
  virtual void set_stream(const StreamStatus& status) = 0;
  virtual void remove_stream(const std::string& name) = 0;

  // The page that publishes to a consumer in this process exists from here on; as above.
  virtual Result<void> add_consumer(const std::string& name) = 0;
  virtual void remove_consumer(const std::string& name) = 0;

  // For requests from here on.
  virtual void set_tokens(const std::string& view_token, const std::string& publish_token) = 0;
  // The same, and who came by a token that is none any more is told so and leaves.
  virtual void set_access(const std::string& view_token, const std::string& publish_token,
                          const std::vector<std::string>& allow_origins) = 0;
  // Reads the files of the certificate again, and takes tokens, their secret and origins of
  // `settings`, for requests and handshakes from here on: who is in stays. An error: nothing has
  // changed. The rest of the settings is for the next start.
  virtual Result<void> reload(const ServerSettings& settings) = 0;
};

}  // namespace webcast
