#include "plugins/peer/webrtc_peer.hpp"

#include <algorithm>

#include "plugins/peer/reaper.hpp"
#include "plugins/peer/warm_up.hpp"

namespace webcast {

WebrtcPeer::WebrtcPeer(std::string id, ControlThread& control, GstClock* clock,
                       PeerSettings settings, std::vector<PeerMedium> media, PeerEvents events)
    : WebrtcSession(std::move(id), control, clock, "viewer", settings.ice,
                    {.connect_timeout = settings.connect_timeout,
                     .hand_over = settings.hand_over,
                     .silence_timeout = settings.silence_timeout},
                    settings.messages, std::move(events), settings.place),
      settings_(std::move(settings)),
      media_(std::move(media)),
      rates_(media_.size()) {
  std::map<uint32_t, int> clock_rates;
  for (const PeerMedium& medium : media_) {
    formats_.push_back(medium.format);
    egresses_.push_back(std::make_shared<Egress>(medium.format.kind, medium.request_keyframe));
    clock_rates[medium.format.ssrc] = medium.format.clock_rate;
  }
  rtcp_ = std::make_shared<RtcpState>(std::move(clock_rates));
}

WebrtcPeer::~WebrtcPeer() {
  end();
}

void WebrtcPeer::media_ends() {
  for (auto& egress : egresses_)
    egress->close();
}

std::shared_ptr<FrameSink> WebrtcPeer::egress(size_t index) {
  if (index >= egresses_.size()) return nullptr;
  // Before the viewer's description is known every medium may be taken.
  if (!plan_.empty() && !plan_[index]) return nullptr;
  return egresses_[index];
}

void WebrtcPeer::start(std::optional<SessionDescription> remote_offer) {
  auto ok = begin(remote_offer.has_value());
  if (ok) ok = remote_offer ? start_answer(remote_offer->sdp) : start_offer();
  if (!ok) fail(ok.error());
}

Result<void> WebrtcPeer::start_answer(const std::string& sdp) {
  auto plan = [this](const RemoteDescription& offer) {
    return plan_answer(offer, formats_, settings_.retransmission);
  };
  if (auto ok = take_offer(sdp, plan, MediaDirection::recvonly); !ok) return ok;
  std::vector<PipelineLine> lines;
  for (size_t medium : clean_.order)
    lines.push_back(
        {formats_[medium], *plan_[medium], std::to_string(lines.size()), false, egresses_[medium]});
  if (auto ok = launch(lines); !ok) return ok;
  answer_offer();
  return {};
}

void WebrtcPeer::set_remote_answer(const SessionDescription& answer) {
  auto plan = [this](const RemoteDescription& remote) {
    return read_answer(remote, plan_, formats_);
  };
  take_answer(answer, plan, MediaDirection::recvonly);
}

Result<void> WebrtcPeer::start_offer() {
  SessionPlan plan = plan_offer(formats_);
  std::vector<PipelineLine> lines;
  for (size_t i = 0; i < formats_.size(); ++i)
    lines.push_back({formats_[i], *plan[i], "", true, egresses_[i]});
  plan_ = std::move(plan);
  if (auto ok = launch(lines); !ok) return ok;
  make_offer();
  return {};
}

Result<void> WebrtcPeer::launch(const std::vector<PipelineLine>& lines) {
  auto pipeline = build_peer_pipeline(id_, clock_.get(), settings_, lines);
  if (!pipeline) return pipeline.error();
  return WebrtcSession::launch(std::move(*pipeline));
}

// A keyframe that is asked for now is there when the handshake is done.
void WebrtcPeer::half_way() {
  for (size_t i = 0; i < egresses_.size(); ++i)
    if (plan_[i]) egresses_[i]->prepare();
}

void WebrtcPeer::media_allowed() {
  watch_rtcp();
  open_egresses();
}

size_t WebrtcPeer::line_of(size_t medium) const {
  // In an offer of ours, m-lines are the media in their order.
  if (clean_.order.empty()) return medium;
  auto found = std::find(clean_.order.begin(), clean_.order.end(), medium);
  return static_cast<size_t>(found - clean_.order.begin());
}

void WebrtcPeer::open_egresses() {
  for (size_t i = 0; i < egresses_.size(); ++i) {
    if (!plan_[i]) continue;
    RtpMapping mapping;
    mapping.ssrc = formats_[i].ssrc;
    mapping.payload_type = plan_[i]->payload_type;
    mapping.clock_rate = formats_[i].clock_rate;
    if (formats_[i].transport_cc_id != 0)
      mapping.extension_ids[formats_[i].transport_cc_id] = plan_[i]->transport_cc_id;
    if (formats_[i].playout_delay_id != 0)
      mapping.extension_ids[formats_[i].playout_delay_id] = plan_[i]->playout_delay_id;
    egresses_[i]->open(mapping, pipeline_.output(line_of(i)));
  }
}

void WebrtcPeer::note_traffic() {
  auto to_time = [](gint64 monotonic_us) { return Time(std::chrono::microseconds(monotonic_us)); };
  if (gint64 heard = rtcp_->last_heard.load()) negotiation_.heard(to_time(heard));
  gint64 sent = 0;
  for (const auto& egress : egresses_)
    sent = std::max(sent, egress->stats().last_sent);
  if (sent != 0) negotiation_.sent(to_time(sent));
  update_bitrates();
}

Resources Peer::cost(const PeerSettings& settings, size_t media) {
  constexpr size_t kOfTransport = 5, kOfMedium = 3, kOfMessages = 4;
  return cost_of_peer(settings.ice,
                      kOfTransport + kOfMedium * media + (settings.messages ? kOfMessages : 0));
}

Result<std::shared_ptr<Peer>> Peer::create(const std::string& id, ControlThread& control,
                                           GstClock* clock, PeerSettings settings,
                                           std::vector<PeerMedium> media, PeerEvents events) {
  init_peer_debug();
  if (media.empty())
    return Error{ErrorCode::invalid_argument, "There is nothing to send to the viewer yet."};
  if (auto ok = check_ice_settings(settings.ice); !ok) return ok.error();
  return std::shared_ptr<Peer>(std::make_shared<WebrtcPeer>(id, control, clock, std::move(settings),
                                                            std::move(media), std::move(events)));
}

void Peer::warm_up() {
  begin_warm_up(warm_up_webrtc);
}

void Peer::wait_for_warm_up() {
  webcast::wait_for_warm_up();
}

Result<void> Peer::check_installed(std::string* missing) {
  return check_webrtc_installed(missing);
}

void Peer::wait_for_reaper() {
  wait_for_reaped();
}

}  // namespace webcast
