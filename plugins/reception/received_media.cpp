#include "plugins/reception/received_media.hpp"

#include "plugins/media/codecs/catalogue.hpp"
#include "plugins/peer/receiver.hpp"

namespace webcast {
namespace {

struct Encoded {
  Codec codec;
  const char* parser;  // "": none is needed
  const char* caps;    // what decoders are chosen for
  // How the depayloader gives it, where that matters. With parameter sets among the slices it would
  // begin another picture at each: rtph264pay (1.22, config-interval=-1) repeats them before every
  // slice of a keyframe, and x264enc makes several. In this form it takes them out of the stream,
  // and the parser (config-interval=-1) puts them back before IDR pictures; how many it keeps is
  // bounded by ParameterSets.
  const char* depayloaded = "";
};
constexpr Encoded kEncoded[] = {
    {Codec::h264, "h264parse", "video/x-h264,stream-format=byte-stream,alignment=au",
     "video/x-h264,stream-format=avc,alignment=au"},
    {Codec::vp8, "", "video/x-vp8"},
    {Codec::vp9, "", "video/x-vp9"},
    {Codec::av1, "av1parse", "video/x-av1"},
    {Codec::h265, "h265parse", "video/x-h265,stream-format=byte-stream,alignment=au",
     "video/x-h265,stream-format=hvc1,alignment=au"},
    {Codec::opus, "opusparse", "audio/x-opus"},
    {Codec::pcma, "", "audio/x-alaw"},
    {Codec::pcmu, "", "audio/x-mulaw"},
};

const Encoded& encoded_of(Codec codec) {
  for (const Encoded& each : kEncoded)
    if (each.codec == codec) return each;
  return kEncoded[0];
}

std::vector<std::string> decoders_for(Codec codec) {
  Ref<GstCaps> caps = adopt(gst_caps_from_string(encoded_of(codec).caps));
  // Decoders of pictures with a second stream for transparency take no others.
  if (codec == Codec::vp8 || codec == Codec::vp9)
    gst_caps_set_simple(caps.get(), "codec-alpha", G_TYPE_BOOLEAN, FALSE, nullptr);
  return decoders_of(caps.get());
}

template <typename Value>
void set_if_there(GstElement* element, const char* property, Value value) {
  if (g_object_class_find_property(G_OBJECT_GET_CLASS(element), property))
    g_object_set(element, property, value, nullptr);
}

// The best decoder that its hardware or library lets us have.
Ref<GstElement> make_decoder(Codec codec) {
  for (const std::string& factory : decoders_for(codec)) {
    Ref<GstElement> decoder = make_element(factory.c_str());
    if (!decoder) continue;
    bool usable =
        gst_element_set_state(decoder.get(), GST_STATE_READY) != GST_STATE_CHANGE_FAILURE;
    gst_element_set_state(decoder.get(), GST_STATE_NULL);
    if (!usable) continue;
    // Broken pictures are no pictures; a new keyframe is asked for.
    set_if_there(decoder.get(), "automatic-request-sync-points", TRUE);
    set_if_there(decoder.get(), "discard-corrupted-frames", TRUE);
    set_if_there(decoder.get(), "plc", TRUE);
    return decoder;
  }
  return nullptr;
}

Ref<GstElement> make_filter(const char* caps_text) {
  Ref<GstElement> filter = make_element("capsfilter");
  Ref<GstCaps> caps = adopt(gst_caps_from_string(caps_text));
  if (filter) g_object_set(filter.get(), "caps", caps.get(), nullptr);
  return filter;
}

Error missing(const std::string& what, const char* package) {
  return Error{ErrorCode::not_found, "The GStreamer element " + what +
                                         " is missing: install the package " + package + "."};
}

}  // namespace

std::vector<Codec> receivable(const std::vector<Codec>& preference, bool decode) {
  std::vector<Codec> usable;
  for (Codec codec : preference)
    if (can_depayload(codec) && (!decode || !decoders_for(codec).empty())) usable.push_back(codec);
  return usable;
}

Ref<GstCaps> caps_before_data(Codec codec) {
  Ref<GstCaps> caps = adopt(gst_caps_from_string(encoded_of(codec).caps));
  bool opus = codec == Codec::opus;
  gst_caps_set_simple(caps.get(), "rate", G_TYPE_INT, opus ? 48000 : 8000, "channels", G_TYPE_INT,
                      opus ? 2 : 1, nullptr);
  if (opus) gst_caps_set_simple(caps.get(), "channel-mapping-family", G_TYPE_INT, 0, nullptr);
  return caps;
}

Result<std::vector<Ref<GstElement>>> make_received_tail(Codec codec, bool decode) {
  const Encoded& encoded = encoded_of(codec);
  std::vector<Ref<GstElement>> tail;
  if (std::string parser = encoded.parser; !parser.empty()) {
    Ref<GstElement> element = make_element(parser.c_str());
    if (!element) return missing(parser, "gstreamer1.0-plugins-bad");
    if (Ref<GstElement> filter = *encoded.depayloaded ? make_filter(encoded.depayloaded) : nullptr)
      tail.push_back(std::move(filter));
    // Whoever joins later needs the parameter sets again.
    set_if_there(element.get(), "config-interval", -1);
    tail.push_back(std::move(element));
  }
  if (Ref<GstElement> filter = make_filter(encoded.caps)) tail.push_back(std::move(filter));
  if (!decode) return tail;
  Ref<GstElement> decoder = make_decoder(codec);
  if (!decoder)
    return Error{ErrorCode::not_found, "There is no decoder for " +
                                           std::string(codec_name(codec)) +
                                           ": install gstreamer1.0-libav."};
  tail.push_back(std::move(decoder));
  // In the machine's memory: the pipeline behind the pad may not share a graphics context.
  bool video = codec_kind(codec) == MediaKind::video;
  if (Ref<GstElement> filter = make_filter(video ? "video/x-raw" : "audio/x-raw"))
    tail.push_back(std::move(filter));
  return tail;
}

}  // namespace webcast
