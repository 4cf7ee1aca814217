#include "plugins/peer/webrtc_peer_pipeline.hpp"

#include <condition_variable>

#include "plugins/peer/ice_addresses.hpp"
#include "plugins/peer/turn_credential.hpp"
#include "plugins/peer/webrtc_peer.hpp"
#include "plugins/sdp/candidate.hpp"

namespace webcast {
namespace {

class AppSrcOutput : public PacketOutput {
 public:
  explicit AppSrcOutput(Ref<GstElement> source) : source_(std::move(source)) {}
  void send(Ref<GstBufferList> packets) override {
    // One of its own, not that of all viewers: appsrc (1.22.0) lets basesrc make it writable, which
    // lets go of one that others hold too, and goes on reading the one from before.
    GstBufferList* own = gst_buffer_list_make_writable(packets.release());
    gst_app_src_push_buffer_list(GST_APP_SRC(source_.get()), own);
  }
  guint64 queued_bytes() override {
    return gst_app_src_get_current_level_bytes(GST_APP_SRC(source_.get()));
  }

 private:
  Ref<GstElement> source_;
};

struct Needed {
  const char* factory;
  const char* package;
};
constexpr Needed kNeeded[] = {
    {"webrtcbin", "gstreamer1.0-plugins-bad"}, {"dtlssrtpenc", "gstreamer1.0-plugins-bad"},
    {"srtpenc", "gstreamer1.0-plugins-bad"},   {"nicesink", "gstreamer1.0-nice"},
    {"rtpbin", "gstreamer1.0-plugins-good"},   {"appsrc", "gstreamer1.0-plugins-base"}};

Ref<GstCaps> rtp_caps(const PipelineLine& line) {
  const RtpFormat& format = line.format;
  std::string name(codec_name(format.codec));
  Ref<GstCaps> caps = adopt(gst_caps_new_simple(
      "application/x-rtp", "media", G_TYPE_STRING, kind_name(format.kind), "encoding-name",
      G_TYPE_STRING, name.c_str(), "clock-rate", G_TYPE_INT, format.clock_rate, "payload",
      G_TYPE_INT, static_cast<int>(line.plan.payload_type), "ssrc", G_TYPE_UINT, format.ssrc,
      nullptr));
  auto set = [&](const std::string& field, const std::string& value) {
    gst_caps_set_simple(caps.get(), field.c_str(), G_TYPE_STRING, value.c_str(), nullptr);
  };
  if (line.with_parameters) {
    if (format.channels > 0 && format.kind == MediaKind::audio)
      set("encoding-params", std::to_string(format.channels));
    for (const auto& [parameter, value] : format.parameters)
      if (!parameter.starts_with("sprop-parameter-sets")) set(parameter, value);
    if (format.codec == Codec::h264) set("level-asymmetry-allowed", "1");
  }
  if (line.plan.transport_cc_id != 0)
    set("extmap-" + std::to_string(line.plan.transport_cc_id), kTransportCcUri);
  if (line.plan.playout_delay_id != 0)
    set("extmap-" + std::to_string(line.plan.playout_delay_id), kPlayoutDelayUri);
  return caps;
}

// PLI and FIR reach the source as upstream events; the rendition answers them, not webrtcbin.
GstPadProbeReturn on_upstream_event(GstPad*, GstPadProbeInfo* info, gpointer data) {
  const GstStructure* structure = gst_event_get_structure(GST_PAD_PROBE_INFO_EVENT(info));
  if (!structure || !gst_structure_has_name(structure, "GstForceKeyUnit")) return GST_PAD_PROBE_OK;
  if (auto egress = static_cast<std::weak_ptr<Egress>*>(data)->lock()) egress->keyframe_wanted();
  return GST_PAD_PROBE_DROP;
}

// A peer's pipeline waits for nothing: what the fan-out hands over is to leave at once.
void on_element_added(GstBin*, GstBin*, GstElement* element, gpointer) {
  GstElementFactory* factory = gst_element_get_factory(element);
  if (factory && g_strcmp0(GST_OBJECT_NAME(factory), "clocksync") == 0)
    g_object_set(element, "sync", FALSE, nullptr);
}

Result<void> add_line(PeerPipeline& peer, size_t index, const PipelineLine& line,
                      bool retransmission) {
  Ref<GstElement> source = make_element("appsrc");
  Ref<GstCaps> caps = rtp_caps(line);
  // Bounded by the egress, which knows what may be dropped; never blocks.
  g_object_set(source.get(), "caps", caps.get(), "is-live", TRUE, "format", GST_FORMAT_TIME,
               "block", FALSE, "max-bytes", guint64{0}, "max-buffers", guint64{0}, "max-time",
               guint64{0}, "emit-signals", FALSE, nullptr);
  gst_bin_add(GST_BIN(peer.pipeline.get()), source.get());

  std::string pad_name = "sink_" + std::to_string(index);
  Ref<GstPad> sink = adopt(gst_element_request_pad_simple(peer.webrtcbin.get(), pad_name.c_str()));
  Ref<GstPad> src = adopt(gst_element_get_static_pad(source.get(), "src"));
  if (!sink || gst_pad_link(src.get(), sink.get()) != GST_PAD_LINK_OK)
    return Error{ErrorCode::failed, "The WebRTC element took no stream."};
  gst_pad_add_probe(src.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event,
                    new std::weak_ptr<Egress>(line.egress),
                    [](gpointer data) { delete static_cast<std::weak_ptr<Egress>*>(data); });

  // webrtcbin pairs transceivers with offered m-lines by caps, in its own order: the mid makes
  // each pair unique.
  Ref<GstCaps> preferences = adopt(gst_caps_copy(caps.get()));
  if (!line.mid.empty())
    gst_caps_set_simple(preferences.get(), "a-mid", G_TYPE_STRING, line.mid.c_str(), nullptr);
  GstWebRTCRTPTransceiver* transceiver = nullptr;
  g_object_get(sink.get(), "transceiver", &transceiver, nullptr);
  Ref<GstWebRTCRTPTransceiver> owned = adopt(transceiver);
  g_object_set(transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
               "codec-preferences", preferences.get(), "do-nack", retransmission, nullptr);
  peer.sources.push_back(std::move(source));
  return {};
}

void set_up_ice(PeerPipeline& peer, const IceSettings& ice) {
  GObject* raw = nullptr;
  g_object_get(peer.webrtcbin.get(), "ice-agent", &raw, nullptr);
  Ref<GObject> ice_agent = adopt(raw);
  g_object_set(ice_agent.get(), "ice-tcp", FALSE, nullptr);
  if (ice.max_port != 0)
    g_object_set(ice_agent.get(), "min-rtp-port", ice.min_port, "max-rtp-port", ice.max_port,
                 nullptr);
  NiceAgent* agent = nullptr;
  g_object_get(ice_agent.get(), "agent", &agent, nullptr);
  peer.agent = adopt(agent);
  // Pacing: RFC 8445 section 14.2 allows 5 ms; libnice's 20 ms is most of the time to connect on
  // a LAN. Keepalives that expect an answer notice a dead path (otherwise nothing does).
  g_object_set(agent, "upnp", FALSE, "keepalive-conncheck", TRUE, "stun-pacing-timer", 5u, nullptr);
  for (const std::string& text : addresses_to_gather(ice)) {
    NiceAddress address;
    nice_address_init(&address);
    if (nice_address_set_from_string(&address, text.c_str()))
      nice_agent_add_local_address(agent, &address);
  }
}

void set_up_servers(PeerPipeline& peer, const std::string& id, const IceSettings& ice) {
  if (!ice.stun_server.empty())
    g_object_set(peer.webrtcbin.get(), "stun-server", ice.stun_server.c_str(), nullptr);
  auto add = [&](const std::string& uri) {
    gboolean added = FALSE;
    g_signal_emit_by_name(peer.webrtcbin.get(), "add-turn-server", uri.c_str(), &added);
    if (!added) GST_WARNING("%s: a TURN server was not accepted", id.c_str());
  };
  for (const std::string& server : ice.turn_servers) {
    if (server.starts_with("turns:")) {
      // libnice speaks no TLS here: the password would travel in the clear.
      GST_WARNING(
          "%s: a turns: server is left out, this libnice cannot do TLS; name it as turn: "
          "too",
          id.c_str());
      continue;
    }
    std::string uri = server;
    if (!ice.turn_secret.empty()) {
      auto own =
          with_turn_credential(server, ice.turn_secret, id, std::chrono::system_clock::now());
      if (own) uri = *own;
    }
    add(uri);
  }
  for (const std::string& server : ice.named_turn_servers)
    add(server);
  if (ice.relay_only)
    g_object_set(peer.webrtcbin.get(), "ice-transport-policy",
                 GST_WEBRTC_ICE_TRANSPORT_POLICY_RELAY, nullptr);
}

bool has_scheme(const std::string& uri, const char* scheme) {
  Ref<GstUri> parsed = adopt(gst_uri_from_string(uri.c_str()));
  return parsed && g_strcmp0(gst_uri_get_scheme(parsed.get()), scheme) == 0 &&
         gst_uri_get_host(parsed.get());
}

}  // namespace

std::shared_ptr<PacketOutput> PeerPipeline::output(size_t line) const {
  return std::make_shared<AppSrcOutput>(sources[line]);
}

Ref<GstWebRTCDTLSTransport> PeerPipeline::dtls_transport() const {
  GstWebRTCRTPTransceiver* transceiver = nullptr;
  g_signal_emit_by_name(webrtcbin.get(), "get-transceiver", 0, &transceiver);
  if (!transceiver) return nullptr;
  Ref<GstWebRTCRTPTransceiver> owned = adopt(transceiver);
  GstWebRTCRTPSender* sender = nullptr;
  g_object_get(transceiver, "sender", &sender, nullptr);
  Ref<GstWebRTCRTPSender> owned_sender = adopt(sender);
  if (!sender) return nullptr;
  GstWebRTCDTLSTransport* transport = nullptr;
  g_object_get(sender, "transport", &transport, nullptr);
  return adopt(transport);
}

std::string PeerPipeline::remote_certificate() const {
  Ref<GstWebRTCDTLSTransport> transport = dtls_transport();
  if (!transport) return {};
  char* pem = nullptr;
  g_object_get(transport.get(), "remote-certificate", &pem, nullptr);
  std::string certificate = pem ? pem : "";
  g_free(pem);
  return certificate;
}

std::vector<std::string> PeerPipeline::local_candidates(NiceAgent* agent) {
  std::vector<std::string> texts;
  // All media are bundled: stream 1, component 1.
  GSList* candidates = nice_agent_get_local_candidates(agent, 1, NICE_COMPONENT_TYPE_RTP);
  gboolean relay_only = FALSE;
  g_object_get(agent, "force-relay", &relay_only, nullptr);
  for (GSList* item = candidates; item; item = item->next) {
    auto* candidate = static_cast<NiceCandidate*>(item->data);
    if (relay_only && candidate->type != NICE_CANDIDATE_TYPE_RELAYED) continue;
    char* text = nice_agent_generate_local_candidate_sdp(agent, candidate);
    if (!text) continue;
    texts.emplace_back(g_str_has_prefix(text, "a=") ? text + 2 : text);
    g_free(text);
  }
  g_slist_free_full(candidates, reinterpret_cast<GDestroyNotify>(nice_candidate_free));
  return texts;
}

void PeerPipeline::end_sources() const {
  struct Wait {
    std::mutex mutex;
    std::condition_variable condition;
    size_t running;
  };
  auto wait = std::make_shared<Wait>();
  wait->running = sources.size();
  auto on_event = [](GstPad*, GstPadProbeInfo* info, gpointer data) {
    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_EOS) return GST_PAD_PROBE_OK;
    auto& state = **static_cast<std::shared_ptr<Wait>*>(data);
    std::lock_guard lock(state.mutex);
    --state.running;
    state.condition.notify_all();
    return GST_PAD_PROBE_DROP;
  };
  for (const Ref<GstElement>& source : sources) {
    Ref<GstPad> pad = adopt(gst_element_get_static_pad(source.get(), "src"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event,
                      new std::shared_ptr<Wait>(wait),
                      [](gpointer data) { delete static_cast<std::shared_ptr<Wait>*>(data); });
    gst_app_src_end_of_stream(GST_APP_SRC(source.get()));
  }
  std::unique_lock lock(wait->mutex);
  wait->condition.wait_for(lock, std::chrono::milliseconds(50), [&] { return wait->running == 0; });
}

void PeerPipeline::end_messages() const {
  GstIterator* encoders =
      gst_bin_iterate_all_by_element_factory_name(GST_BIN(webrtcbin.get()), "sctpenc");
  auto flush = +[](const GValue* item, gpointer) {
    GstIterator* pads = gst_element_iterate_sink_pads(GST_ELEMENT(g_value_get_object(item)));
    auto start = +[](const GValue* pad, gpointer) {
      gst_pad_send_event(GST_PAD(g_value_get_object(pad)), gst_event_new_flush_start());
    };
    while (gst_iterator_foreach(pads, start, nullptr) == GST_ITERATOR_RESYNC)
      gst_iterator_resync(pads);
    gst_iterator_free(pads);
  };
  while (gst_iterator_foreach(encoders, flush, nullptr) == GST_ITERATOR_RESYNC)
    gst_iterator_resync(encoders);
  gst_iterator_free(encoders);
}

void PeerPipeline::release_allocations() const {
  Ref<GMainContext> context = adopt(g_main_context_new());
  g_main_context_push_thread_default(context.get());
  struct Wait {
    bool closed = false, expired = false;
  } wait;
  Ref<GSource> deadline = adopt(g_timeout_source_new_seconds(1));
  g_source_set_callback(
      deadline.get(),
      [](gpointer data) -> gboolean {
        static_cast<Wait*>(data)->expired = true;
        return G_SOURCE_REMOVE;
      },
      &wait, nullptr);
  g_source_attach(deadline.get(), context.get());
  // Called from this context only: never after we stopped to run it.
  nice_agent_close_async(
      agent.get(),
      [](GObject*, GAsyncResult*, gpointer data) { static_cast<Wait*>(data)->closed = true; },
      &wait);
  while (!wait.closed && !wait.expired)
    g_main_context_iteration(context.get(), TRUE);
  g_source_destroy(deadline.get());
  g_main_context_pop_thread_default(context.get());
}

void add_servers(IceSettings& ice, const std::vector<std::string>& servers) {
  for (const std::string& server : servers) {
    if (server.starts_with("turn://")) ice.named_turn_servers.push_back(server);
    if (server.starts_with("stun://") && ice.stun_server.empty()) ice.stun_server = server;
  }
}

Result<void> check_ice_settings(const IceSettings& ice) {
  auto wrong = [](const std::string& sentence) {
    return Error{ErrorCode::invalid_argument, sentence};
  };
  if (!ice.stun_server.empty() && !has_scheme(ice.stun_server, "stun"))
    return wrong("stun-server \"" + ice.stun_server + "\" is not of the form stun://HOST:PORT.");
  bool usable = false;
  for (const std::string& server : ice.turn_servers) {
    // Not repeated in the sentence: it holds a password.
    if (!has_scheme(server, "turn") && !has_scheme(server, "turns"))
      return wrong("A TURN server is not of the form turn://USER:PASSWORD@HOST:PORT.");
    usable |= has_scheme(server, "turn");
  }
  if (ice.relay_only && !usable)
    return wrong(
        "ice-transport-policy=relay needs a turn: server in turn-servers (turns: alone is "
        "not enough: libnice cannot do TLS).");
  for (const std::string& text : ice.local_addresses) {
    NiceAddress address;
    nice_address_init(&address);
    if (!nice_address_set_from_string(&address, text.c_str()))
      return wrong("local-addresses: \"" + text + "\" is not an IP address.");
  }
  if (ice.min_port > ice.max_port || ice.max_port > 65535)
    return wrong("min-port must not be above max-port, nor max-port above 65535.");
  if (!ice.external_address.empty()) {
    Ref<GInetAddress> address = adopt(g_inet_address_new_from_string(ice.external_address.c_str()));
    if (!address)
      return wrong("external-address \"" + ice.external_address + "\" is not an IP address.");
  }
  return {};
}

Result<PeerPipeline> build_webrtc_pipeline(const std::string& id, GstClock* clock,
                                           const IceSettings& ice, bool takes_media) {
  if (auto ok = check_webrtc_installed(nullptr); !ok) return ok.error();
  PeerPipeline peer;
  peer.pipeline =
      adopt(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(("webcast-peer-" + id).c_str()))));
  peer.webrtcbin = make_element("webrtcbin");
  if (!peer.webrtcbin)
    return Error{ErrorCode::failed, "The WebRTC element (webrtcbin) could not be made."};
  g_object_set(peer.webrtcbin.get(), "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, nullptr);
  g_signal_connect(peer.pipeline.get(), "deep-element-added", G_CALLBACK(on_element_added),
                   nullptr);
  watch_alerts(peer.pipeline.get(), peer.alerts);
  peer.guard = std::make_shared<DatagramGuard>(takes_media);
  guard_datagrams(peer.pipeline.get(), peer.guard);
  gst_bin_add(GST_BIN(peer.pipeline.get()), peer.webrtcbin.get());

  // The internal timeline (plugins/rtp/rtp_frame.hpp).
  if (clock) gst_pipeline_use_clock(GST_PIPELINE(peer.pipeline.get()), clock);
  gst_element_set_start_time(peer.pipeline.get(), GST_CLOCK_TIME_NONE);
  gst_element_set_base_time(peer.pipeline.get(), 0);

  set_up_ice(peer, ice);
  set_up_servers(peer, id, ice);
  return peer;
}

