#include "plugins/reception/reception.hpp"

#include <gst/video/video.h>

#include "plugins/gst/structure.hpp"
#include "plugins/session/debug.hpp"
#include "plugins/session/message_signal.hpp"
#include "plugins/signalers/location.hpp"

namespace webcast {

std::shared_ptr<Reception> Reception::create(GstElement* element, SourceSettings settings,
                                             CheckedSettings checked, ReceptionEvents events) {
  return std::shared_ptr<Reception>(
      new Reception(element, std::move(settings), std::move(checked), std::move(events)));
}

Reception::Reception(GstElement* element, SourceSettings settings, CheckedSettings checked,
                     ReceptionEvents events)
    : element_(element),
      settings_(std::move(settings)),
      publish_token_(settings_.access.publish_token),
      checked_(std::move(checked)),
      events_(std::move(events)),
      control_(std::make_unique<ControlThread>("webcast-control")) {}

Reception::~Reception() {
  stop();
}

Result<void> Reception::start() {
  Result<void> opened;
  control_->call([&] {
    opened = open_ways(settings_.signaler.get(), checked_.locations,
                       [this](const std::string& location, const MakeSignaler& make) {
                         return open_way(location, make);
                       });
  });
  if (!opened) stop();
  return opened;
}

Result<void> Reception::open_way(const std::string& location, const MakeSignaler& make) {
  auto way = std::make_unique<Way>();
  way->location = shown_location(location);
  way->listens = listens(location);
  auto signaler = make(SignalerContext{*control_, settings_.access, signaler_events(way.get()),
                                       SignalerRole::consumer, settings_.outgoing});
  if (!signaler) return signaler.error();
  way->signaler = std::move(*signaler);
  if (auto* manual = dynamic_cast<ManualSignaler*>(way->signaler.get())) manual_ = manual;
  StreamInfo info;
  info.name = settings_.stream;
  info.has_own_servers = !settings_.ice.stun_server.empty() || !settings_.ice.turn_servers.empty();
  if (auto started = way->signaler->start(info); !started) return started.error();
  ways_.push_back(std::move(way));
  return {};
}

SignalerEvents Reception::signaler_events(Way* way) {
  std::weak_ptr<Reception> weak = weak_from_this();
  auto when_alive = [weak](auto&& function) {
    auto self = weak.lock();
    if (self && !self->stopping_) function(*self);
  };
  SignalerEvents events;
  events.session_requested = [=](const SessionRequest& request) {
    when_alive([&](Reception& self) { self.on_session_requested(way, request); });
  };
  events.description = [=](const std::string& session, bool is_offer, const std::string& sdp) {
    when_alive([&](Reception& self) {
      if (self.is_current(way, session)) self.on_description(is_offer, sdp);
    });
  };
  events.candidate = [=](const std::string& session, unsigned mline, const std::string& candidate) {
    when_alive([&](Reception& self) {
      if (!self.is_current(way, session)) return;
      Publisher& publisher = *self.publisher_;
      if (publisher.receiver) publisher.receiver->add_remote_candidate({mline, candidate});
      // Negotiation bounds them once there is one.
      else if (publisher.early_candidates.size() < 64)
        publisher.early_candidates.push_back({mline, candidate});
    });
  };
  events.session_ended = [=](const std::string& session, const std::string& reason) {
    when_alive([&](Reception& self) {
      if (self.is_current(way, session)) self.end_publisher(reason, false, {});
    });
  };
  events.state = [=](const std::string& state, const std::string& url) {
    when_alive([&](Reception& self) {
      if (state == "listening") self.events_.listening(url);
      self.events_.signaling_state(way->location, state);
    });
  };
  events.warning = [=](const Error& error) {
    when_alive([&](Reception& self) { self.events_.warning(error); });
  };
  events.info = [=](const std::string& sentence) {
    when_alive([&](Reception& self) { self.events_.info(sentence); });
  };
  events.handed_out = [=](bool is_offer, const std::string& sdp) {
    when_alive([&](Reception& self) { self.events_.handed_out(is_offer, sdp); });
  };
  return events;
}

void Reception::stop() {
  // 1. Refuse new work, tell the publisher.
  control_->call([&] {
    if (stopping_) return;
    stopping_ = true;
    if (publisher_) end_publisher("stopped", true, "The receiver stopped");
    // 2. No handler after this.
    for (auto& way : ways_)
      way->signaler->stop();
  });
  // 3. The receiver's pipeline to NULL as a whole; then nothing brings frames any more.
  Peer::wait_for_reaper();
  // 4. What was posted before is done or dropped here, then everything is released.
  control_->stop();
  for (auto& [name, pad] : pads_)
    pad->remove();
  for (auto& pad : ending_)
    pad->remove();
  pads_.clear();
  ending_.clear();
  manual_ = nullptr;
  ways_.clear();
}

void Reception::play(GstClock* clock) {
  control_->call([&] {
    // A receiver's timestamps are those of its clock: with another one it starts anew.
    if (clock_ && clock_.get() != clock && publisher_ && publisher_->receiver)
      end_publisher("the pipeline's clock changed", true, "The receiver changed its clock");
    clock_ = retain(clock);
    playing_ = true;
    for (auto& [name, pad] : pads_)
      pad->set_playing(true);
    if (publisher_ && !publisher_->receiver && (publisher_->offer || publisher_->wants_offer))
      receive();
    for (auto& [name, pad] : pads_)
      if (publisher_ && pad->kind() == MediaKind::video) on_keyframe_wanted(name);
  });
}

void Reception::pause() {
  control_->call([&] {
    playing_ = false;
    for (auto& [name, pad] : pads_)
      pad->set_playing(false);
  });
}

bool Reception::send_event(GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
    control_->post([weak = weak_from_this()] {
      if (auto self = weak.lock(); self && !self->stopping_) self->finish();
    });
    return true;
  }
  bool keyframe = gst_video_event_is_force_key_unit(event), taken = false;
  std::vector<std::shared_ptr<SourcePad>> pads;
  control_->call([&] {
    for (auto& [name, pad] : pads_) {
      if (pad->shown()) pads.push_back(pad);
      if (keyframe && pad->kind() == MediaKind::video) on_keyframe_wanted(name);
    }
  });
  if (keyframe) return true;
  if ((gst_event_type_get_flags(GST_EVENT_TYPE(event)) & GST_EVENT_TYPE_DOWNSTREAM) == 0)
    return false;
  // A flush runs through what is downstream: on the caller's thread.
  for (auto& pad : pads)
    taken |= pad->send(event);
  return taken;
}

