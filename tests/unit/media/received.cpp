#include "tests/unit/media/received.hpp"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <algorithm>

#include "plugins/gst/mapped_buffer.hpp"

namespace webcast {
namespace {

const char* chain_of(Codec codec) {
  switch (codec) {
    case Codec::h264:
      return "rtph264depay ! h264parse ! avdec_h264";
    case Codec::vp8:
      return "rtpvp8depay ! vp8dec";
    case Codec::vp9:
      return "rtpvp9depay ! vp9dec";
    case Codec::h265:
      return "rtph265depay ! h265parse ! avdec_h265";
    case Codec::opus:
      return "rtpopusdepay ! opusdec";
    case Codec::pcma:
      return "rtppcmadepay ! alawdec";
    case Codec::pcmu:
      return "rtppcmudepay ! mulawdec";
    default:
      return "fakesink";
  }
}

}  // namespace

Received receive(const RtpFormat& format, const std::vector<RtpFrame>& frames) {
  bool video = format.kind == MediaKind::video;
  std::string text = std::string("appsrc name=in format=time ! ") + chain_of(format.codec) +
                     (video ? " ! videoconvert ! video/x-raw,format=I420" : "") +
                     " ! appsink name=out sync=false";
  Ref<GstElement> pipeline =
      adopt(static_cast<GstElement*>(gst_object_ref_sink(gst_parse_launch(text.c_str(), nullptr))));
  Ref<GstElement> in = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "in"));
  Ref<GstElement> out = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
  Ref<GstCaps> caps = adopt(gst_caps_new_simple(
      "application/x-rtp", "media", G_TYPE_STRING, kind_name(format.kind), "encoding-name",
      G_TYPE_STRING, std::string(codec_name(format.codec)).c_str(), "clock-rate", G_TYPE_INT,
      format.clock_rate, "payload", G_TYPE_INT, int{format.payload_type}, nullptr));
  g_object_set(in.get(), "caps", caps.get(), nullptr);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  for (const RtpFrame& frame : frames)
    for (guint i = 0; i < gst_buffer_list_length(frame.packets.get()); i++)
      gst_app_src_push_buffer(GST_APP_SRC(in.get()),
                              gst_buffer_copy(gst_buffer_list_get(frame.packets.get(), i)));
  gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
  Received received;
  while (auto sample = adopt(gst_app_sink_pull_sample(GST_APP_SINK(out.get())))) {
    received.buffers++;
    const GstStructure* structure = gst_caps_get_structure(gst_sample_get_caps(sample.get()), 0);
    gst_structure_get_int(structure, "width", &received.width);
    gst_structure_get_int(structure, "height", &received.height);
    gst_structure_get_int(structure, "rate", &received.rate);
    gst_structure_get_int(structure, "channels", &received.channels);
    MappedBuffer mapped(gst_sample_get_buffer(sample.get()));
    auto line = mapped.bytes().first(std::min<size_t>(mapped.bytes().size(), received.width));
    received.first_pixels.assign(line.begin(), line.end());
  }
  Ref<GstBus> bus = adopt(gst_element_get_bus(pipeline.get()));
  if (GstMessage* message = gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR)) {
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    received.error = error->message;
    g_error_free(error);
    gst_message_unref(message);
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return received;
}

}  // namespace webcast