Result<PeerPipeline> build_peer_pipeline(const std::string& id, GstClock* clock,
                                         const PeerSettings& settings,
                                         const std::vector<PipelineLine>& lines) {
  auto built = build_webrtc_pipeline(id, clock, settings.ice, false);
  if (!built) return built.error();
  PeerPipeline& peer = *built;
  for (size_t i = 0; i < lines.size(); ++i) {
    bool retransmission = settings.retransmission && lines[i].format.kind == MediaKind::video &&
                          (lines[i].mid.empty() || lines[i].plan.rtx_payload_type >= 0);
    if (auto ok = add_line(peer, i, lines[i], retransmission); !ok) return ok.error();
  }
  return built;
}

Result<void> check_webrtc_installed(std::string* missing) {
  for (const Needed& needed : kNeeded) {
    Ref<GstElementFactory> factory = adopt(gst_element_factory_find(needed.factory));
    if (factory) continue;
    if (missing) *missing = needed.factory;
    return Error{ErrorCode::not_found, std::string("The GStreamer element ") + needed.factory +
                                           " is missing: install the package " + needed.package +
                                           "."};
  }
  return {};
}

void warm_up_webrtc() {
  for (const Needed& needed : kNeeded)
    make_element(needed.factory);
  // The first DTLS element of a process generates an RSA key that all others share.
  for (const char* factory : {"dtlsdec", "dtlssrtpdec", "nicesrc", "srtpdec", "rtprtxsend",
                              "rtpfunnel", "clocksync", "rtpsession"})
    make_element(factory);
}

}  // namespace webcast
