#include "plugins/peer/webrtc_receiver.hpp"

#include <algorithm>

namespace webcast {
namespace {

constexpr int kReordering = 10;  // ms by which packets overtake each other
// Of the session, as far as the pace of RTCP depends on it (RFC 4585 section 3.5: an early packet
// has to wait for the regular interval after the one before, which is a share of this). By the
// rate of a publisher's start a NACK waited for hundreds of ms.
constexpr double kRtcpBandwidth = 20e6;  // bit/s

// What webrtcbin shall answer to one m-line of the clean offer. The mid makes the pair unique.
Ref<GstCaps> line_caps(const ReceivedMedium& medium, const RemotePayload& payload,
                       const MediumPlan& plan, size_t line) {
  std::string name(codec_name(medium.codec)), mid = std::to_string(line);
  Ref<GstCaps> caps = adopt(gst_caps_new_simple(
      "application/x-rtp", "media", G_TYPE_STRING, kind_name(medium.kind), "encoding-name",
      G_TYPE_STRING, name.c_str(), "clock-rate", G_TYPE_INT, payload.clock_rate, "payload",
      G_TYPE_INT, static_cast<int>(plan.payload_type), "a-mid", G_TYPE_STRING, mid.c_str(),
      nullptr));
  if (plan.transport_cc_id != 0)
    gst_caps_set_simple(caps.get(), ("extmap-" + std::to_string(plan.transport_cc_id)).c_str(),
                        G_TYPE_STRING, kTransportCcUri, nullptr);
  return caps;
}

// The plan was made of one of them.
const RemotePayload& payload_of(const RemoteMedia& line, const MediumPlan& plan) {
  return *std::find_if(line.payloads.begin(), line.payloads.end(),
                       [&](const auto& each) { return each.type == plan.payload_type; });
}

Result<void> add_transceiver(PeerPipeline& pipeline, GstCaps* caps, bool nack) {
  GstWebRTCRTPTransceiver* transceiver = nullptr;
  g_signal_emit_by_name(pipeline.webrtcbin.get(), "add-transceiver",
                        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps, &transceiver);
  if (!transceiver)
    return Error{ErrorCode::failed, "The WebRTC element took no medium to receive."};
  Ref<GstWebRTCRTPTransceiver> owned = adopt(transceiver);
  g_object_set(transceiver, "do-nack", nack, nullptr);
  return {};
}

// What comes for nobody is dropped here: an unlinked pad would be an error of the whole transport.
void drop_all(GstPad* pad) {
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_DROP; }, nullptr, nullptr);
}

void on_pad_added(ReceiverInlets& inlets, GstPad* pad) {
  if (!GST_PAD_IS_SRC(pad)) return;
  Ref<GstCaps> caps = adopt(gst_pad_get_current_caps(pad));
  const GstStructure* structure = caps ? gst_caps_get_structure(caps.get(), 0) : nullptr;
  guint ssrc = 0;
  int payload_type = -1;
  if (structure) {
    gst_structure_get_uint(structure, "ssrc", &ssrc);
    gst_structure_get_int(structure, "payload", &payload_type);
  }
  const ReceiverInlets::Line* line = inlets.find(ssrc, payload_type);
  if (line && line->chain->link(pad)) return;
  GST_INFO("no medium for SSRC %u, payload type %d", ssrc, payload_type);
  drop_all(pad);
}

// webrtcbin sets this for all jitter buffers of a bundle by the last m-line it looks at.
void on_new_jitterbuffer(const std::shared_ptr<ReceiverInlets>& owner, GstElement* jitterbuffer,
                         guint ssrc) {
  ReceiverInlets& inlets = *owner;
  PacketTimes::give(inlets.times, jitterbuffer, [owner, ssrc](int payload_type) {
    const ReceiverInlets::Line* line = owner->find(ssrc, payload_type);
    return line && line->payload_type == payload_type ? line->clock_rate : 0;
  });
  const ReceiverInlets::Line* line = inlets.find(ssrc, -1);
  bool nack = line ? line->nack
                   : std::any_of(inlets.lines.begin(), inlets.lines.end(),
                                 [](const auto& each) { return each.nack; });
  // A packet is asked for once the gap is seen, unless it is only late by that much. What might
  // come next is no gap: a picture may take its time.
  g_object_set(jitterbuffer, "do-retransmission", nack, "rtx-next-seqnum", FALSE, "rtx-delay",
               kReordering, nullptr);
}

