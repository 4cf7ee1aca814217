#include "plugins/broadcast/broadcast.hpp"

#include <algorithm>

#include "common/clean_text.hpp"
#include "plugins/gst/structure.hpp"
#include "plugins/peer/turn_credential.hpp"
#include "plugins/session/debug.hpp"
#include "plugins/signalers/location.hpp"

namespace webcast {
std::shared_ptr<Broadcast> Broadcast::create(SinkSettings settings, CheckedSettings checked,
                                             BroadcastEvents events) {
  return std::shared_ptr<Broadcast>(
      new Broadcast(std::move(settings), std::move(checked), std::move(events)));
}

Broadcast::Broadcast(SinkSettings settings, CheckedSettings checked, BroadcastEvents events)
    : settings_(std::move(settings)),
      view_token_(settings_.access.view_token),
      checked_(std::move(checked)),
      events_(std::move(events)),
      control_(std::make_unique<ControlThread>("webcast-control")) {}

Broadcast::~Broadcast() {
  stop(false);
}

Result<void> Broadcast::start() {
  Result<void> opened;
  control_->call([&] {
    opened = open_ways(settings_.signaler.get(), checked_.locations,
                       [this](const std::string& location, const MakeSignaler& make) {
                         return open_way(location, make);
                       });
    link_wait_ = control_->after(kLinkWait, [this] { look_for_links(); });
  });
  if (!opened) stop(false);
  return opened;
}

Result<void> Broadcast::open_way(const std::string& location, const MakeSignaler& make) {
  auto way = std::make_unique<Way>();
  way->location = shown_location(location);
  way->listens = listens(location);
  auto signaler = make(SignalerContext{*control_, settings_.access, signaler_events(way.get()),
                                       SignalerRole::producer, settings_.outgoing});
  if (!signaler) return signaler.error();
  way->signaler = std::move(*signaler);
  if (auto* manual = dynamic_cast<ManualSignaler*>(way->signaler.get())) manual_ = manual;
  StreamInfo info;
  info.name = settings_.stream;
  if (auto started = way->signaler->start(info); !started) return started.error();
  ways_.push_back(std::move(way));
  return {};
}

SignalerEvents Broadcast::signaler_events(Way* way) {
  std::weak_ptr<Broadcast> weak = weak_from_this();
  auto when_alive = [weak](auto&& function) {
    auto self = weak.lock();
    if (self && !self->stopping_) function(*self);
  };
  SignalerEvents events;
  events.session_requested = [=](const SessionRequest& request) {
    when_alive([&](Broadcast& self) { self.on_session_requested(way, request); });
  };
  events.description = [=](const std::string& session, bool is_offer, const std::string& sdp) {
    when_alive([&](Broadcast& self) {
      if (Session* found = self.find_session(way, session))
        found->viewer->on_description(is_offer, sdp);
    });
  };
  events.candidate = [=](const std::string& session, unsigned mline, const std::string& candidate) {
    when_alive([&](Broadcast& self) {
      if (Session* found = self.find_session(way, session))
        found->viewer->on_candidate(IceCandidate{mline, candidate});
    });
  };
  events.session_ended = [=](const std::string& session, const std::string& reason) {
    when_alive([&](Broadcast& self) {
      if (Session* found = self.find_session(way, session))
        self.remove_viewer(found->viewer->id(), reason, false, {});
    });
  };
  events.state = [=](const std::string& state, const std::string& url) {
    when_alive([&](Broadcast& self) {
      if (state == "listening") self.events_.listening(url);
      self.events_.signaling_state(way->location, state);
    });
  };
  events.warning = [=](const Error& error) {
    when_alive([&](Broadcast& self) { self.events_.warning(error); });
  };
  events.info = [=](const std::string& sentence) {
    when_alive([&](Broadcast& self) { self.events_.info(sentence); });
  };
  events.handed_out = [=](bool is_offer, const std::string& sdp) {
    when_alive([&](Broadcast& self) { self.events_.handed_out(is_offer, sdp); });
  };
  return events;
}

void Broadcast::stop(bool media_ended) {
  // 1. Refuse new work, tell the viewers.
  control_->call([&] {
    if (stopping_) return;
    stopping_ = true;
    stream_update_.cancel();
    partial_wait_.cancel();
    replay_wait_.cancel();
    line_.cancel();
    link_wait_.cancel();
    renew_credentials_.cancel();
    caption_end_.cancel();
    // An application may disconnect a viewer while it is told of another's end.
    auto sessions = std::exchange(sessions_, {});
    for (auto& [id, session] : sessions) {
      session.wait_for_tracks.cancel();
      std::optional<std::string> told;
      if (!media_ended) told = "The publisher stopped";
      session.way->signaler->end_session(session.session, told);
      session.viewer->close();
      events_.viewer_removed(id, media_ended ? "ended" : "stopped");
    }
    // 2. No handler after this.
    for (auto& way : ways_)
      way->signaler->stop();
    // 3. Pipelines to NULL, each as a whole.
    sessions.clear();
    for (auto& [name, tap] : taps_) {
      tap->on_title_changed(nullptr);
      tap->set_track(nullptr);
    }
    for (auto& [name, track] : tracks_)
      track->stop();
    connected_viewers_ = 0;
  });
  Peer::wait_for_reaper();
  // 4. What was posted before is done or dropped here, then everything is released.
  control_->stop();
  tracks_.clear();
  taps_.clear();
  manual_ = nullptr;
  ways_.clear();
}

void Broadcast::set_clock(GstClock* clock) {
  control_->call([&] {
    clock_ = retain(clock);
    for (auto& [name, track] : tracks_)
      track->set_clock(clock);
    admit_waiting();
    update_stream();
  });
}

std::shared_ptr<Track> Broadcast::make_track(const std::shared_ptr<PadTap>& tap, bool told) {
  std::weak_ptr<Broadcast> weak = weak_from_this();
  std::weak_ptr<PadTap> weak_tap = tap;
  TrackEvents events;
  events.input_changed = [weak, name = tap->name()] {
    if (auto self = weak.lock()) self->on_input_changed(name);
  };
  events.warning = [weak](const Error& error) {
    if (auto self = weak.lock()) self->events_.warning(error);
  };
  events.drained = [weak, weak_tap] {
    if (auto self = weak.lock()) self->on_track_ended();
    if (auto alive = weak_tap.lock()) alive->on_drained();
  };
  events.keyframes_changed = [weak] {
    if (auto self = weak.lock()) self->on_keyframes_changed();
  };
  events.resumed = [weak] {
    if (auto self = weak.lock()) self->on_track_resumed();
  };
  events.encoder_setup = [weak](const std::string& rendition, GstElement* encoder) {
    auto self = weak.lock();
    return self && self->events_.encoder_setup(rendition, encoder);
  };
  events.context_needed = [weak](GstElement* asker, const char* type) {
    if (auto self = weak.lock()) self->events_.context_needed(asker, type);
  };
  events.upstream_keyframe = [weak_tap] {
    if (auto alive = weak_tap.lock()) alive->request_upstream_keyframe();
  };
  TrackSettings settings = settings_.track;
  settings.no_encoder_told = told;
  return Track::create(tap->name(), tap->kind(), *control_, settings, std::move(events));
}

void Broadcast::add_tap(const std::shared_ptr<PadTap>& tap, bool no_encoder_told) {
  control_->call([&] {
    if (stopping_) return;
    auto track = make_track(tap, no_encoder_told);
    if (clock_) track->set_clock(clock_.get());
    taps_[tap->name()] = tap;
    tracks_[tap->name()] = track;
    tap->set_track(track);
    tap->on_title_changed([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->on_title_changed();
    });
  });
}

void Broadcast::remove_tap(const std::shared_ptr<PadTap>& tap) {
  control_->call([&] {
    auto found = tracks_.find(tap->name());
    if (found == tracks_.end()) return;
    auto track = found->second;
    tap->on_title_changed(nullptr);
    tap->set_track(nullptr);
    tracks_.erase(found);
    taps_.erase(tap->name());
    // One whose peer fails to start goes in the call, and its session with it.
    std::vector<std::shared_ptr<Viewer>> watching;
    for (auto& [id, session] : sessions_)
      if (session.viewer->watches(*track)) watching.push_back(session.viewer);
    for (const auto& viewer : watching)
      if (!viewer->drop_track(*track))
        remove_viewer(viewer->id(), "the last pad was released", true, std::nullopt);
    track->stop();
    update_stream();
    on_track_ended();  // the pads that stay may have done so before
  });
}

void Broadcast::on_input_changed(const std::string& name) {
  if (stopping_) return;
  auto found = tracks_.find(name);
  if (found == tracks_.end()) return;
  GST_INFO("%s: %s", name.c_str(), found->second->describe_input().c_str());
  if (!all_ended()) ended_ = false;
  admit_waiting();
  update_stream();
}

void Broadcast::on_keyframes_changed() {
  if (stopping_) return;
  update_stream();
  fail_without_keyframe();
}

bool Broadcast::tracks_ready() const {
  return !tracks_.empty() && std::all_of(tracks_.begin(), tracks_.end(),
                                         [](const auto& t) { return t.second->has_input(); });
}

bool Broadcast::all_ended() const {
  return !taps_.empty() && std::all_of(taps_.begin(), taps_.end(),
                                       [](const auto& tap) { return tap.second->reached_end(); });
}

void Broadcast::look_for_links() {
  for (auto& [name, tap] : taps_)
    if (gst_pad_is_linked(tap->ghost_pad())) return;
  events_.warning(
      Error{ErrorCode::failed,
            "Nothing is linked to the stream \"" + settings_.stream +
                "\", so nobody can watch it: link a source to a video_%u or audio_%u pad"});
}

void Broadcast::on_track_ended() {
  if (stopping_ || ended_ || !all_ended()) return;
  replay_wait_ = control_->after(kReplayWait, [this] {
    if (!all_ended()) return;
    ended_ = true;
    std::vector<std::string> ids;
    for (auto& [id, session] : sessions_)
      ids.push_back(id);
    for (const std::string& id : ids)
      remove_viewer(id, "the stream ended", true, std::nullopt);
    update_stream();
  });
}

void Broadcast::on_track_resumed() {
  if (stopping_) return;
  replay_wait_.cancel();
  if (std::exchange(ended_, false)) update_stream();
}

// Announced with one track, the stream would be asked for again when the next one has its caps a
// moment later: the first waits a little for the others.
bool Broadcast::may_announce(bool any_input) {
  if (!any_input || tracks_ready() || partial_allowed_) return any_input;
  if (!partial_wait_)
    partial_wait_ = control_->after(kTrackWait, [this] {
      partial_allowed_ = true;
      update_stream();
    });
  return false;
}

// What others are told: with a turn-secret, a credential that expires.
std::vector<std::string> Broadcast::told_servers() {
  const IceSettings& ice = settings_.peer.ice;
  std::vector<std::string> servers;
  for (const std::string& server : ice.turn_servers) {
    Result<std::string> told = server;
    if (!ice.turn_secret.empty())
      told = with_turn_credential(server, ice.turn_secret, settings_.stream,
                                  std::chrono::system_clock::now());
    if (told) servers.push_back(*told);
  }
  if (!ice.turn_secret.empty() && !renew_credentials_)
    renew_credentials_ = control_->every(kTurnCredentialLife / 2, [this] { update_stream(); });
  if (!ice.stun_server.empty()) servers.push_back(ice.stun_server);
  return servers;
}

void Broadcast::on_title_changed() {
  control_->post([weak = weak_from_this()] {
    if (auto self = weak.lock(); self && !self->stopping_) self->update_stream_soon();
  });
}

// A picture's title rather than its sound's.
std::string Broadcast::title() const {
  std::string title = clean_text(settings_.title, kLongestTitle);
  for (MediaKind kind : {MediaKind::video, MediaKind::audio})
    for (auto& [name, tap] : taps_)
      if (title.empty() && tap->kind() == kind) title = tap->title();
  return title;
}

// A crowd that joins is one update, not two hundred.
void Broadcast::update_stream_soon() {
  if (stream_update_) return;
  stream_update_ = control_->after(std::chrono::milliseconds(100), [this] {
    stream_update_.cancel();
    update_stream();
  });
}

void Broadcast::update_stream() {
  StreamInfo info;
  info.name = settings_.stream;
  info.title = title();
  info.viewers = connected_viewers_;
  info.ice_servers = told_servers();
  for (auto& [name, track] : tracks_) {
    if (track->lacks_keyframes()) info.notice = StreamNotice::no_keyframe;
    if (!track->has_input()) continue;
    auto& lines = track->kind() == MediaKind::video ? info.video : info.audio;
    lines.push_back(track->describe_input());
  }
  info.live = clock_ && !ended_ && may_announce(!info.video.empty() || !info.audio.empty());
  for (auto& way : ways_)
    way->signaler->set_stream(info);
}

StructurePtr Broadcast::stats() {
  StructurePtr stats(gst_structure_new("webcast-stats", "stream", G_TYPE_STRING,
                                       settings_.stream.c_str(), "viewers", G_TYPE_UINT, viewers(),
                                       nullptr));
  GValue renditions = G_VALUE_INIT, all_viewers = G_VALUE_INIT;
  g_value_init(&renditions, GST_TYPE_ARRAY);
  g_value_init(&all_viewers, GST_TYPE_ARRAY);
  control_->call([&] {
    for (auto& [name, track] : tracks_)
      for (Rendition* rendition : track->renditions()) {
        StructurePtr one = rendition->stats();
        gst_structure_set(one.get(), "track", G_TYPE_STRING, name.c_str(), nullptr);
        append_structure(&renditions, std::move(one));
      }
    for (auto& [id, session] : sessions_)
      append_structure(&all_viewers, session.viewer->stats());
  });
  gst_structure_take_value(stats.get(), "renditions", &renditions);
  gst_structure_take_value(stats.get(), "viewer-stats", &all_viewers);
  return stats;
}

StructurePtr Broadcast::viewer_stats(const std::string& id) {
  StructurePtr stats;
  control_->call([&] {
    if (auto found = sessions_.find(id); found != sessions_.end())
      stats = found->second.viewer->stats();
  });
  return stats;
}

void Broadcast::force_keyframe() {
  control_->post([weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self || self->stopping_) return;
    for (auto& [name, track] : self->tracks_)
      track->force_keyframe();
  });
}

}  // namespace webcast
