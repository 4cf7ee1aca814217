// Peer: our object for one remote side that receives media.
//
// Control thread throughout, except the FrameSinks of its media. Only the files webrtc_* behind
// this header deal with webrtcbin; nobody outside peer/ may assume how packets leave (a direct
// egress takes webrtcbin's place on the sending side later).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/control_thread.hpp"
#include "common/process_budget.hpp"
#include "common/result.hpp"
#include "plugins/gst/gst_ref.hpp"
#include "plugins/peer/candidate_networks.hpp"
#include "plugins/peer/messages/message.hpp"
#include "plugins/rtp/rtp_format.hpp"
#include "plugins/rtp/rtp_frame.hpp"

namespace webcast {

struct IceSettings {
  std::string stun_server{};                // stun://host:port; empty: none
  std::vector<std::string> turn_servers{};  // turn(s)://user:password@host:port
  // Shared with the TURN servers: each peer gets a credential of its own, which expires, in place
  // of user and password. Empty: none. Never logged.
  std::string turn_secret{};
  std::vector<std::string> named_turn_servers{};  // by the other side, with their own credentials
  bool relay_only = false;
  std::vector<std::string> local_addresses{};  // empty: what libnice finds
  unsigned min_port = 0, max_port = 0;         // 0: any
  std::string external_address{};              // empty: none
  PeerNetworks peer_networks = PeerNetworks::automatic;
  CandidateNetworks candidate_networks{};  // what that comes to for one session
};

// What the other side named: a TURN server beside ours, a STUN server if we have none.
void add_servers(IceSettings& ice, const std::vector<std::string>& servers);

// People who carry descriptions by hand may take so long.
inline constexpr std::chrono::hours kHandOver{1};

struct PeerSettings {
  IceSettings ice{};
  bool retransmission = true;
  bool messages = false;                              // beside the media
  std::chrono::milliseconds connect_timeout{20'000};  // from start to media allowed
  std::chrono::milliseconds silence_timeout{10'000};  // no RTCP at all: the peer is gone
  std::chrono::milliseconds hand_over{0};  // until our description arrived; 0: it does at once
  // In the budget of the process; kept until the pipeline is freed. Null: nobody asked.
  std::shared_ptr<Place> place{};
};

// What a peer takes of the process: its threads, its sockets, the descriptors that wake them.
Resources cost_of_peer(const IceSettings& ice, size_t threads);

struct SessionDescription {
  enum class Type { offer, answer } type = Type::offer;
  std::string sdp{};
};

struct IceCandidate {
  unsigned mline = 0;
  std::string candidate{};  // "candidate:…", without "a="; empty: end of candidates
};

// One medium to send. The order is that of the tracks; `request_keyframe` answers PLI and FIR.
struct PeerMedium {
  std::string track{};  // the pad's name
  RtpFormat format{};
  std::function<void()> request_keyframe{};  // any thread
};

struct PeerMediumStats {
  std::string track{};
  guint64 packets = 0, bytes = 0;
  unsigned bitrate = 0;  // bit/s over the last second or so
  guint64 nack = 0, pli = 0, fir = 0, frames_dropped = 0, retransmitted = 0;
  double fraction_lost = 0;  // 0…1, the peer's last report
  gint64 packets_lost = 0;
  double jitter_ms = 0, round_trip_ms = 0;
};

struct PeerStats {
  std::string state{};  // new, connecting, connected, closed
  int setup_ms = -1;    // start to media allowed; -1: not yet
  unsigned candidates_refused = 0;  // of the other side's, for their networks
  guint64 packets_refused = 0;      // of its, too many or of no use
  std::vector<PeerMediumStats> media{};
  MessageStats messages{};
};

// All on the control thread; none after close() or the destructor. A handler may close the peer,
// but not delete it (post that).
struct PeerEvents {
  std::function<void(const SessionDescription&)> description;
  std::function<void(const IceCandidate&)> candidate;
  // ICE found a way to the other side. May come more than once.
  std::function<void()> reachable;
  // The fingerprint matched: media flows.
  std::function<void(std::chrono::milliseconds setup)> connected;
  std::function<void(const PeerMessage&)> message;
  // Ended by itself, with the reason for the viewer and the log. The peer is closed already.
  std::function<void(const Error& reason)> closed;
};

class Peer {
 public:
  // `clock`: of the internal timeline. `id`: for logs.
  static Result<std::shared_ptr<Peer>> create(const std::string& id, ControlThread& control,
                                              GstClock* clock, PeerSettings settings,
                                              std::vector<PeerMedium> media, PeerEvents events);
  virtual ~Peer() = default;

  // Makes an offer (event `description`), or answers the viewer's own.
  virtual void start(std::optional<SessionDescription> remote_offer) = 0;
  // The answer to our offer. Bad or unwanted: the peer closes with a reason.
  virtual void set_remote_answer(const SessionDescription& answer) = 0;
  // A candidate that cannot be used is dropped.
  virtual void add_remote_candidate(const IceCandidate& candidate) = 0;

  // Where a rendition's frames for medium `index` go; bounded, never waits, closed until the
  // fingerprint was compared. Null for a medium that the viewer did not take. The sink outlives
  // the peer safely.
  virtual std::shared_ptr<FrameSink> egress(size_t index) = 0;

  // The viewer agreed to messages.
  virtual bool takes_messages() const = 0;
  // Takes a message for the viewer, or says why not. What cannot leave at once waits, up to 1 MiB.
  virtual Result<void> send(const PeerMessage& message) = 0;
  virtual PeerStats stats() = 0;
  // Frees everything; quick: what takes time (NULL of the pipeline) goes on on a reaper thread.
  virtual void close() = 0;

  // Of one with so many media.
  static Resources cost(const PeerSettings& settings, size_t media);

  // Loads plugins and makes the process's DTLS certificate on a thread of its own, so that the
  // first viewer need not wait for it (0.1 s and more). More calls cost little.
  static void warm_up();
  // Before an element is in NULL: gst_deinit() may follow.
  static void wait_for_warm_up();

  // What no peer can do without is there; else the error names the package and `missing` becomes
  // the element's factory.
  static Result<void> check_installed(std::string* missing = nullptr);

  // Waits until every peer's remains are gone (stop of the element, tests).
  static void wait_for_reaper();
};

}  // namespace webcast
