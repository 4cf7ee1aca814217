#include "tests/unit/peer/loop_viewer.hpp"

#include <agent.h>

#include "plugins/gst/mapped_buffer.hpp"
#include "plugins/gst/promise.hpp"

namespace webcast::test {

LoopViewer::LoopViewer() {
  pipeline_ = adopt(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))));
  bin_ = make_element("webrtcbin");
  g_object_set(bin_.get(), "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, "latency", 50u,
               nullptr);
  g_signal_connect(pipeline_.get(), "deep-element-added", G_CALLBACK(on_element), this);
  gst_bin_add(GST_BIN(pipeline_.get()), bin_.get());
  Ref<GstElement> rtpbin = adopt(gst_bin_get_by_name(GST_BIN(bin_.get()), "rtpbin"));
  auto on_bye =
      +[](GstElement*, guint, guint, gpointer self) { ++static_cast<LoopViewer*>(self)->byes_; };
  g_signal_connect(rtpbin.get(), "on-bye-ssrc", G_CALLBACK(on_bye), this);
  g_signal_connect(bin_.get(), "pad-added", G_CALLBACK(on_negotiation_pad), this);
  g_signal_connect(bin_.get(), "on-ice-candidate", G_CALLBACK(on_ice_candidate), this);
  GObject* ice = nullptr;
  g_object_get(bin_.get(), "ice-agent", &ice, nullptr);
  g_object_set(ice, "ice-tcp", FALSE, nullptr);
  NiceAgent* agent = nullptr;
  g_object_get(ice, "agent", &agent, nullptr);
  g_object_set(agent, "upnp", FALSE, nullptr);
  NiceAddress address;
  nice_address_init(&address);
  nice_address_set_from_string(&address, "127.0.0.1");
  nice_agent_add_local_address(agent, &address);
  g_object_unref(agent);
  g_object_unref(ice);
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

LoopViewer::~LoopViewer() {
  stop();
}

void LoopViewer::stop() {
  if (!pipeline_) return;
  g_signal_handlers_disconnect_by_data(bin_.get(), this);
  g_signal_handlers_disconnect_by_data(pipeline_.get(), this);
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  pads_.clear();
  bin_.reset();
  pipeline_.reset();
}

void LoopViewer::mute() {
  GstIterator* elements =
      gst_bin_iterate_all_by_element_factory_name(GST_BIN(pipeline_.get()), "nicesink");
  GValue value = G_VALUE_INIT;
  while (gst_iterator_next(elements, &value) == GST_ITERATOR_OK) {
    Ref<GstPad> pad =
        adopt(gst_element_get_static_pad(GST_ELEMENT(g_value_get_object(&value)), "sink"));
    gst_pad_add_probe(
        pad.get(),
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
        [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_DROP; }, nullptr, nullptr);
    g_value_reset(&value);
  }
  g_value_unset(&value);
  gst_iterator_free(elements);
}

void LoopViewer::on_element(GstBin*, GstBin*, GstElement* element, gpointer data) {
  GstElementFactory* factory = gst_element_get_factory(element);
  auto* self = static_cast<LoopViewer*>(data);
  if (factory && g_str_equal(GST_OBJECT_NAME(factory), "dtlssrtpdec") && !self->certificate.empty())
    g_object_set(element, "pem", self->certificate.c_str(), nullptr);
  if (factory && g_strcmp0(GST_OBJECT_NAME(factory), "dtlsenc") == 0) {
    Ref<GstPad> src = adopt(gst_element_get_static_pad(element, "src"));
    gst_pad_add_probe(src.get(), GST_PAD_PROBE_TYPE_BUFFER, on_handshake, data, nullptr);
    std::lock_guard lock(self->mutex_);
    self->encoder_ = retain(element);
  }
  if (!factory || g_strcmp0(GST_OBJECT_NAME(factory), "nicesrc") != 0) return;
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(element, "src"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, on_wire, data, nullptr);
}

GstPadProbeReturn LoopViewer::on_handshake(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<LoopViewer*>(data);
  std::call_once(self->early_, [self] {
    for (const auto& datagram : self->said_early)
      self->send_raw(datagram);
  });
  int alert = self->alert_;
  if (alert < 0) return GST_PAD_PROBE_OK;
  const guint8 record[] = {
      21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, static_cast<guint8>(alert)};
  gst_buffer_unref(GST_PAD_PROBE_INFO_BUFFER(info));
  info->data = gst_buffer_new_memdup(record, sizeof record);
  return GST_PAD_PROBE_OK;
}

