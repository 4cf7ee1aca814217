// The part of Broadcast that lets viewers in and out. Control thread.
#include <algorithm>

#include "plugins/broadcast/broadcast.hpp"
#include "plugins/session/debug.hpp"
#include "plugins/session/peer_networks.hpp"

namespace webcast {

namespace {

constexpr auto kLineInterval = std::chrono::milliseconds(100);
constexpr auto kShortageInterval = std::chrono::minutes(1);
const char* const kNoKeyframe =
    "The source has sent no keyframe yet, with which a picture begins: try again later";

// Of our preference, what is among the names; all of it when there are none.
std::vector<Codec> taken(const std::vector<Codec>& preference,
                         const std::vector<std::string>& names) {
  if (names.empty()) return preference;
  std::vector<Codec> codecs;
  for (const std::string& name : names)
    if (auto codec = codec_from_name(name)) codecs.push_back(*codec);
  std::vector<Codec> result;
  std::copy_if(preference.begin(), preference.end(), std::back_inserter(result), [&](Codec codec) {
    return std::find(codecs.begin(), codecs.end(), codec) != codecs.end();
  });
  return result;
}

// A server takes none of our codecs of that kind.
Error none_taken(MediaKind kind, const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names)
    list += (list.empty() ? "" : ", ") + name;
  std::string property = std::string(kind_name(kind)) + "-codecs";
  return {ErrorCode::not_supported, "The server takes none of the codecs in " + property +
                                        ": add one of those that it takes (" + list + ")"};
}

}  // namespace

// An offer that is carried by hand takes nobody's place before somebody came by it.
bool Broadcast::is_full() const {
  auto count = std::count_if(sessions_.begin(), sessions_.end(), [](const auto& session) {
    return !session.second.by_hand || session.second.viewer->connected();
  });
  return settings_.max_viewers != 0 && static_cast<size_t>(count) >= settings_.max_viewers;
}

void Broadcast::settings_changed() {
  control_->post([weak = weak_from_this()] {
    auto self = weak.lock();
    if (self && !self->stopping_) self->apply(self->events_.settings());
  });
}

void Broadcast::apply(const SinkSettings& settings) {
  settings_.max_viewers = settings.max_viewers;
  if (std::exchange(settings_.title, settings.title) != settings.title) update_stream();
  if (settings_.track.start_bitrate != settings.track.start_bitrate) {
    settings_.track.start_bitrate = settings.track.start_bitrate;
    for (auto& [name, track] : tracks_)
      track->set_start_bitrate(settings.track.start_bitrate);
  }
  bool other_token = view_token_.set(settings.access.view_token);
  if (settings_.access == settings.access) return;
  settings_.access = settings.access;
  std::vector<std::string> leaving;
  if (other_token) {
    for (auto& [id, session] : sessions_)
      if (is_revoked(*session.way, session.visitor)) leaving.push_back(id);
  }
  // They are told why before the server ends their connections.
  for (const std::string& id : leaving)
    remove_viewer(id, "the view-token changed", true, kTokenRevoked);
  for (auto& way : ways_)
    way->signaler->set_access(settings.access);
}

bool Broadcast::is_revoked(const Way& way, const std::optional<Visitor>& visitor) const {
  return way.listens && visitor && !view_token_.admits(*visitor);
}

