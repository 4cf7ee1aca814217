// Viewer: one who watches, from the request of a session to its end.
//
// Takes a lease on one rendition for each track that the viewer can have, waits until all formats
// are known, then makes the peer and joins the two. Owned by the Broadcast; control thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/control_thread.hpp"
#include "plugins/media/track.hpp"
#include "plugins/peer/peer.hpp"
#include "plugins/sdp/offered_media.hpp"

namespace webcast {

struct ViewerConnected {
  std::string codec;      // of the first medium: "H264"
  std::string rendition;  // "h264"
  std::chrono::milliseconds setup{};
};

struct ViewerEvents {  // control thread
  std::function<void(const SessionDescription&)> description;
  std::function<void(const IceCandidate&)> candidate;
  std::function<void(const ViewerConnected&)> connected;
  std::function<void(const PeerMessage&)> message;
  // A medium is left out, and why; the others play.
  std::function<void(const Error&)> warning;
  // It cannot go on. The viewer is closed already; the receiver forgets it.
  std::function<void(const Error& reason)> ended;
};

class Viewer : public std::enable_shared_from_this<Viewer> {
 public:
  struct Plan {
    std::vector<std::shared_ptr<Track>> tracks;  // those with input, in the pads' order
    std::vector<Codec> video_preference, audio_preference;
    bool orders_video = false;  // the user's wish: it holds for who does not tell what it has, too
    PeerSettings peer;
    Ref<GstClock> clock;
    bool is_server = false;  // and no browser: one track of a kind, in the codec we like best
  };

  Viewer(std::string id, std::optional<std::string> offer, ControlThread& control,
         ViewerEvents events);
  ~Viewer();

  const std::string& id() const { return id_; }
  bool began() const { return began_; }
  bool connected() const { return connected_; }
  bool watches(const Track& track) const;

  // Once. Failures come by `ended`, also from within this call.
  void begin(const Plan& plan);
  void on_description(bool is_offer, const std::string& sdp);
  void on_candidate(const IceCandidate& candidate);
  // The track is going: its medium falls silent, the others go on. False: nothing is left.
  bool drop_track(const Track& track);

  bool takes_messages() const { return peer_ && connected_ && peer_->takes_messages(); }
  Result<void> send(const PeerMessage& message);

  StructurePtr stats() const;  // "webcast-viewer"
  void close();                // no event after it; idempotent

 private:
  struct Medium {
    std::shared_ptr<Track> track;
    std::unique_ptr<RenditionLease> lease;
    std::shared_ptr<FrameSink> egress;
    bool ready = false;
  };

  Result<OfferedMedia> read_capabilities(const Plan& plan) const;
  Result<void> take_leases(const Plan& plan);
  Result<void> take_kind(const Plan& plan, MediaKind kind, const ViewerCodecs& codecs,
                         unsigned lines);
  void watch_leases();
  Medium* medium_of(const RenditionLease* lease);
  void on_lease_ready(const RenditionLease* lease, const Result<void>& result);
  bool leave_out(Medium& medium, const Error& reason);
  void warn_left_out(MediaKind kind, const Error& reason);
  void start_peer_when_ready();
  void start_peer();
  std::vector<PeerMedium> peer_media();
  PeerEvents peer_events();
  void subscribe();
  void set_reachable(bool reachable);
  void on_peer_connected(std::chrono::milliseconds setup);
  void unsubscribe(Medium& medium);
  void end(const Error& reason);

  const std::string id_;
  const std::optional<std::string> offer_;
  ControlThread& control_;
  ViewerEvents events_;
  PeerSettings peer_settings_;
  Ref<GstClock> clock_;
  std::vector<Medium> media_;
  std::shared_ptr<Peer> peer_;
  std::vector<IceCandidate> early_candidates_;  // bounded by kMaxEarlyCandidates
  bool began_ = false, connected_ = false, closed_ = false;
};

}  // namespace webcast
