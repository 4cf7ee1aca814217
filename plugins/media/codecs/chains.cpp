#include "plugins/media/codecs/chains.hpp"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <thread>

#include "plugins/media/codecs/card_elements.hpp"
#include "plugins/media/codecs/card_path.hpp"
#include "plugins/media/codecs/geometry.hpp"
#include "plugins/media/codecs/h264_delimiter.hpp"

namespace webcast {
namespace {

class Builder {
 public:
  GstElement* add(const char* factory, const char* name = nullptr) {
    Ref<GstElement> element = make_element(factory, name);
    if (!element) {
      if (missing_.empty()) missing_ = factory;
      return nullptr;
    }
    chain_.push_back(element);
    return element.get();
  }
  void add(Ref<GstElement> element) { chain_.push_back(std::move(element)); }
  void filter(const Ref<GstCaps>& caps, const char* name = nullptr) {
    if (GstElement* element = caps ? add("capsfilter", name) : nullptr)
      g_object_set(element, "caps", caps.get(), nullptr);
  }
  void filter(const std::string& caps, const char* name = nullptr) {
    filter(adopt(gst_caps_from_string(caps.c_str())), name);
  }
  Result<ElementChain> finish() {
    if (missing_.empty()) return std::move(chain_);
    return Error{ErrorCode::not_found, "The element " + missing_ +
                                           " is missing: install GStreamer's base, good and bad "
                                           "plugins (gstreamer1.0-plugins-bad)"};
  }

 private:
  ElementChain chain_;
  std::string missing_;
};

bool installed(const char* factory) {
  return static_cast<bool>(adopt(gst_element_factory_find(factory)));
}

// From a graphics card's memory to the machine's.
void add_download(Builder& builder, GstCaps* caps) {
  const GstCapsFeatures* features = gst_caps_get_features(caps, 0);
  auto has = [&](const char* feature) { return gst_caps_features_contains(features, feature); };
  if (has("memory:GLMemory")) {
    builder.add("gldownload");
  } else if (has("memory:CUDAMemory")) {
    builder.add("cudadownload");
  } else if (has("memory:VAMemory")) {
    builder.add("vapostproc");
  } else if (has("memory:VASurface")) {
    builder.add("vaapipostproc");
  } else if (has("memory:DMABuf")) {
    if (installed("vapostproc")) {
      builder.add("vapostproc");
    } else {
      builder.add("glupload");
      builder.add("glcolorconvert");
      builder.add("gldownload");
    }
  } else if (has("memory:D3D11Memory")) {
    builder.add("d3d11download");
  } else if (std::string other =
                 names_card_memory(caps) ? find_downloader(caps, card_converters()) : "";
             !other.empty()) {
    builder.add(other.c_str());
  } else {
    return;
  }
  builder.filter("video/x-raw");
}

void add_convert(Builder& builder) {
  if (GstElement* convert = builder.add("videoconvert"))
    g_object_set(convert, "n-threads", std::clamp(std::thread::hardware_concurrency(), 1u, 4u),
                 nullptr);
}

// 8 bit, 4:2:0: the only thing that every browser decodes. Full-range pictures are brought to
// the usual range: VP8 cannot say that its are not.
std::string encoder_input(const GstVideoInfo& info, const Geometry& plan, Codec codec) {
  std::string caps = "video/x-raw, format=(string)";
  bool libvpx = codec == Codec::vp8 || codec == Codec::vp9;
  caps += libvpx ? "{ I420, NV12 }" : "{ I420, NV12, YV12 }";
  caps += ", width=(int)" + std::to_string(plan.width);
  caps += ", height=(int)" + std::to_string(plan.height);
  caps += ", pixel-aspect-ratio=(fraction)1/1";
  if (GST_VIDEO_INFO_IS_RGB(&info) || info.colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255)
    caps += plan.height >= 720 ? ", colorimetry=(string)bt709" : ", colorimetry=(string)bt601";
  return caps;
}

Ref<GstElement> make_encoder(const EncodeJob& job, const EncoderRequest& request) {
  Ref<GstElement> encoder = make_element(job.factory.c_str(), "encoder");
  if (!encoder) return {};
  if (!job.encoder_setup || !job.encoder_setup(encoder.get()))
    set_up_encoder(encoder.get(), request);
  return encoder;
}

// An encoder tells downstream that it made a forced keyframe. Parser and payloader (1.22) would
// answer with parameter sets of their own, and the payloader ends a frame behind them: browsers
// lose a picture of no slices, ask for a keyframe, get it that way, and so on without end.
GstPadProbeReturn drop_forced_key_unit(GstPad*, GstPadProbeInfo* info, gpointer) {
  return gst_video_event_is_force_key_unit(GST_PAD_PROBE_INFO_EVENT(info)) ? GST_PAD_PROBE_DROP
                                                                           : GST_PAD_PROBE_OK;
}

void keep_forced_key_units(GstElement* encoder) {
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(encoder, "src"));
  if (pad)
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, drop_forced_key_unit, nullptr,
                      nullptr);
}

