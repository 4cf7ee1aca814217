#include "plugins/media/codecs/payload.hpp"

#include <gst/rtp/gstrtphdrext.h>

#include "plugins/media/codecs/catalogue.hpp"
#include "plugins/media/codecs/playout_delay.hpp"

namespace webcast {
namespace {

// IPv6, UDP, SRTP, TURN and a header extension fit an Ethernet frame beside it.
constexpr unsigned kMtu = 1200;
constexpr uint8_t kTransportCcId = 3, kPlayoutDelayId = 5;

uint8_t payload_type_of(Codec codec) {
  switch (codec) {
    case Codec::vp8:
      return 96;
    case Codec::vp9:
      return 98;
    case Codec::av1:
      return 99;
    case Codec::h264:
      return 109;
    case Codec::h265:
      return 116;
    case Codec::opus:
      return 111;
    case Codec::pcma:
      return 8;
    case Codec::pcmu:
      return 0;
  }
  return 96;
}

void add_extension(GstElement* payloader, const Ref<GstElement>& extension, unsigned id) {
  if (!extension) return;
  // The id first: without one the payloader refuses the extension and has no caps.
  gst_rtp_header_extension_set_id(GST_RTP_HEADER_EXTENSION(extension.get()), id);
  g_signal_emit_by_name(payloader, "add-extension", extension.get());
}

// A payloader that is to negotiate once more while its pipeline goes to NULL fails to, and leaks
// the buffer's metadata (gst_rtp_base_payload_chain() in 1.22, its label `flushing`).
// Behind it is an appsink that takes everything: what it negotiated with the caps event holds.
GstPadProbeReturn keep_what_was_negotiated(GstPad* pad, GstPadProbeInfo*, gpointer) {
  Ref<GstElement> payloader = adopt(gst_pad_get_parent_element(pad));
  if (!payloader) return GST_PAD_PROBE_OK;
  Ref<GstPad> source = adopt(gst_element_get_static_pad(payloader.get(), "src"));
  gst_pad_check_reconfigure(source.get());  // clears the mark
  return GST_PAD_PROBE_OK;
}

}  // namespace

RtpFormat make_rtp_format(Codec codec, int channels, bool with_playout_delay) {
  RtpFormat format;
  format.kind = codec_kind(codec);
  format.codec = codec;
  format.payload_type = payload_type_of(codec);
  format.ssrc = g_random_int();  // no secret: each packet has it
  format.transport_cc_id = kTransportCcId;
  switch (codec) {
    case Codec::opus:
      format.clock_rate = 48000;
      format.channels = 2;  // RFC 7587 section 7: always two in SDP
      format.parameters = {{"minptime", "10"}, {"useinbandfec", "1"}};
      if (channels == 2) format.parameters["sprop-stereo"] = "1";
      break;
    case Codec::pcma:
    case Codec::pcmu:
      format.clock_rate = 8000;
      format.channels = 1;
      break;
    case Codec::h264:
      format.parameters = {{"packetization-mode", "1"}, {"level-asymmetry-allowed", "1"}};
      [[fallthrough]];
    default:
      if (with_playout_delay) format.playout_delay_id = kPlayoutDelayId;
  }
  return format;
}

Result<Ref<GstElement>> make_payloader(const RtpFormat& format, const PayloadContinuity& goes_on,
                                       int playout_delay_ms) {
  std::string factory = payloader_of(format.codec);
  Ref<GstElement> payloader =
      factory.empty() ? Ref<GstElement>() : make_element(factory.c_str(), "payloader");
  if (!payloader)
    return Error{ErrorCode::not_found, "There is no RTP payloader for " +
                                           std::string(codec_name(format.codec)) +
                                           ": install gstreamer1.0-plugins-good (AV1: -rs)"};
  g_object_set(payloader.get(), "mtu", kMtu, "pt", guint{format.payload_type}, "ssrc", format.ssrc,
               "seqnum-offset", int{goes_on.sequence}, "timestamp-offset", goes_on.timestamp_offset,
               nullptr);
  switch (format.codec) {
    case Codec::h264:
    case Codec::h265:
      gst_util_set_object_arg(G_OBJECT(payloader.get()), "aggregate-mode", "zero-latency");
      break;
    case Codec::vp8:
    case Codec::vp9:
      gst_util_set_object_arg(G_OBJECT(payloader.get()), "picture-id-mode", "15-bit");
      break;
    case Codec::pcma:
    case Codec::pcmu:
      g_object_set(payloader.get(), "max-ptime", gint64{20 * GST_MSECOND}, nullptr);
      break;
    default:
      break;
  }
  add_extension(payloader.get(), make_element("rtphdrexttwcc"), format.transport_cc_id);
  if (format.playout_delay_id)
    add_extension(payloader.get(), make_playout_delay(playout_delay_ms), format.playout_delay_id);
  Ref<GstPad> inlet = adopt(gst_element_get_static_pad(payloader.get(), "sink"));
  gst_pad_add_probe(inlet.get(), GST_PAD_PROBE_TYPE_BUFFER, keep_what_was_negotiated, nullptr,
                    nullptr);
  return payloader;
}

}  // namespace webcast
