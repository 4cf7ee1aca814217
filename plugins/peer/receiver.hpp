// Receiver: our object for one remote side that sends media: a browser's publish page, a WHIP
// client, a WHEP server.
//
// Control thread throughout, except `sample`. Only the files webrtc_* behind this header deal
// with webrtcbin.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/peer/peer.hpp"
#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

struct ReceivedTrack {
  MediaKind kind = MediaKind::video;
  Codec codec = Codec::vp8;
};

struct ReceiverSettings {
  IceSettings ice{};
  bool retransmission = true;
  bool messages = false;      // beside the media
  unsigned latency_ms = 200;  // of the jitter buffer
  std::chrono::milliseconds connect_timeout{20'000};
  std::chrono::milliseconds silence_timeout{10'000};  // no RTP and no RTCP: the publisher is gone
  std::chrono::milliseconds hand_over{0};             // as a Peer's
  std::shared_ptr<Place> place{};                     // as a Peer's
  // In the order of preference; only what `make_tail` can do.
  std::vector<Codec> video{}, audio{};
  // The order is our user's wish. Otherwise that of the publisher's offer decides (RFC 8829 section
  // 5.3.1), which knows what it makes best.
  bool orders_video = true, orders_audio = true;
  // The elements behind a depayloader, linked in this order, on the way to the sample: parser,
  // decoder. None: as it was depayloaded.
  std::function<Result<std::vector<Ref<GstElement>>>(Codec)> make_tail{};
};

struct ReceiverEvents {
  PeerEvents session{};  // as a Peer's; `closed` is told in words about a publisher
  // What the publisher sends, by the index used below; once, before any frame. Control thread.
  std::function<void(const std::vector<ReceivedTrack>&)> tracks;
  // One frame, with caps and a segment in TIME on the internal timeline (rtp_frame.hpp). A
  // streaming thread, one a track; not before the fingerprint was compared. May still come for a
  // moment after close(). Must not wait.
  std::function<void(size_t track, GstSample*)> sample;
};

struct ReceivedTrackStats {
  ReceivedTrack track{};
  guint64 packets = 0, bytes = 0, keyframe_requests = 0, frames_dropped = 0;
};

struct ReceiverStats {
  std::string state{};  // new, connecting, connected, closed
  int setup_ms = -1;    // start to media allowed; -1: not yet
  unsigned candidates_refused = 0;  // as a Peer's
  guint64 packets_refused = 0;
  std::vector<ReceivedTrackStats> tracks{};
  MessageStats messages{};
};

class Receiver {
 public:
  static Result<std::shared_ptr<Receiver>> create(const std::string& id, ControlThread& control,
                                                  GstClock* clock, ReceiverSettings settings,
                                                  ReceiverEvents events);
  virtual ~Receiver() = default;

  // At most, of a publisher with so many media.
  static Resources cost(const ReceiverSettings& settings, size_t media);

  // Answers the publisher's offer, or makes one (event `description`).
  virtual void start(std::optional<SessionDescription> offer) = 0;
  // The answer to our offer. Bad or unwanted: the receiver closes with a reason.
  virtual void set_remote_answer(const SessionDescription& answer) = 0;
  virtual void add_remote_candidate(const IceCandidate& candidate) = 0;
  // As a Peer's.
  virtual Result<void> send(const PeerMessage& message) = 0;
  // Asks the publisher for a keyframe (PLI).
  virtual void request_keyframe(size_t track) = 0;
  // Since anything of it came, RTP or RTCP; once connected.
  virtual std::chrono::milliseconds silence() const = 0;
  virtual ReceiverStats stats() = 0;
  // Frees everything; quick, as a Peer's.
  virtual void close() = 0;
};

// Whether this machine has the depayloader.
bool can_depayload(Codec codec);

}  // namespace webcast