// h264parse (1.22) writes a delimiter before each picture that has none.
GstPadProbeReturn drop_delimiter(GstPad*, GstPadProbeInfo* info, gpointer) {
  auto* unit = GST_PAD_PROBE_INFO_BUFFER(info);
  GST_PAD_PROBE_INFO_DATA(info) = without_delimiter(unit).release();
  gst_buffer_unref(unit);
  return GST_PAD_PROBE_OK;
}

void drop_delimiters(GstElement* parser) {
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(parser, "src"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, drop_delimiter, nullptr, nullptr);
}

Error no_encoder(const EncodeJob& job) {
  return Error{ErrorCode::failed, "The encoder " + job.factory + " cannot be made"};
}

// The sizes are known: nothing has to be negotiated.
void add_geometry(Builder& builder, const Geometry& plan) {
  if (plan.scale) {
    if (GstElement* scale = builder.add("videoscale"))
      g_object_set(scale, "add-borders", FALSE, nullptr);
  } else if (plan.crop_right || plan.crop_bottom) {
    if (GstElement* crop = builder.add("videocrop"))
      g_object_set(crop, "right", plan.crop_right, "bottom", plan.crop_bottom, nullptr);
  }
}

// On the processor, whatever memory it comes in.
void add_form(Builder& builder, GstCaps* caps, const GstVideoInfo& info, const Geometry& plan) {
  GstVideoOrientationMethod orientation = orientation_of(caps);
  add_download(builder, caps);
  // Nothing else takes buffers of one field each.
  if (GST_VIDEO_INFO_INTERLACE_MODE(&info) != GST_VIDEO_INTERLACE_MODE_ALTERNATE)
    add_convert(builder);
  if (plan.deinterlace) {
    // One frame for two fields: the rate stays as it was.
    if (GstElement* deinterlace = builder.add("deinterlace"))
      gst_util_set_object_arg(G_OBJECT(deinterlace), "fields", "top");
    add_convert(builder);
  }
  GstElement* flip =
      orientation == GST_VIDEO_ORIENTATION_IDENTITY ? nullptr : builder.add("videoflip");
  if (flip) g_object_set(flip, "video-direction", orientation, nullptr);
  add_geometry(builder, plan);
}

std::optional<CardPath> card_path(GstCaps* caps, GstCaps* form, const Geometry& plan,
                                  GstElement* encoder) {
  // Cards deinterlace each in its own way, and no converter of theirs cuts a line off.
  if (!names_card_memory(caps) || plan.deinterlace || plan.crop_right || plan.crop_bottom)
    return {};
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(encoder, "sink"));
  if (!pad) return {};
  Ref<GstCaps> takes = adopt(gst_pad_get_pad_template_caps(pad.get()));
  bool turn = orientation_of(caps) != GST_VIDEO_ORIENTATION_IDENTITY;
  return plan_card_path(caps, form, turn, takes.get(), card_converters());
}

void add_card_path(Builder& builder, const CardPath& path, GstVideoOrientationMethod orientation) {
  for (size_t i = 0; i < path.converters.size(); i++) {
    GstElement* converter = builder.add(path.converters[i].c_str());
    if (!converter) return;
    if (path.turner == i) g_object_set(converter, "video-direction", orientation, nullptr);
    // The sizes keep the picture's form: what is left of a rounded line is no border.
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(converter), "add-borders"))
      g_object_set(converter, "add-borders", FALSE, nullptr);
  }
}

Result<EncodeChain> encode_video(GstCaps* caps, const EncodeJob& job) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps))
    return Error{ErrorCode::not_supported, "The video's format is not one that can be encoded"};
  GstVideoOrientationMethod orientation = orientation_of(caps);
  Geometry plan = plan_geometry(upright(info, orientation), job.codec);
  EncoderRequest request{job.codec, job.preset, job.video_bitrate, plan.width, plan.height};
  if (info.fps_n > 0) request.framerate = static_cast<double>(info.fps_n) / info.fps_d;
  Ref<GstElement> encoder = make_encoder(job, request);
  if (!encoder) return no_encoder(job);
  keep_forced_key_units(encoder.get());

  Builder builder;
  Ref<GstCaps> form = adopt(gst_caps_from_string(encoder_input(info, plan, job.codec).c_str()));
  std::optional<CardPath> path;
  if (job.may_stay_on_card) path = card_path(caps, form.get(), plan, encoder.get());
  if (path)
    add_card_path(builder, *path, orientation);
  else
    add_form(builder, caps, info, plan);
  builder.filter(path ? path->prepared : form, kPrepared);
  builder.add(encoder);
  builder.filter(encoder_output_caps(encoder.get(), job.codec));
  if (needs_parser(job.codec)) {
    auto parse = parse_chain(job.codec);
    if (!parse) return parse.error();
    for (const auto& element : *parse)
      builder.add(element);
  }
  auto chain = builder.finish();
  if (!chain) return chain.error();
  return EncodeChain{std::move(*chain), path.has_value()};
}