void LoopViewer::send_raw(const std::vector<uint8_t>& datagram) {
  GObject* ice = nullptr;
  g_object_get(bin_.get(), "ice-agent", &ice, nullptr);
  Ref<GObject> owned = adopt(ice);
  NiceAgent* agent = nullptr;
  g_object_get(ice, "agent", &agent, nullptr);
  Ref<NiceAgent> owned_agent = adopt(agent);
  nice_agent_send(agent, 1, NICE_COMPONENT_TYPE_RTP, static_cast<guint>(datagram.size()),
                  reinterpret_cast<const char*>(datagram.data()));
}

void LoopViewer::send_data(const std::vector<uint8_t>& data) {
  std::unique_lock lock(mutex_);
  Ref<GstElement> encoder = encoder_;
  lock.unlock();
  Ref<GstPad> sink = adopt(gst_element_get_static_pad(encoder.get(), "sink"));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_BYTES);
  gst_pad_send_event(sink.get(), gst_event_new_stream_start("data"));
  gst_pad_send_event(sink.get(), gst_event_new_segment(&segment));
  gst_pad_chain(sink.get(), gst_buffer_new_memdup(data.data(), data.size()));
}

bool LoopViewer::closed_by_peer() {
  GstWebRTCRTPTransceiver* transceiver = nullptr;
  g_signal_emit_by_name(bin_.get(), "get-transceiver", 0, &transceiver);
  Ref<GstWebRTCRTPTransceiver> owned = adopt(transceiver);
  if (!transceiver) return false;
  GstWebRTCRTPReceiver* receiver = nullptr;
  g_object_get(transceiver, "receiver", &receiver, nullptr);
  Ref<GstWebRTCRTPReceiver> owned_receiver = adopt(receiver);
  GstWebRTCDTLSTransport* transport = nullptr;
  g_object_get(receiver, "transport", &transport, nullptr);
  Ref<GstWebRTCDTLSTransport> owned_transport = adopt(transport);
  GstWebRTCDTLSTransportState state = GST_WEBRTC_DTLS_TRANSPORT_STATE_NEW;
  if (transport) g_object_get(transport, "state", &state, nullptr);
  return state == GST_WEBRTC_DTLS_TRANSPORT_STATE_CLOSED;
}

GstPadProbeReturn LoopViewer::on_wire(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<LoopViewer*>(data);
  unsigned every = self->lose_every_;
  guint8 bytes[2] = {0, 0};
  gst_buffer_extract(GST_PAD_PROBE_INFO_BUFFER(info), 0, bytes, 2);
  bool rtp = bytes[0] >> 6 == 2 && (bytes[1] < 192 || bytes[1] > 223);
  if (every == 0 || !rtp) return GST_PAD_PROBE_OK;
  return ++self->on_wire_ % every == 0 ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

void LoopViewer::on_negotiation_pad(GstElement*, GstPad* pad, gpointer data) {
  auto* self = static_cast<LoopViewer*>(data);
  if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
  gst_pad_add_probe(
      pad, static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
      on_packet, data, nullptr);
  GstElement* sink = gst_element_factory_make("fakesink", nullptr);
  g_object_set(sink, "sync", FALSE, "async", FALSE, nullptr);
  gst_bin_add(GST_BIN(self->pipeline_.get()), sink);
  gst_element_sync_state_with_parent(sink);
  Ref<GstPad> sink_pad = adopt(gst_element_get_static_pad(sink, "sink"));
  gst_pad_link(pad, sink_pad.get());
  std::lock_guard lock(self->mutex_);
  self->pads_.push_back(retain(pad));
}

GstPadProbeReturn LoopViewer::on_packet(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto* self = static_cast<LoopViewer*>(data);
  auto count = [self](GstBuffer* buffer) {
    guint8 header[12] = {};
    gst_buffer_extract(buffer, 0, header, sizeof header);
    uint32_t ssrc = GST_READ_UINT32_BE(header + 8);
    std::lock_guard lock(self->mutex_);
    ++self->by_type_[header[1] & 0x7f];
    ++self->by_ssrc_[ssrc];
    self->sequences_[ssrc].push_back(GST_READ_UINT16_BE(header + 2));
    ++self->packets_;
  };
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    count(GST_PAD_PROBE_INFO_BUFFER(info));
  } else {
    GstBufferList* list = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
    for (guint i = 0; i < gst_buffer_list_length(list); ++i)
      count(gst_buffer_list_get(list, i));
  }
  return GST_PAD_PROBE_OK;
}

void LoopViewer::on_ice_candidate(GstElement*, guint, char* candidate, gpointer data) {
  auto* self = static_cast<LoopViewer*>(data);
  if (self->on_candidate) self->on_candidate(candidate);
}