GstPadProbeReturn on_traffic(GstPad*, GstPadProbeInfo*, gpointer data) {
  (*static_cast<std::shared_ptr<ReceiverInlets>*>(data))->last_heard = g_get_monotonic_time();
  return GST_PAD_PROBE_OK;
}

}  // namespace

const ReceiverInlets::Line* ReceiverInlets::find(uint32_t ssrc, int payload_type) const {
  for (const Line& line : lines)
    if (std::find(line.ssrcs.begin(), line.ssrcs.end(), ssrc) != line.ssrcs.end()) return &line;
  for (const Line& line : lines)
    if (line.payload_type == payload_type) return &line;
  return nullptr;
}

WebrtcReceiver::WebrtcReceiver(std::string id, ControlThread& control, GstClock* clock,
                               ReceiverSettings settings, ReceiverEvents events)
    : WebrtcSession(std::move(id), control, clock, "publisher", settings.ice,
                    {.connect_timeout = settings.connect_timeout,
                     .hand_over = settings.hand_over,
                     .silence_timeout = settings.silence_timeout},
                    settings.messages, std::move(events.session), settings.place),
      settings_(std::move(settings)),
      receiver_events_(std::move(events)) {}

WebrtcReceiver::~WebrtcReceiver() {
  end();
}

void WebrtcReceiver::media_ends() {
  inlet_connections_.clear();
  receiver_events_.tracks = {};
}

void WebrtcReceiver::start(std::optional<SessionDescription> remote_offer) {
  auto ok = begin(remote_offer.has_value());
  if (ok) ok = remote_offer ? answer(remote_offer->sdp) : offer();
  if (!ok) fail(ok.error());
}

Result<PeerPipeline> WebrtcReceiver::build() const {
  auto pipeline = build_webrtc_pipeline(id_, clock_.get(), ice_, true);
  if (pipeline) g_object_set(pipeline->webrtcbin.get(), "latency", settings_.latency_ms, nullptr);
  return pipeline;
}

Result<void> WebrtcReceiver::answer(const std::string& sdp) {
  auto plan = [this](const RemoteDescription& offer) -> Result<SessionPlan> {
    auto ordered = [&offer](const std::vector<Codec>& codecs, bool ours) {
      return ours ? codecs : in_offered_order(offer, codecs);
    };
    auto received =
        plan_receive(offer, ordered(settings_.video, settings_.orders_video),
                     ordered(settings_.audio, settings_.orders_audio), settings_.retransmission);
    if (!received) return received.error();
    media_ = std::move(received->media);
    return std::move(received->session);
  };
  if (auto ok = take_offer(sdp, plan, MediaDirection::sendonly); !ok) return ok;
  auto pipeline = build();
  if (!pipeline) return pipeline.error();
  for (size_t i = 0; i < media_.size(); ++i) {
    if (auto ok = add_chain(*pipeline, i); !ok) return ok;
    const MediumPlan& medium = media_[i].plan;
    Ref<GstCaps> caps =
        line_caps(media_[i], payload_of(remote_.media[medium.mline], medium), medium, i);
    if (auto ok = add_transceiver(*pipeline, caps.get(), inlets_->lines[i].nack); !ok) return ok;
  }
  connect_inlets(*pipeline);
  tell_tracks();
  if (!is_open()) return {};
  if (auto ok = launch(std::move(*pipeline)); !ok) return ok;
  answer_offer();
  return {};
}

