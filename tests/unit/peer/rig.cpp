#include "tests/unit/peer/rig.hpp"

namespace webcast::test {

Rig::Rig(std::vector<RtpFormat> formats, PeerSettings settings)
    : formats_(std::move(formats)), settings_(std::move(settings)) {
  if (settings_.ice.local_addresses.empty()) settings_.ice.local_addresses = {"127.0.0.1"};
  std::vector<PeerMedium> media;
  for (size_t i = 0; i < formats_.size(); ++i)
    media.push_back({"track_" + std::to_string(i), formats_[i], [this] {
                       ++keyframe_requests;
                       keyframe_ = true;
                     }});
  PeerEvents events;
  events.description = [this](const SessionDescription& description) {
    {
      std::lock_guard lock(mutex_);
      our_sdp_ = description.sdp;
    }
    if (!viewer) return;
    if (description.type == SessionDescription::Type::offer)
      viewer->take_offer(description.sdp);
    else
      viewer->take_answer(description.sdp);
  };
  events.candidate = [this](const IceCandidate& candidate) {
    {
      std::lock_guard lock(mutex_);
      our_candidates_.push_back(candidate);
    }
    if (viewer) viewer->take_candidate(candidate.candidate);
  };
  events.connected = [this](std::chrono::milliseconds setup) {
    setup_ms = static_cast<int>(setup.count());
    connected_ = true;
  };
  events.closed = [this](const Error& error) {
    std::lock_guard lock(mutex_);
    closed_ = error;
  };
  control.call([&] {
    auto created = Peer::create("viewer", control, clock_.get(), settings_, media, events);
    ASSERT_TRUE(created) << created.error().sentence;
    peer = *created;
  });
  viewer->on_candidate = [this](const std::string& text) {
    control.post([this, text] {
      if (hold_candidates)
        held_.push_back({0, text});
      else if (peer)
        peer->add_remote_candidate({0, text});
    });
  };
  viewer->on_description = [this](bool is_offer, const std::string& sdp) {
    control.post([this, is_offer, sdp] {
      if (is_offer)
        start(SessionDescription{SessionDescription::Type::offer, sdp});
      else if (peer)
        peer->set_remote_answer({SessionDescription::Type::answer, change_answer(sdp)});
    });
  };
}

Rig::~Rig() {
  stop();
}

void Rig::start(std::optional<SessionDescription> offer) {
  if (!peer) return;
  peer->start(std::move(offer));
  if (!feeder_.joinable()) feeder_ = std::thread([this] { feed(); });
}

void Rig::feed() {
  std::vector<FrameMaker> makers;
  for (const RtpFormat& format : formats_)
    makers.emplace_back(format, format.kind == MediaKind::video ? 3 : 1);
  while (feeding_) {
    bool keyframe = keyframe_.exchange(false);
    GstClockTime time = gst_clock_get_time(clock_.get());
    std::vector<std::shared_ptr<FrameSink>> sinks;
    control.call([&] {
      for (size_t i = 0; peer && i < formats_.size(); ++i)
        sinks.push_back(peer->egress(i));
    });
    for (size_t i = 0; i < sinks.size(); ++i) {
      RtpFrame frame = makers[i].make(keyframe || formats_[i].kind == MediaKind::audio, time);
      if (sinks[i]) sinks[i]->push(frame);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void Rig::viewer_offers(const std::vector<ViewerMedium>& media) {
  viewer->offer(media);
}

void Rig::sink_offers() {
  control.post([this] { start(std::nullopt); });
}

void Rig::release_candidates() {
  control.call([this] {
    hold_candidates = false;
    for (const IceCandidate& candidate : std::exchange(held_, {}))
      if (peer) peer->add_remote_candidate(candidate);
  });
}

void Rig::close_peer() {
  control.call([this] {
    if (peer) peer->close();
    peer.reset();
  });
}

void Rig::stop() {
  feeding_ = false;
  // On the control thread, which starts the feeder: it is there now, or never will be.
  close_peer();
  if (feeder_.joinable()) feeder_.join();
  if (viewer) viewer->stop();
  Peer::wait_for_reaper();
  control.stop();
}

std::optional<Error> Rig::closed() {
  std::lock_guard lock(mutex_);
  return closed_;
}
PeerStats Rig::stats() {
  PeerStats stats;
  control.call([&] {
    if (peer) stats = peer->stats();
  });
  return stats;
}
std::string Rig::our_sdp() {
  std::lock_guard lock(mutex_);
  return our_sdp_;
}
std::vector<IceCandidate> Rig::our_candidates() {
  std::lock_guard lock(mutex_);
  return our_candidates_;
}

}  // namespace webcast::test