void LoopViewer::describe(bool offer) {
  Ref<GstPromise> promise = make_promise([this, offer](Result<const GstStructure*> reply) {
    if (!reply || !*reply) return;
    GstWebRTCSessionDescription* description = nullptr;
    gst_structure_get(*reply, offer ? "offer" : "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                      &description, nullptr);
    if (!description) return;
    g_signal_emit_by_name(bin_.get(), "set-local-description", description, nullptr);
    char* text = gst_sdp_message_as_text(description->sdp);
    std::string sdp = text;
    g_free(text);
    gst_webrtc_session_description_free(description);
    if (change_description) sdp = change_description(sdp);
    if (on_description) on_description(offer, sdp);
  });
  g_signal_emit_by_name(bin_.get(), offer ? "create-offer" : "create-answer", nullptr,
                        promise.get());
}

void LoopViewer::offer(const std::vector<ViewerMedium>& media) {
  for (const ViewerMedium& medium : media) {
    std::string text = "application/x-rtp,media=" + medium.kind +
                       ",encoding-name=" + medium.encoding +
                       ",payload=" + std::to_string(medium.payload_type) +
                       (medium.kind == "video" ? ",clock-rate=90000"
                                               : ",clock-rate=48000,encoding-params=(string)2");
    if (medium.encoding == "H264")
      text += ",packetization-mode=(string)1,profile-level-id=(string)42e01f";
    Ref<GstCaps> caps = adopt(gst_caps_from_string(text.c_str()));
    GstWebRTCRTPTransceiver* transceiver = nullptr;
    g_signal_emit_by_name(bin_.get(), "add-transceiver",
                          GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps.get(), &transceiver);
    g_object_set(transceiver, "do-nack", medium.retransmission && medium.kind == "video", nullptr);
    gst_object_unref(transceiver);
  }
  describe(true);
}

static GstWebRTCSessionDescription* parse(const std::string& sdp, GstWebRTCSDPType type) {
  GstSDPMessage* message = nullptr;
  gst_sdp_message_new_from_text(sdp.c_str(), &message);
  return gst_webrtc_session_description_new(type, message);
}

void LoopViewer::take_offer(const std::string& sdp) {
  GstWebRTCSessionDescription* offer = parse(sdp, GST_WEBRTC_SDP_TYPE_OFFER);
  Ref<GstPromise> promise = make_promise([this](Result<const GstStructure*>) {
    // Transceivers exist now: ask for retransmission as a browser would.
    GArray* transceivers = nullptr;
    g_signal_emit_by_name(bin_.get(), "get-transceivers", &transceivers);
    for (guint i = 0; transceivers && i < transceivers->len; ++i)
      g_object_set(g_array_index(transceivers, GObject*, i), "do-nack", TRUE, nullptr);
    if (transceivers) g_array_unref(transceivers);
    describe(false);
  });
  g_signal_emit_by_name(bin_.get(), "set-remote-description", offer, promise.get());
  gst_webrtc_session_description_free(offer);
}

void LoopViewer::take_answer(const std::string& sdp) {
  GstWebRTCSessionDescription* answer = parse(sdp, GST_WEBRTC_SDP_TYPE_ANSWER);
  g_signal_emit_by_name(bin_.get(), "set-remote-description", answer, nullptr);
  gst_webrtc_session_description_free(answer);
}

void LoopViewer::take_candidate(const std::string& candidate) {
  g_signal_emit_by_name(bin_.get(), "add-ice-candidate", 0u, candidate.c_str());
}

std::map<int, unsigned> LoopViewer::packets_by_payload_type() {
  std::lock_guard lock(mutex_);
  return by_type_;
}
std::map<uint32_t, unsigned> LoopViewer::packets_by_ssrc() {
  std::lock_guard lock(mutex_);
  return by_ssrc_;
}
std::vector<uint16_t> LoopViewer::sequence_numbers(uint32_t ssrc) {
  std::lock_guard lock(mutex_);
  return sequences_[ssrc];
}

std::string LoopViewer::state() {
  GstWebRTCPeerConnectionState state;
  g_object_get(bin_.get(), "connection-state", &state, nullptr);
  GEnumValue* value = g_enum_get_value(
      G_ENUM_CLASS(g_type_class_peek(GST_TYPE_WEBRTC_PEER_CONNECTION_STATE)), state);
  return value ? value->value_nick : "";
}

void LoopViewer::request_keyframe() {
  std::vector<Ref<GstPad>> pads;
  {
    std::lock_guard lock(mutex_);
    pads = pads_;
  }
  for (auto& pad : pads)
    gst_pad_send_event(pad.get(), gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM,
                                                       gst_structure_new_empty("GstForceKeyUnit")));
}

}  // namespace webcast::test