Result<void> WebrtcReceiver::offer() {
  offered_ = plan_receive_offer(settings_.video, settings_.audio, settings_.retransmission);
  if (offered_.empty())
    return Error{ErrorCode::not_supported,
                 "None of the codecs in video-codecs and audio-codecs can be received on this "
                 "machine: install gstreamer1.0-libav and gstreamer1.0-plugins-good."};
  auto pipeline = build();
  if (!pipeline) return pipeline.error();
  for (const RemoteMedia& line : offered_) {
    Ref<GstCaps> caps =
        adopt(gst_caps_new_simple("application/x-rtp", "media", G_TYPE_STRING, line.kind.c_str(),
                                  "encoding-name", G_TYPE_STRING, line.payloads[0].encoding.c_str(),
                                  "clock-rate", G_TYPE_INT, line.payloads[0].clock_rate, "payload",
                                  G_TYPE_INT, static_cast<int>(line.payloads[0].type), nullptr));
    bool nack = settings_.retransmission && line.kind == "video";
    if (auto ok = add_transceiver(*pipeline, caps.get(), nack); !ok) return ok;
  }
  connect_inlets(*pipeline);
  if (auto ok = launch(std::move(*pipeline)); !ok) return ok;
  make_offer();
  return {};
}

std::string WebrtcReceiver::written_offer(const std::vector<std::string>& candidates) const {
  return write_receive_offer(own_.get(), offered_, candidates);
}

void WebrtcReceiver::set_remote_answer(const SessionDescription& answer) {
  take_answer(
      answer, [this](const RemoteDescription& remote) { return take(remote); },
      MediaDirection::sendonly);
}

// No pad of webrtcbin's comes before it has the answer: nobody looks at the inlets yet.
Result<SessionPlan> WebrtcReceiver::take(const RemoteDescription& answer) {
  auto received = read_receive_answer(answer, offered_);
  if (!received) return received.error();
  media_ = std::move(received->media);
  for (size_t i = 0; i < media_.size(); ++i)
    if (auto ok = add_chain(pipeline_, i); !ok) return ok.error();
  gst_bin_sync_children_states(GST_BIN(pipeline_.pipeline.get()));
  tell_tracks();
  if (!is_open()) return Error{ErrorCode::failed, "The session ended."};
  return std::move(received->session);
}

void WebrtcReceiver::tell_tracks() {
  std::vector<ReceivedTrack> tracks;
  for (const ReceivedMedium& medium : media_)
    tracks.push_back({medium.kind, medium.codec});
  if (receiver_events_.tracks) receiver_events_.tracks(tracks);
}

Result<void> WebrtcReceiver::add_chain(PeerPipeline& pipeline, size_t index) {
  const MediumPlan& plan = media_[index].plan;
  std::vector<Ref<GstElement>> tail;
  if (settings_.make_tail) {
    auto made = settings_.make_tail(media_[index].codec);
    if (!made) return made.error();
    tail = std::move(*made);
  }
  auto chain =
      ReceiveChain::create(GST_BIN(pipeline.pipeline.get()),
                           {media_[index].codec, media_[index].layered, plan.color_space_id}, tail,
                           [index, sample = receiver_events_.sample](GstSample* frame) {
                             if (sample) sample(index, frame);
                           });
  if (!chain) return chain.error();
  bool nack = settings_.retransmission && plan.nack;
  int rate = payload_of(remote_.media[plan.mline], plan).clock_rate;
  inlets_->lines.push_back({plan.payload_type, static_cast<uint32_t>(std::max(rate, 1)), nack,
                            media_[index].ssrcs, *chain});
  return {};
}

void WebrtcReceiver::connect_inlets(PeerPipeline& pipeline) {
  inlet_connections_.push_back(connect(
      pipeline.webrtcbin.get(), "pad-added", inlets_,
      +[](ReceiverInlets& inlets, GstPad* pad) { on_pad_added(inlets, pad); }));
  Ref<GstElement> rtpbin = adopt(gst_bin_get_by_name(GST_BIN(pipeline.webrtcbin.get()), "rtpbin"));
  if (!rtpbin) return;
  inlet_connections_.push_back(connect(
      rtpbin.get(), "new-jitterbuffer", inlets_,
      +[](ReceiverInlets& inlets, GstElement* jitterbuffer, guint, guint ssrc) {
        on_new_jitterbuffer(inlets.shared_from_this(), jitterbuffer, ssrc);
      }));
}

