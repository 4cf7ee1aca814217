// Signaler: one way to meet viewers, or a publisher. Knows how messages travel and nothing of
// media.
//
// Used on the element's control thread; the scheme of its location chooses which one it is
// (make_signaler). A session is with one remote side, a viewer or (role consumer) a
// publisher: its id is unique within the signaler.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/control_thread.hpp"
#include "common/result.hpp"
#include "plugins/signalers/outgoing.hpp"
#include "signaling/protocol/message.hpp"  // kStreamFull, kNotAuthorized, Visitor
#include "signaling/protocol/stream_meta.hpp"

namespace webcast {

// What a signaler tells about the stream it publishes.
struct StreamInfo {
  std::string name{};  // property `stream`
  std::string title{};  // for people; clean_text(), empty: none
  bool live = false;   // false: known but not started, or ended
  unsigned viewers = 0;
  std::vector<std::string> video{};  // one line a track ("H264 1280x720")
  std::vector<std::string> audio{};
  StreamNotice notice = StreamNotice::none;
  // As in the properties stun-server and turn-servers; hold secrets: never logged.
  std::vector<std::string> ice_servers{};
  // They are set but not told: a source's. Candidates follow its offer.
  bool has_own_servers = false;
};

// Who may come in, and how the listener speaks. Secrets: never logged.
struct AccessSettings {
  // Each is asked for by one role, and shown to the servers that locations name by the other.
  std::string view_token{};     // asked for by a producer, shown by a consumer
  std::string publish_token{};  // the other way round
  std::vector<std::string> allow_origins{};
  std::string tls_certificate{}, tls_key{};  // PEM files
  std::vector<std::string> trusted_proxies{};  // addresses and networks
  friend bool operator==(const AccessSettings&, const AccessSettings&) = default;
};

struct SessionRequest {
  std::string session{};
  std::string viewer{};                // the remote peer's id, for messages and statistics
  std::optional<std::string> offer{};  // the remote side's own SDP offer, unchecked; a publisher's
                                       // may come as a description later
  bool wants_offer = false;            // the other side is a publisher that answers ours
  bool is_server = false;  // a media server: takes one track of a kind, in the codec we like best
  std::vector<std::string> codecs{};       // the only ones that it takes; empty: it does not tell
  bool by_hand = false;                    // people carry the descriptions, and take their time
  std::vector<std::string> ice_servers{};  // its own, beside the element's; never logged
  // Who asks, as far as is known. None: we asked ourselves, so there is nobody to be let in.
  std::optional<Visitor> visitor{};
};

struct SignalerEvents {  // on the control thread; none after stop()
  std::function<void(const SessionRequest&)> session_requested;
  // From the other side of a session: an SDP or a candidate.
  std::function<void(const std::string& session, bool is_offer, const std::string& sdp)>
      description;
  std::function<void(const std::string& session, unsigned mline, const std::string& candidate)>
      candidate;
  std::function<void(const std::string& session, const std::string& reason)> session_ended;
  // "listening" (url: the player's), "connecting", "connected", "reconnecting", "closed".
  std::function<void(const std::string& state, const std::string& url)> state;
  std::function<void(const Error&)> warning;  // to be shown loudly; the signaler goes on
  std::function<void(const std::string& sentence)> info;  // to be shown; nothing is wrong
  // A whole description that somebody has to carry to the other side.
  std::function<void(bool is_offer, const std::string& sdp)> handed_out;
};

class Signaler {
 public:
  virtual ~Signaler() = default;
  // Any failure that the user can mend is found here (address in use, bad certificate).
  virtual Result<void> start(const StreamInfo& stream) = 0;
  virtual void stop() = 0;
  virtual void set_stream(const StreamInfo& stream) = 0;
  // Other tokens and origins, from here on: who came by a token that is none any more is shown the
  // door, and servers are shown the new one with the next request or connection.
  virtual void set_access(const AccessSettings&) {}
  virtual void send_description(const std::string& session, bool is_offer,
                                const std::string& sdp) = 0;
  virtual void send_candidate(const std::string& session, unsigned mline,
                              const std::string& candidate) = 0;
  // `error`: why, for the viewer's page; absent: the stream ended as it should.
  virtual void end_session(const std::string& session, std::optional<std::string> error) = 0;
};

// What we are on the wire: who sends media, or who receives it.
enum class SignalerRole { producer, consumer };

// The property whose token is shown to servers in that role.
inline const char* shown_token_property(SignalerRole role) {
  return role == SignalerRole::producer ? "publish-token" : "view-token";
}

struct SignalerContext {
  ControlThread& control;
  AccessSettings access{};
  SignalerEvents events{};
  SignalerRole role = SignalerRole::producer;
  OutgoingSettings outgoing{};

  const std::string& shown_token() const {
    return role == SignalerRole::producer ? access.publish_token : access.view_token;
  }
};

// The signaler for one location; the error names the location, the cause and the remedy.
Result<std::unique_ptr<Signaler>> make_signaler(const std::string& location,
                                                SignalerContext context);

// Splits "listen://:8080,whip://…" at its commas; empty parts are an error.
Result<std::vector<std::string>> split_locations(const std::string& locations);

}  // namespace webcast