// For channels without positions, which audioconvert does not mix by itself: left and right by
// turns, as microphones in pairs are, each output as loud as one input.
void mix_by_number(GstElement* convert, int from, int to) {
  GValue matrix = G_VALUE_INIT;
  g_value_init(&matrix, GST_TYPE_ARRAY);
  for (int out = 0; out < to; out++) {
    GValue row = G_VALUE_INIT;
    g_value_init(&row, GST_TYPE_ARRAY);
    // Of an odd number the last is in the middle.
    auto heard = [=](int in) {
      return to == 1 || in % 2 == out || (from % 2 == 1 && in == from - 1);
    };
    int count = 0;
    for (int in = 0; in < from; in++)
      count += heard(in);
    for (int in = 0; in < from; in++) {
      GValue factor = G_VALUE_INIT;
      g_value_init(&factor, G_TYPE_FLOAT);
      g_value_set_float(&factor, heard(in) ? 1.0f / static_cast<float>(count) : 0.0f);
      gst_value_array_append_and_take_value(&row, &factor);
    }
    gst_value_array_append_and_take_value(&matrix, &row);
  }
  g_object_set_property(G_OBJECT(convert), "mix-matrix", &matrix);
  g_value_unset(&matrix);
}

Result<EncodeChain> encode_audio(GstCaps* caps, const EncodeJob& job) {
  GstAudioInfo info;
  if (!gst_audio_info_from_caps(&info, caps))
    return Error{ErrorCode::not_supported, "The sound's format is not one that can be encoded"};
  bool opus = job.codec == Codec::opus;
  int channels = opus && GST_AUDIO_INFO_CHANNELS(&info) > 1 ? 2 : 1;
  EncoderRequest request{job.codec, job.preset, audio_bitrate(channels)};
  request.channels = channels;
  Ref<GstElement> encoder = make_encoder(job, request);
  if (!encoder) return no_encoder(job);
  Builder builder;
  GstElement* convert = builder.add("audioconvert");
  if (convert && GST_AUDIO_INFO_CHANNELS(&info) > 1 && GST_AUDIO_INFO_IS_UNPOSITIONED(&info))
    mix_by_number(convert, GST_AUDIO_INFO_CHANNELS(&info), channels);
  builder.add("audioresample");
  builder.filter(std::string("audio/x-raw, layout=(string)interleaved, rate=(int)") +
                     (opus ? "48000" : "8000") + ", channels=(int)" +
                     (channels == 2 ? "2, channel-mask=(bitmask)0x3" : "1"),
                 kPrepared);
  builder.add(encoder);
  auto chain = builder.finish();
  if (!chain) return chain.error();
  return EncodeChain{std::move(*chain)};
}

}  // namespace

Result<EncodeChain> encode_chain(GstCaps* caps, const EncodeJob& job) {
  return codec_kind(job.codec) == MediaKind::video ? encode_video(caps, job)
                                                   : encode_audio(caps, job);
}

bool needs_parser(Codec codec) {
  return codec == Codec::h264 || codec == Codec::h265 || codec == Codec::vp9 || codec == Codec::av1;
}

Result<ElementChain> parse_chain(Codec codec) {
  Builder builder;
  GstElement* parser = nullptr;
  switch (codec) {
    case Codec::h264:
      parser = builder.add("h264parse", "parser");
      if (parser) drop_delimiters(parser);
      builder.filter("video/x-h264, stream-format=(string)byte-stream, alignment=(string)au");
      break;
    case Codec::h265:
      parser = builder.add("h265parse", "parser");
      builder.filter("video/x-h265, stream-format=(string)byte-stream, alignment=(string)au");
      break;
    case Codec::vp9:
      builder.add("vp9parse", "parser");
      builder.filter("video/x-vp9, alignment=(string)super-frame");
      break;
    case Codec::av1:
      builder.add("av1parse", "parser");
      builder.filter("video/x-av1, stream-format=(string)obu-stream, alignment=(string)tu");
      break;
    default:
      break;
  }
  // -1: with every IDR. A viewer may begin at any of them.
  if (parser) g_object_set(parser, "config-interval", -1, nullptr);
  return builder.finish();
}

double claimed_framerate(GstCaps* caps) {
  int numerator = 0, denominator = 1;
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  gst_structure_get_fraction(structure, "framerate", &numerator, &denominator);
  return denominator > 0 ? static_cast<double>(numerator) / denominator : 0;
}

Ref<GstCaps> completed_caps(GstCaps* caps, double framerate) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  Ref<GstCaps> copy = adopt(gst_caps_copy(caps));
  int channels = 0;
  if (gst_structure_has_name(structure, "video/x-raw")) {
    // A claim that holds stays as it is: 30000/1001 is no round number.
    if (claimed_framerate(caps) == framerate) return retain(caps);
    gst_caps_set_simple(copy.get(), "framerate", GST_TYPE_FRACTION,
                        static_cast<int>(std::lround(framerate)), 1, nullptr);
    return copy;
  }
  if (gst_structure_get_int(structure, "channels", &channels) && channels > 2 &&
      !gst_structure_has_field(structure, "channel-mask"))
    gst_caps_set_simple(copy.get(), "channel-mask", GST_TYPE_BITMASK, guint64{0}, nullptr);
  return copy;
}

}  // namespace webcast
