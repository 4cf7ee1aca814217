#include "plugins/broadcast/playback_speed.hpp"

#include <cmath>

namespace webcast {
namespace {

// What a resampler makes something of that can be heard.
constexpr double kLeastRate = 1000, kGreatestRate = 768000;

std::string speed_text(double rate) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_formatd(text, sizeof text, "%g", rate);
}

// The same samples in less (or more) time: the pitch changes with the speed, as on a tape.
AtSpeed sound_at(GstCaps* caps, double rate) {
  int samples = 0;
  gst_structure_get_int(gst_caps_get_structure(caps, 0), "rate", &samples);
  double faster = std::round(samples * rate);
  if (faster < kLeastRate || faster > kGreatestRate)
    return {{}, "Sound is not sent at the speed " + speed_text(rate)};
  Ref<GstCaps> copy = adopt(gst_caps_copy(caps));
  gst_caps_set_simple(copy.get(), "rate", G_TYPE_INT, static_cast<int>(faster), nullptr);
  return {copy};
}

}  // namespace

AtSpeed at_speed(MediaKind kind, GstCaps* caps, double rate) {
  if (rate == 1) return {retain(caps)};
  const char* media = gst_structure_get_name(gst_caps_get_structure(caps, 0));
  bool is_raw = g_str_equal(media, "video/x-raw") || g_str_equal(media, "audio/x-raw");
  if (kind == MediaKind::video && (is_raw || rate > 0)) return {retain(caps)};
  if (kind == MediaKind::video)
    return {{},
            "Encoded pictures cannot be sent backwards (rate " + speed_text(rate) +
                "): decode them before webcastsink"};
  if (rate < 0) return {{}, "Sound is not sent while the pipeline plays backwards"};
  if (!is_raw)
    return {{},
            "Encoded sound cannot be sent at the speed " + speed_text(rate) +
                ": decode it before webcastsink"};
  return sound_at(caps, rate);
}

}  // namespace webcast