void WebrtcReceiver::media_allowed() {
  inlets_->last_heard = g_get_monotonic_time();
  Ref<GstElement> rtpbin = adopt(gst_bin_get_by_name(GST_BIN(pipeline_.webrtcbin.get()), "rtpbin"));
  GObject* session = nullptr;
  if (rtpbin) g_signal_emit_by_name(rtpbin.get(), "get-internal-session", 0u, &session);
  if (Ref<GObject> owned = adopt(session)) g_object_set(session, "bandwidth", kRtcpBandwidth, nullptr);
  for (const char* name : {"recv_rtp_sink_0", "recv_rtcp_sink_0"}) {
    Ref<GstPad> pad = adopt(rtpbin ? gst_element_get_static_pad(rtpbin.get(), name) : nullptr);
    if (pad)
      gst_pad_add_probe(
          pad.get(),
          static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
          on_traffic, new std::shared_ptr<ReceiverInlets>(inlets_),
          [](gpointer data) { delete static_cast<std::shared_ptr<ReceiverInlets>*>(data); });
  }
  for (const auto& line : inlets_->lines)
    line.chain->open();
}

void WebrtcReceiver::note_traffic() {
  if (negotiation_.state() != Negotiation::State::connected) return;
  // A publisher sends reports even when it is muted: its silence always counts.
  negotiation_.sent(now());
  if (gint64 heard = inlets_->last_heard)
    negotiation_.heard(Time(std::chrono::microseconds(heard)));
  for (const auto& line : inlets_->lines)
    line.chain->keep_asking();
}

void WebrtcReceiver::request_keyframe(size_t track) {
  if (is_open() && track < inlets_->lines.size()) inlets_->lines[track].chain->request_keyframe();
}

std::chrono::milliseconds WebrtcReceiver::silence() const {
  gint64 heard = inlets_->last_heard;
  return std::chrono::milliseconds((g_get_monotonic_time() - heard) / 1000);
}

ReceiverStats WebrtcReceiver::stats() {
  ReceiverStats stats;
  stats.messages = message_stats();
  stats.state = negotiation_.state_name();
  stats.candidates_refused = candidates_refused();
  stats.packets_refused = packets_refused();
  if (auto setup = negotiation_.setup_time(); setup)
    stats.setup_ms = static_cast<int>(setup->count());
  for (size_t i = 0; i < inlets_->lines.size(); ++i) {
    const ReceiveChain& chain = *inlets_->lines[i].chain;
    stats.tracks.push_back({{media_[i].kind, media_[i].codec},
                            chain.packets(),
                            chain.bytes(),
                            chain.keyframe_requests(),
                            chain.frames_dropped()});
  }
  return stats;
}

Resources Receiver::cost(const ReceiverSettings& settings, size_t media) {
  // A medium's jitter buffer, depayloader's queue and sample sink; a decoder has some of its own.
  constexpr size_t kOfTransport = 6, kOfMedium = 8, kOfMessages = 4;
  return cost_of_peer(settings.ice,
                      kOfTransport + media * kOfMedium + (settings.messages ? kOfMessages : 0));
}

Result<std::shared_ptr<Receiver>> Receiver::create(const std::string& id, ControlThread& control,
                                                   GstClock* clock, ReceiverSettings settings,
                                                   ReceiverEvents events) {
  init_peer_debug();
  if (auto ok = check_ice_settings(settings.ice); !ok) return ok.error();
  return std::shared_ptr<Receiver>(
      std::make_shared<WebrtcReceiver>(id, control, clock, std::move(settings), std::move(events)));
}

}  // namespace webcast
