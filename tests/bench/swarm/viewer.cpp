#include "tests/bench/swarm/viewer.hpp"

namespace webcast::swarm {

Viewer::Viewer(const ViewerSettings& settings, SoupSession* soup, const DtlsIdentity& identity,
               std::function<void()> changed)
    : settings_(settings), changed_(std::move(changed)) {
  transport_ = std::make_unique<Transport>(identity, settings.local_address, transport_events());
  auto make = settings.janus ? &SwarmSignaling::janus : &SwarmSignaling::webcast;
  signaling_ = make(soup, settings.stream, signaling_events());
}

Viewer::~Viewer() {
  stop_timers();
}

SignalingEvents Viewer::signaling_events() {
  return {
      .found = [this] { ask(); },
      .description = [this](bool offer, const std::string& sdp) { got_description(offer, sdp); },
      .candidate = [this](const std::string& candidate) { got_candidate(candidate); },
      .ended = [this](const std::string& reason) { end(reason); }};
}

Transport::Events Viewer::transport_events() {
  return {.ice_ready = [this] { times_.ice = since_asked(); },
          .dtls_ready =
              [this] {
                times_.dtls = since_asked();
                start_reports();
              },
          .first_packet =
              [this] {
                times_.first_packet = since_asked();
                state_ = ViewerState::watching;
                changed_();
              },
          .ended = [this](const std::string& reason) { end(reason); }};
}

void Viewer::start() {
  // On one given address gathering ends at once: candidates are there before they are needed.
  if (!transport_->gather(settings_.offers)) return end("no ICE candidate");
  signaling_->open(settings_.url, signaling_->subprotocol());
}

LocalDescription Viewer::local_description() const {
  LocalDescription local{.ufrag = {},
                         .password = {},
                         .fingerprint = {},
                         .candidates = {},
                         .codecs = settings_.codecs,
                         .audio = settings_.audio,
                         .retransmission = settings_.retransmission,
                         .transport_cc = settings_.transport_cc};
  transport_->describe(local);
  return local;
}

double Viewer::since_asked() const {
  return static_cast<double>(g_get_monotonic_time() - asked_) / 1000;
}

void Viewer::ask() {
  asked_ = g_get_monotonic_time();
  signaling_->request(settings_.offers ? make_offer(local_description()) : std::string());
}

void Viewer::got_description(bool offer, const std::string& sdp) {
  if (described_ || state_ == ViewerState::ended) return;
  described_ = true;
  times_.description = since_asked();
  remote_ = parse_description(sdp);
  if (!remote_.complete()) return end("the description lacks ICE credentials or a fingerprint");
  if (offer == settings_.offers) return end(offer ? "both sides offer" : "nobody offers");
  codec_ = remote_.codec;
  transport_->set_payload_types(remote_);
  // To an offer we answer `active`: we are the DTLS client then.
  transport_->connect(remote_, !offer && remote_.setup == "active");
  if (offer) signaling_->answer(make_answer(local_description(), remote_));
  for (const std::string& candidate : early_candidates_)
    transport_->add_candidate(candidate);
  early_candidates_.clear();
}

void Viewer::got_candidate(const std::string& candidate) {
  if (described_)
    transport_->add_candidate(candidate);
  else
    early_candidates_.push_back(candidate);
}

void Viewer::start_reports() {
  transport_->send_report();
  report_timer_ = g_timeout_add(
      settings_.report_ms,
      [](gpointer self) -> gboolean {
        static_cast<Viewer*>(self)->transport_->send_report();
        return G_SOURCE_CONTINUE;
      },
      this);
  if (settings_.flood_ms)
    flood_timer_ = g_timeout_add(
        settings_.flood_ms,
        [](gpointer self) -> gboolean {
          static_cast<Viewer*>(self)->transport_->send_flood();
          return G_SOURCE_CONTINUE;
        },
        this);
  if (!settings_.pli_ms) return;
  pli_timer_ = g_timeout_add(
      settings_.pli_ms,
      [](gpointer self) -> gboolean {
        static_cast<Viewer*>(self)->transport_->send_pli();
        return G_SOURCE_CONTINUE;
      },
      this);
}

void Viewer::stop_timers() {
  for (guint* timer : {&report_timer_, &pli_timer_, &flood_timer_}) {
    if (*timer) g_source_remove(*timer);
    *timer = 0;
  }
}

void Viewer::leave() {
  if (state_ != ViewerState::ended) signaling_->leave();
  stop_timers();
}

void Viewer::end(const std::string& reason) {
  if (state_ == ViewerState::ended) return;
  state_ = ViewerState::ended;
  reason_ = reason;
  stop_timers();
  changed_();
}

}  // namespace webcast::swarm