Result<void> Reception::send_message(const std::string& id, const PeerMessage& message) {
  Result<void> sent = Error{ErrorCode::not_found, "There is no publisher " + id + "."};
  control_->call([&] {
    if (!publisher_ || !publisher_->connected || (!id.empty() && id != publisher_->session)) return;
    auto kept = publisher_->receiver;
    sent = kept->send(message);
  });
  return sent;
}

StructurePtr Reception::stats() {
  StructurePtr stats(gst_structure_new("webcast-stats", "stream", G_TYPE_STRING,
                                       settings_.stream.c_str(), nullptr));
  ReceiverStats received;
  std::vector<guint64> dropped;  // at the pads
  control_->call([&] {
    if (!publisher_ || !publisher_->receiver) return;
    received = publisher_->receiver->stats();
    for (const auto& pad : publisher_->feed->pads)
      dropped.push_back(pad->frames_dropped());
  });
  gst_structure_set(stats.get(), "state", G_TYPE_STRING,
                    received.state.empty() ? "waiting" : received.state.c_str(), "setup-ms",
                    G_TYPE_INT, received.setup_ms, "candidates-refused", G_TYPE_UINT,
                    received.candidates_refused, "packets-refused", G_TYPE_UINT64,
                    received.packets_refused, nullptr);
  GValue tracks = G_VALUE_INIT;
  g_value_init(&tracks, GST_TYPE_ARRAY);
  for (size_t i = 0; i < received.tracks.size(); ++i) {
    const ReceivedTrackStats& track = received.tracks[i];
    append_structure(
        &tracks, StructurePtr(gst_structure_new(
                     "webcast-track", "kind", G_TYPE_STRING, kind_name(track.track.kind), "codec",
                     G_TYPE_STRING, std::string(codec_name(track.track.codec)).c_str(), "packets",
                     G_TYPE_UINT64, track.packets, "bytes", G_TYPE_UINT64, track.bytes,
                     "keyframe-requests", G_TYPE_UINT64, track.keyframe_requests, "frames-dropped",
                     G_TYPE_UINT64, track.frames_dropped + (i < dropped.size() ? dropped[i] : 0),
                     nullptr)));
  }
  gst_structure_take_value(stats.get(), "tracks", &tracks);
  add_message_stats(stats.get(), received.messages);
  return stats;
}

}  // namespace webcast
