// Statistics of a WebrtcPeer, and what RTCP tells. webrtcbin's own statistics name the wrong
// medium when bundled, so rtpbin's session is read by our own SSRCs.
#include "plugins/gst/mapped_buffer.hpp"
#include "plugins/peer/webrtc_peer.hpp"

namespace webcast {
namespace {

// Seconds between 1900 and 1970.
constexpr guint64 kNtpEpoch = 2208988800;

// The time base of rtpsession's sender reports (its default ntp-time-source).
guint64 ntp_now() {
  auto now = static_cast<guint64>(g_get_real_time());
  guint64 seconds = now / G_USEC_PER_SEC + kNtpEpoch;
  return seconds << 32 |
         gst_util_uint64_scale(now % G_USEC_PER_SEC, G_GUINT64_CONSTANT(1) << 32, G_USEC_PER_SEC);
}

GstPadProbeReturn on_rtcp(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto& state = **static_cast<std::shared_ptr<RtcpState>*>(data);
  auto read = [&state](GstBuffer* buffer) {
    MappedBuffer mapped(buffer);
    std::lock_guard lock(state.mutex);
    if (state.reader.read(mapped.bytes(), ntp_now()))
      state.last_heard.store(g_get_monotonic_time());
  };
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    read(GST_PAD_PROBE_INFO_BUFFER(info));
  } else if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    GstBufferList* list = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
    for (guint i = 0; i < gst_buffer_list_length(list); ++i)
      read(gst_buffer_list_get(list, i));
  }
  return GST_PAD_PROBE_OK;
}

Ref<GstElement> rtpbin_of(const PeerPipeline& pipeline) {
  return adopt(gst_bin_get_by_name(GST_BIN(pipeline.webrtcbin.get()), "rtpbin"));
}

// Packets that one source of ours has sent, as the RTP session counts.
guint64 packets_sent(const GstStructure* session, uint32_t ssrc) {
  guint64 found = 0;
  // rtpsession still speaks in GValueArrays.
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  const GValue* list = gst_structure_get_value(session, "source-stats");
  if (!list || !G_VALUE_HOLDS(list, g_value_array_get_type())) return 0;
  auto* sources = static_cast<GValueArray*>(g_value_get_boxed(list));
  for (guint i = 0; sources && i < sources->n_values; ++i) {
    const GstStructure* source = gst_value_get_structure(g_value_array_get_nth(sources, i));
    guint source_ssrc = 0;
    gboolean internal = FALSE;
    guint64 packets = 0;
    if (gst_structure_get(source, "ssrc", G_TYPE_UINT, &source_ssrc, "internal", G_TYPE_BOOLEAN,
                          &internal, "packets-sent", G_TYPE_UINT64, &packets, nullptr) &&
        internal && source_ssrc == ssrc)
      found = packets;
  }
  G_GNUC_END_IGNORE_DEPRECATIONS
  return found;
}

}  // namespace

void WebrtcPeer::watch_rtcp() {
  Ref<GstElement> rtpbin = rtpbin_of(pipeline_);
  if (!rtpbin) return;
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(rtpbin.get(), "recv_rtcp_sink_0"));
  if (!pad) {
    GST_WARNING("%s: no RTCP will be seen", id_.c_str());
    return;
  }
  gst_pad_add_probe(
      pad.get(),
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
      on_rtcp, new std::shared_ptr<RtcpState>(rtcp_),
      [](gpointer data) { delete static_cast<std::shared_ptr<RtcpState>*>(data); });
}

void WebrtcPeer::update_bitrates() {
  Time at = now();
  double seconds = std::chrono::duration<double>(at - rates_at_).count();
  if (seconds < 0.9) return;
  for (size_t i = 0; i < rates_.size(); ++i) {
    guint64 bytes = egresses_[i]->stats().bytes;
    if (rates_at_ != Time{})
      rates_[i].bitrate =
          static_cast<unsigned>(static_cast<double>(bytes - rates_[i].bytes) * 8 / seconds);
    rates_[i].bytes = bytes;
  }
  rates_at_ = at;
}

PeerStats WebrtcPeer::stats() {
  PeerStats stats;
  stats.state = negotiation_.state_name();
  stats.candidates_refused = candidates_refused();
  stats.packets_refused = packets_refused();
  if (auto setup = negotiation_.setup_time(); setup)
    stats.setup_ms = static_cast<int>(setup->count());
  for (size_t i = 0; i < media_.size(); ++i) {
    if (!plan_.empty() && !plan_[i]) continue;
    PeerMediumStats medium;
    medium.track = media_[i].track;
    EgressStats egress = egresses_[i]->stats();
    medium.packets = egress.packets;
    medium.bytes = egress.bytes;
    medium.frames_dropped = egress.dropped;
    medium.bitrate = rates_[i].bitrate;
    {
      std::lock_guard lock(rtcp_->mutex);
      const ReceptionReport& report = rtcp_->reader.reports().at(formats_[i].ssrc);
      medium.fraction_lost = report.fraction_lost;
      medium.packets_lost = report.packets_lost;
      medium.jitter_ms = report.jitter_ms;
      medium.round_trip_ms = report.round_trip_ms;
      medium.nack = report.nack;
      medium.pli = report.pli;
      medium.fir = report.fir;
    }
    stats.media.push_back(std::move(medium));
  }
  stats.messages = message_stats();
  add_session_stats(stats);
  return stats;
}

void WebrtcPeer::add_session_stats(PeerStats& stats) {
  if (!own_ || negotiation_.state() != Negotiation::State::connected) return;
  Ref<GstElement> rtpbin = rtpbin_of(pipeline_);
  GObject* session = nullptr;
  if (rtpbin) g_signal_emit_by_name(rtpbin.get(), "get-internal-session", 0u, &session);
  if (!session) return;
  Ref<GObject> owned = adopt(session);
  GstStructure* raw = nullptr;
  g_object_get(session, "stats", &raw, nullptr);
  StructurePtr session_stats(raw);
  if (!raw) return;
  size_t next = 0;
  for (size_t i = 0; i < media_.size(); ++i) {
    if (!plan_[i]) continue;
    PeerMediumStats& medium = stats.media[next++];
    if (auto ssrc = rtx_ssrc(own_.get(), formats_[i].ssrc))
      medium.retransmitted = packets_sent(raw, *ssrc);
  }
}

}  // namespace webcast
