#include "plugins/media/codecs/encoder_setup.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <thread>

#include "plugins/media/codecs/encoder_table.hpp"

namespace webcast {
namespace {

// Keyframes are made on request. This is for a request that got lost.
constexpr double kMaxGopSeconds = 10;

// Nothing happens when the element has no such property or the property no such value.
void set_text(GstElement* element, const std::string& name, const std::string& text) {
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), name.c_str());
  if (!spec || !(spec->flags & G_PARAM_WRITABLE)) return;
  GValue value = G_VALUE_INIT;
  g_value_init(&value, spec->value_type);
  if (G_VALUE_HOLDS_STRING(&value))
    g_value_set_string(&value, text.c_str());
  else if (!gst_value_deserialize(&value, text.c_str())) {
    g_value_unset(&value);
    return;
  }
  g_param_value_validate(spec, &value);
  g_object_set_property(G_OBJECT(element), name.c_str(), &value);
  g_value_unset(&value);
}

void set_number(GstElement* element, const char* name, double number) {
  if (name) set_text(element, name, std::to_string(std::llround(number)));
}

void set_all(GstElement* element, const char* settings) {
  gchar** pairs = g_strsplit(settings, " ", -1);
  for (gchar** pair = pairs; *pair; pair++) {
    // Only the first '=': x264's option-string has one of its own.
    gchar** parts = g_strsplit(*pair, "=", 2);
    if (parts[0] && parts[1]) set_text(element, parts[0], parts[1]);
    g_strfreev(parts);
  }
  g_strfreev(pairs);
}

int thread_count(const EncoderRequest& request) {
  int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  int pixels = request.width * request.height;
  int useful = pixels <= 320 * 240 ? 1 : pixels <= 1280 * 720 ? 4 : 8;
  // libvpx's VP8 threads wait for each other by spinning: on a busy machine two of them cost many
  // times what one does (measured: 8 times the CPU at 720p on two loaded cores).
  if (request.codec == Codec::vp8) cores = std::max(1, cores / 2);
  return std::min(cores, useful);
}

// Drivers of the kernel take their settings as controls of V4L2.
void set_up_v4l2(GstElement* encoder, const EncoderRequest& request, double gop) {
  if (!g_object_class_find_property(G_OBJECT_GET_CLASS(encoder), "extra-controls")) return;
  StructurePtr controls(gst_structure_new(
      "controls", "video_bitrate", G_TYPE_INT, static_cast<int>(request.bitrate),
      "video_bitrate_mode", G_TYPE_INT, 1, "repeat_sequence_header", G_TYPE_INT, 1,
      "video_b_frames", G_TYPE_INT, 0, "video_gop_size", G_TYPE_INT, static_cast<int>(gop),
      "h264_i_frame_period", G_TYPE_INT, static_cast<int>(gop), nullptr));
  g_object_set(encoder, "extra-controls", controls.get(), nullptr);
}

// The names that most encoders use; those that are missing are skipped.
void set_up_unknown(GstElement* encoder, const EncoderRequest& request, double gop) {
  static const char* const kInBits[] = {"target-bitrate", "bps"};
  for (const char* name : kInBits)
    set_number(encoder, name, request.bitrate);
  // "bitrate" is in kbit/s in nearly all video encoders, in bit/s in those of audio and of libav.
  bool bits = codec_kind(request.codec) == MediaKind::audio ||
              g_str_has_prefix(GST_OBJECT_NAME(gst_element_get_factory(encoder)), "av");
  set_number(encoder, "bitrate", bits ? request.bitrate : request.bitrate / 1000.0);
  for (const char* name : {"key-int-max", "gop-size", "keyframe-max-dist", "keyframe-period"})
    set_number(encoder, name, gop);
  set_all(encoder,
          "b-frames=0 bframes=0 max-bframes=0 max-b-frames=0 rc-lookahead=0 "
          "lag-in-frames=0 zerolatency=true rate-control=cbr tune=zerolatency");
}

bool can_give(GstElement* encoder, GstCaps* caps) {
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(encoder, "src"));
  if (!pad) return false;
  Ref<GstCaps> templ = adopt(gst_pad_get_pad_template_caps(pad.get()));
  return gst_caps_can_intersect(templ.get(), caps);
}

}  // namespace

unsigned audio_bitrate(int channels) {
  return channels > 1 ? 128'000 : 64'000;
}

void set_up_encoder(GstElement* encoder, const EncoderRequest& request) {
  const char* factory = GST_OBJECT_NAME(gst_element_get_factory(encoder));
  double gop = std::max(1.0, kMaxGopSeconds * request.framerate);
  const KnownEncoder* known = find_known_encoder(factory);
  if (!known) return set_up_unknown(encoder, request, gop);
  if (g_str_has_prefix(factory, "v4l2")) return set_up_v4l2(encoder, request, gop);
  set_all(encoder, known->common);
  set_all(encoder, request.preset == EncoderPreset::quality ? known->quality : known->realtime);
  if (known->bitrate)
    set_number(encoder, known->bitrate, request.bitrate / static_cast<double>(known->bitrate_unit));
  set_number(encoder, known->gop, gop);
  set_number(encoder, known->threads, thread_count(request));
}

Ref<GstCaps> encoder_output_caps(GstElement* encoder, Codec codec) {
  if (codec == Codec::vp9) {
    Ref<GstCaps> caps = adopt(gst_caps_from_string("video/x-vp9, profile=(string)0"));
    return can_give(encoder, caps.get()) ? caps : Ref<GstCaps>();
  }
  if (codec != Codec::h264) return {};
  const char* factory = GST_OBJECT_NAME(gst_element_get_factory(encoder));
  // The driver of the Raspberry Pi refuses to start without a level.
  std::string level = g_str_has_prefix(factory, "v4l2") ? ", level=(string)4" : "";
  for (const char* profile : {"constrained-baseline", "baseline"}) {
    std::string text = std::string("video/x-h264, profile=(string)") + profile + level;
    Ref<GstCaps> caps = adopt(gst_caps_from_string(text.c_str()));
    if (can_give(encoder, caps.get())) return caps;
  }
  return {};
}

}  // namespace webcast
