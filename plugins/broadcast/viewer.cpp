#include "plugins/broadcast/viewer.hpp"

#include <algorithm>

#include "plugins/gst/structure.hpp"
#include "plugins/session/debug.hpp"
#include "plugins/session/message_signal.hpp"

namespace webcast {
namespace {

constexpr size_t kMaxEarlyCandidates = 64;

// Nobody knows what a viewer without an offer decodes. Where the user has no order of his own: VP8
// is what every browser has; H.264 is missing where no licensed decoder is installed (Firefox on
// Debian), so it comes after.
std::vector<Codec> preference_for_unknown(std::vector<Codec> preference) {
  std::stable_partition(preference.begin(), preference.end(),
                        [](Codec codec) { return codec == Codec::vp8; });
  return preference;
}

StructurePtr medium_stats(const PeerMediumStats& medium, RenditionLease* lease) {
  StructurePtr stats(gst_structure_new(
      "webcast-medium", "track", G_TYPE_STRING, medium.track.c_str(), "packets", G_TYPE_UINT64,
      medium.packets, "bytes", G_TYPE_UINT64, medium.bytes, "bitrate", G_TYPE_UINT, medium.bitrate,
      "round-trip-ms", G_TYPE_DOUBLE, medium.round_trip_ms, "jitter-ms", G_TYPE_DOUBLE,
      medium.jitter_ms, "fraction-lost", G_TYPE_DOUBLE, medium.fraction_lost, "packets-lost",
      G_TYPE_INT64, medium.packets_lost, "nack-count", G_TYPE_UINT64, medium.nack, "pli-count",
      G_TYPE_UINT64, medium.pli, "fir-count", G_TYPE_UINT64, medium.fir, "retransmitted",
      G_TYPE_UINT64, medium.retransmitted, "frames-dropped", G_TYPE_UINT64, medium.frames_dropped,
      nullptr));
  if (!lease) return stats;
  Rendition& rendition = lease->rendition();
  gst_structure_set(stats.get(), "rendition", G_TYPE_STRING, rendition.name().c_str(), nullptr);
  if (const RtpFormat* format = rendition.format())
    gst_structure_set(stats.get(), "codec", G_TYPE_STRING,
                      std::string(codec_name(format->codec)).c_str(), nullptr);
  return stats;
}

}  // namespace

Viewer::Viewer(std::string id, std::optional<std::string> offer, ControlThread& control,
               ViewerEvents events)
    : id_(std::move(id)), offer_(std::move(offer)), control_(control), events_(std::move(events)) {}

Viewer::~Viewer() {
  close();
}

bool Viewer::watches(const Track& track) const {
  return std::any_of(media_.begin(), media_.end(),
                     [&](const Medium& medium) { return medium.track.get() == &track; });
}

Result<OfferedMedia> Viewer::read_capabilities(const Plan& plan) const {
  if (offer_) return read_offer(*offer_);
  OfferedMedia unknown;
  unknown.video_lines = unknown.audio_lines = plan.is_server ? 1 : G_MAXUINT;
  return unknown;
}

Result<void> Viewer::take_kind(const Plan& plan, MediaKind kind, const ViewerCodecs& codecs,
                               unsigned lines) {
  auto preference = kind == MediaKind::video ? plan.video_preference : plan.audio_preference;
  if (!codecs.known && !plan.is_server && !plan.orders_video)
    preference = preference_for_unknown(std::move(preference));
  std::optional<Error> refusal;
  unsigned taken = 0;
  for (const auto& track : plan.tracks) {
    if (track->kind() != kind || taken == lines) continue;
    auto lease = track->lease(preference, codecs);
    if (!lease) {
      refusal = lease.error();
      GST_INFO("viewer %s: nothing of %s: %s", id_.c_str(), track->name().c_str(),
               refusal->sentence.c_str());
      continue;
    }
    Medium medium;
    medium.track = track;
    medium.lease = std::move(*lease);
    media_.push_back(std::move(medium));
    taken++;
  }
  // Sound without the picture (or the other way round) would look like a fault of the viewer's:
  // it is told why instead.
  if (refusal && taken == 0) return *refusal;
  return {};
}

Result<void> Viewer::take_leases(const Plan& plan) {
  auto offered = read_capabilities(plan);
  if (!offered) return offered.error();
  std::optional<Error> missing;
  for (MediaKind kind : {MediaKind::video, MediaKind::audio}) {
    bool video = kind == MediaKind::video;
    auto taken = take_kind(plan, kind, video ? offered->video : offered->audio,
                           video ? offered->video_lines : offered->audio_lines);
    if (taken) continue;
    // What the sender has no encoder for nobody can be given, and the track told so; what the
    // viewer lacks it can mend.
    if (taken.error().code != ErrorCode::not_found) return taken;
    if (!missing) missing = taken.error();
  }
  if (media_.empty())
    return missing.value_or(Error{ErrorCode::not_supported,
                                  "Your offer asks for none of the media that this stream has"});
  return {};
}

void Viewer::begin(const Plan& plan) {
  began_ = true;
  peer_settings_ = plan.peer;
  clock_ = plan.clock;
  if (auto taken = take_leases(plan); !taken) return end(taken.error());
  set_reachable(false);
  watch_leases();
}

// An encoder is not kept busy for who merely asked.
void Viewer::set_reachable(bool reachable) {
  for (Medium& medium : media_)
    if (medium.lease) medium.lease->set_reachable(reachable);
}

void Viewer::watch_leases() {
  std::weak_ptr<Viewer> weak = weak_from_this();
  std::vector<RenditionLease*> leases;
  for (const Medium& medium : media_)
    leases.push_back(medium.lease.get());
  // For all at last: a lease may be ready at once, and the peer must see all media.
  for (RenditionLease* lease : leases)
    lease->when_stuck([weak, lease](const Error& error) {
      auto self = weak.lock();
      Medium* medium = self ? self->medium_of(lease) : nullptr;
      if (medium && !lease->rendition().has_begun(medium->egress.get())) self->end(error);
    });
  for (RenditionLease* lease : leases)
    lease->when_lost([weak, lease](const Error& error) {
      // A lease that was given up may still say so until it is gone.
      if (auto self = weak.lock(); self && self->medium_of(lease)) self->end(error);
    });
  for (RenditionLease* lease : leases) {
    if (closed_ || !medium_of(lease)) continue;
    lease->when_ready([weak, lease](const Result<void>& result) {
      if (auto self = weak.lock()) self->on_lease_ready(lease, result);
    });
  }
}

Viewer::Medium* Viewer::medium_of(const RenditionLease* lease) {
  auto found = std::find_if(media_.begin(), media_.end(),
                            [=](const Medium& medium) { return medium.lease.get() == lease; });
  return found == media_.end() ? nullptr : &*found;
}

void Viewer::on_lease_ready(const RenditionLease* lease, const Result<void>& result) {
  Medium* medium = medium_of(lease);
  if (closed_ || peer_ || !medium) return;
  if (result)
    medium->ready = true;
  else if (!leave_out(*medium, result.error()))
    return end(result.error());
  start_peer_when_ready();
}

void Viewer::start_peer_when_ready() {
  if (!closed_ && !peer_ && !media_.empty() &&
      std::all_of(media_.begin(), media_.end(), [](const Medium& m) { return m.ready; }))
    start_peer();
}

// What cannot be made here must not keep the other media from who watches. False: there is none.
bool Viewer::leave_out(Medium& medium, const Error& reason) {
  if (media_.size() == 1) return false;
  warn_left_out(medium.track->kind(), reason);
  unsubscribe(medium);
  std::erase_if(media_, [](const Medium& m) { return !m.lease; });
  return true;
}

void Viewer::warn_left_out(MediaKind kind, const Error& reason) {
  events_.warning({reason.code,
                   "A viewer gets no " + std::string(kind_name(kind)) +
                       " of this stream, and the rest: " + reason.sentence,
                   reason.cause});
}

std::vector<PeerMedium> Viewer::peer_media() {
  std::vector<PeerMedium> media;
  for (Medium& medium : media_) {
    Rendition& rendition = medium.lease->rendition();
    PeerMedium one;
    one.track = medium.track->name();
    one.format = *rendition.format();
    // The peer calls this from its own threads, and by then the lease may be gone: so by control.
    std::weak_ptr<Viewer> weak = weak_from_this();
    size_t index = media.size();
    one.request_keyframe = [weak, index, &control = control_] {
      control.post([weak, index] {
        auto self = weak.lock();
        if (self && !self->closed_ && index < self->media_.size() && self->media_[index].lease)
          self->media_[index].lease->rendition().request_keyframe();
      });
    };
    media.push_back(std::move(one));
  }
  return media;
}

PeerEvents Viewer::peer_events() {
  std::weak_ptr<Viewer> weak = weak_from_this();
  PeerEvents events;
  events.description = [weak](const SessionDescription& description) {
    if (auto self = weak.lock(); self && !self->closed_) self->events_.description(description);
  };
  events.candidate = [weak](const IceCandidate& candidate) {
    if (auto self = weak.lock(); self && !self->closed_) self->events_.candidate(candidate);
  };
  events.reachable = [weak] {
    if (auto self = weak.lock(); self && !self->closed_) self->set_reachable(true);
  };
  events.connected = [weak](std::chrono::milliseconds setup) {
    if (auto self = weak.lock(); self && !self->closed_) self->on_peer_connected(setup);
  };
  events.message = [weak](const PeerMessage& message) {
    if (auto self = weak.lock(); self && !self->closed_) self->events_.message(message);
  };
  events.closed = [weak](const Error& reason) {
    if (auto self = weak.lock()) self->end(reason);
  };
  return events;
}

void Viewer::start_peer() {
  auto peer =
      Peer::create(id_, control_, clock_.get(), peer_settings_, peer_media(), peer_events());
  if (!peer) return end(peer.error());
  peer_ = *peer;
  std::optional<SessionDescription> offer;
  if (offer_) offer = SessionDescription{SessionDescription::Type::offer, *offer_};
  peer_->start(std::move(offer));
  subscribe();
  for (const IceCandidate& candidate : std::exchange(early_candidates_, {}))
    peer_->add_remote_candidate(candidate);
}

// From the start of negotiation: the egress keeps the newest keyframe and what follows it, so that
// the picture is there in the moment the viewer's fingerprint was found right.
void Viewer::subscribe() {
  for (size_t i = 0; i < media_.size() && !closed_; i++) {
    Medium& medium = media_[i];
    if (!medium.lease) continue;
    medium.egress = peer_->egress(i);
    if (medium.egress) medium.lease->rendition().subscribe(medium.egress);
  }
}

void Viewer::on_peer_connected(std::chrono::milliseconds setup) {
  connected_ = true;
  set_reachable(true);
  ViewerConnected connected;
  connected.setup = setup;
  for (const Medium& medium : media_) {
    if (!medium.lease) continue;
    connected.codec = codec_name(medium.lease->rendition().format()->codec);
    connected.rendition = medium.lease->rendition().name();
    break;
  }
  events_.connected(connected);
}

void Viewer::on_description(bool is_offer, const std::string& sdp) {
  if (closed_ || !peer_) return;
  if (is_offer)
    return end(Error{ErrorCode::refused,
                     "An offer in mid-session is not taken: end the session and start a new one"});
  peer_->set_remote_answer(SessionDescription{SessionDescription::Type::answer, sdp});
}

void Viewer::on_candidate(const IceCandidate& candidate) {
  if (closed_) return;
  if (peer_) return peer_->add_remote_candidate(candidate);
  if (early_candidates_.size() < kMaxEarlyCandidates) early_candidates_.push_back(candidate);
}

void Viewer::unsubscribe(Medium& medium) {
  if (medium.lease && medium.egress) medium.lease->rendition().unsubscribe(medium.egress.get());
  medium.egress.reset();
  // Not here: this may run within a call of the lease's own.
  control_.post([ended = std::shared_ptr<RenditionLease>(std::move(medium.lease))] {});
}

bool Viewer::drop_track(const Track& track) {
  for (Medium& medium : media_)
    if (medium.track.get() == &track) unsubscribe(medium);
  if (!peer_) {
    // Nobody counts on its place yet; the others need not wait for it.
    std::erase_if(media_, [](const Medium& m) { return !m.lease; });
    start_peer_when_ready();
  }
  return std::any_of(media_.begin(), media_.end(), [](const Medium& m) { return !!m.lease; });
}

Result<void> Viewer::send(const PeerMessage& message) {
  if (peer_ && connected_) return peer_->send(message);
  return Error{ErrorCode::refused, "The viewer " + id_ + " is not connected yet."};
}

StructurePtr Viewer::stats() const {
  PeerStats peer;
  if (peer_) peer = peer_->stats();
  if (peer.state.empty()) peer.state = closed_ ? "closed" : "waiting";
  StructurePtr stats(gst_structure_new("webcast-viewer", "id", G_TYPE_STRING, id_.c_str(), "state",
                                       G_TYPE_STRING, peer.state.c_str(), "setup-ms", G_TYPE_INT,
                                       peer.setup_ms, "candidates-refused", G_TYPE_UINT,
                                       peer.candidates_refused, "packets-refused", G_TYPE_UINT64,
                                       peer.packets_refused, nullptr));
  GValue list = G_VALUE_INIT;
  g_value_init(&list, GST_TYPE_ARRAY);
  for (size_t i = 0; i < peer.media.size() && i < media_.size(); i++)
    append_structure(&list, medium_stats(peer.media[i], media_[i].lease.get()));
  gst_structure_take_value(stats.get(), "media", &list);
  add_message_stats(stats.get(), peer.messages);
  return stats;
}

void Viewer::end(const Error& reason) {
  if (closed_) return;
  close();
  events_.ended(reason);
}

void Viewer::close() {
  if (closed_) return;
  closed_ = true;
  connected_ = false;
  if (peer_) peer_->close();
  for (Medium& medium : media_)
    unsubscribe(medium);
}

}  // namespace webcast