void Broadcast::on_session_requested(Way* way, const SessionRequest& request) {
  if (!request.by_hand && is_full()) {
    way->signaler->end_session(request.session, std::string(kStreamFull) + ": try again later");
    return;
  }
  if (sessions_.count(request.session)) {
    way->signaler->end_session(request.session, "This session exists already");
    return;
  }
  if (is_revoked(*way, request.visitor)) {
    way->signaler->end_session(request.session, kTokenRevoked);
    return;
  }
  AskedFor asked{settings_.stream, way->location, SignalerRole::producer};
  if (request.visitor && !events_.authorize(asked, request)) {
    GST_INFO("viewer %s: refused by the application", request.session.c_str());
    way->signaler->end_session(request.session, kNotAuthorized);
    return;
  }
  Session session;
  session.way = way;
  session.session = request.session;
  session.is_server = request.is_server;
  session.by_hand = request.by_hand;
  session.ice_servers = request.ice_servers;
  session.codecs = request.codecs;
  session.place = std::make_shared<Place>(Peer::cost(settings_.peer, tracks_.size()),
                                          request.visitor ? request.visitor->address : "");
  session.visitor = request.visitor;
  session.viewer = std::make_shared<Viewer>(request.session, request.offer, *control_,
                                            viewer_events(request.session));
  std::string id = request.session;
  sessions_.emplace(id, std::move(session));
  events_.viewer_added(id, way->location);
  auto added = sessions_.find(id);
  if (added == sessions_.end()) return;  // the application has disconnected it at once
  auto& kept = added->second;
  if (request.visitor)
    kept.deadline = control_->after(settings_.begin_patience, [this, id] {
      auto found = sessions_.find(id);
      if (found != sessions_.end() && !found->second.viewer->began())
        fail_viewer(id, {ErrorCode::timeout, "The stream did not begin in time: try again later"});
    });
  if (clock_ && tracks_ready()) return admit(kept);
  kept.wait_for_tracks = control_->after(kTrackWait, [this, id] {
    auto found = sessions_.find(id);
    if (found != sessions_.end() && clock_) admit(found->second);
  });
}

void Broadcast::admit(Session& session) {
  session.wait_for_tracks.cancel();
  Viewer::Plan plan;
  for (auto& [name, track] : tracks_)
    if (track->has_input()) plan.tracks.push_back(track);
  if (plan.tracks.empty()) return;  // admit_waiting comes again with the first input
  plan.video_preference = taken(checked_.video_preference, session.codecs);
  plan.audio_preference = taken(checked_.audio_preference, session.codecs);
  for (const auto& track : plan.tracks) {
    MediaKind kind = track->kind();
    if ((kind == MediaKind::video ? plan.video_preference : plan.audio_preference).empty())
      return fail_viewer(session.viewer->id(), none_taken(kind, session.codecs));
  }
  if (!has_place(session)) return;
  plan.peer = settings_.peer;
  plan.peer.place = session.place;
  // A server copies media; who asked for nothing but captions must not be refused by one.
  plan.peer.messages |= has_captions_ && !session.is_server;
  if (session.by_hand) plan.peer.hand_over = kHandOver;
  plan.is_server = session.is_server;
  plan.orders_video = settings_.orders_video;
  add_servers(plan.peer.ice, session.ice_servers);
  // Who may come changes while it runs, and with that what is for this machine alone.
  plan.peer.ice.candidate_networks = candidate_networks(
      settings_.peer.ice, settings_.access, settings_.signaler ? "" : session.way->location);
  plan.clock = clock_;
  auto viewer = session.viewer;  // the session may go while it begins
  viewer->begin(plan);
}

// Else it waits in line, or was refused: the session is gone then.
bool Broadcast::has_place(Session& session) {
  Budget::Answer answer = session.place->ask();
  session.in_line = answer == Budget::Answer::waits;
  if (answer == Budget::Answer::refused) {
    fail_viewer(std::string(session.viewer->id()), no_room());
    return false;
  }
  if (session.in_line && !line_) line_ = control_->every(kLineInterval, [this] { admit_line(); });
  return answer == Budget::Answer::granted;
}

void Broadcast::admit_line() {
  std::vector<std::string> ids;
  for (auto& [id, session] : sessions_)
    if (session.in_line) ids.push_back(id);
  for (const std::string& id : ids)
    if (auto found = sessions_.find(id); found != sessions_.end()) admit(found->second);
  if (std::none_of(sessions_.begin(), sessions_.end(),
                   [](const auto& session) { return session.second.in_line; }))
    line_.cancel();
}

void Broadcast::warn_of_shortage(const Error& error) {
  auto now = std::chrono::steady_clock::now();
  if (warned_of_shortage_ && now - *warned_of_shortage_ < kShortageInterval) return;
  warned_of_shortage_ = now;
  events_.warning({ErrorCode::limit,
                   "Viewers are refused, because this process has no room for more: " + error.cause,
                   error.sentence});
}

void Broadcast::admit_waiting() {
  if (!clock_ || !tracks_ready()) return;
  std::vector<std::string> waiting;
  for (auto& [id, session] : sessions_)
    if (!session.viewer->began()) waiting.push_back(id);
  for (const std::string& id : waiting)
    if (auto found = sessions_.find(id); found != sessions_.end()) admit(found->second);
}

// Who waits for a track of which nothing is known, because no keyframe comes, waits in vain.
void Broadcast::fail_without_keyframe() {
  bool unknown = std::any_of(tracks_.begin(), tracks_.end(), [](const auto& track) {
    return track.second->lacks_keyframes() && !track.second->has_input();
  });
  std::vector<std::string> ids;
  for (auto& [id, session] : sessions_)
    if (unknown && session.visitor && !session.viewer->began()) ids.push_back(id);
  for (const std::string& id : ids)
    fail_viewer(id, {ErrorCode::timeout, kNoKeyframe});
}

ViewerEvents Broadcast::viewer_events(const std::string& id) {
  // The viewer is closed before this object goes, and says nothing once it is.
  ViewerEvents events;
  events.description = [this, id](const SessionDescription& description) {
    Session& session = sessions_.at(id);
    session.way->signaler->send_description(
        session.session, description.type == SessionDescription::Type::offer, description.sdp);
  };
  events.candidate = [this, id](const IceCandidate& candidate) {
    Session& session = sessions_.at(id);
    session.way->signaler->send_candidate(session.session, candidate.mline, candidate.candidate);
  };
  events.connected = [this, id](const ViewerConnected& connected) {
    on_viewer_connected(id, connected);
  };
  events.message = [this, id](const PeerMessage& message) {
    if (settings_.peer.messages) events_.message(id, message);
  };
  events.warning = [this](const Error& error) { events_.warning(error); };
  events.ended = [this, id](const Error& reason) { fail_viewer(id, reason); };
  return events;
}

void Broadcast::on_viewer_connected(const std::string& id, const ViewerConnected& connected) {
  GST_INFO("viewer %s: connected after %d ms, %s", id.c_str(),
           static_cast<int>(connected.setup.count()), connected.rendition.c_str());
  count_viewers();
  events_.viewer_connected(id, connected);
  greet_with_caption(id);
}

Broadcast::Session* Broadcast::find_session(Way* way, const std::string& session) {
  auto found = sessions_.find(session);
  return found != sessions_.end() && found->second.way == way ? &found->second : nullptr;
}

void Broadcast::fail_viewer(const std::string& id, const Error& reason) {
  GST_WARNING("viewer %s: %s (%s)", id.c_str(), reason.sentence.c_str(), reason.cause.c_str());
  if (reason.sentence.starts_with(kNoRoom)) warn_of_shortage(reason);
  remove_viewer(id, reason.sentence, true, reason.sentence);
}

// `tell`: the viewer does not know yet; `told`: the error it is told, none for a plain end.
void Broadcast::remove_viewer(const std::string& id, const std::string& reason, bool tell,
                              std::optional<std::string> told) {
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session session = std::move(found->second);
  sessions_.erase(found);
  session.viewer->close();
  if (tell) session.way->signaler->end_session(session.session, std::move(told));
  // It may be a handler of this very viewer that runs now.
  control_->post([viewer = std::move(session.viewer)] {});
  GST_INFO("viewer %s: removed: %s", id.c_str(), reason.c_str());
  count_viewers();
  events_.viewer_removed(id, reason);
}

bool Broadcast::disconnect_viewer(const std::string& id, const std::string& reason) {
  bool found = false;
  control_->call([&] {
    found = sessions_.count(id) > 0;
    if (found) remove_viewer(id, reason, true, reason);
  });
  return found;
}

Result<void> Broadcast::set_answer(const std::string& text) {
  Result<void> taken = Error{ErrorCode::invalid_argument, "The element has stopped."};
  control_->call([&] {
    if (stopping_) return;
    taken = manual_ ? manual_->take(text)
                    : Error{ErrorCode::invalid_argument,
                            "No answer is taken by hand: location has no manual: in it."};
  });
  return taken;
}

std::string Broadcast::manual_offer() {
  std::string offer;
  control_->call([&] {
    if (manual_) offer = manual_->handed_out();
  });
  return offer;
}

void Broadcast::count_viewers() {
  connected_viewers_ = static_cast<unsigned>(
      std::count_if(sessions_.begin(), sessions_.end(),
                    [](const auto& session) { return session.second.viewer->connected(); }));
  update_stream_soon();
}

}  // namespace webcast
