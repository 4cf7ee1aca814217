#include "plugins/media/outlook.hpp"

#include <algorithm>

#include "plugins/media/codecs/catalogue.hpp"

namespace webcast {
namespace {

struct Coming {
  bool raw = false, encoded = false;  // may be; raw: or JPEG; encoded: what we can payload
};

Coming read(GstCaps* caps, MediaKind kind) {
  Coming coming;
  // Who has no caps yet may choose any.
  bool any = gst_caps_is_any(caps) || gst_caps_is_empty(caps);
  for (Codec codec : {Codec::h264, Codec::vp8, Codec::vp9, Codec::av1, Codec::h265, Codec::opus,
                      Codec::pcma, Codec::pcmu})
    if (any && codec_kind(codec) == kind && !payloader_of(codec).empty()) coming.encoded = true;
  for (guint i = 0; !any && i < gst_caps_get_size(caps); i++) {
    Ref<GstCaps> one = adopt(gst_caps_copy_nth(caps, i));
    auto codec = codec_of_caps(one.get());
    if (is_raw(one.get()) || is_jpeg(one.get())) coming.raw = true;
    if (codec && !payloader_of(*codec).empty()) coming.encoded = true;
  }
  coming.raw |= any;
  return coming;
}

}  // namespace

Error no_encoder(const std::string& pad, MediaKind kind, const std::vector<Codec>& preference) {
  std::string property = std::string(kind_name(kind)) + "-codecs", remedies;
  for (Codec codec : preference)
    if (codec_kind(codec) == kind)
      remedies += (remedies.empty() ? "" : ", ") + std::string(codec_name(codec)) + ": " +
                  package_of(codec);
  return {ErrorCode::not_found,
          "Viewers get no " + std::string(kind_name(kind)) + ": no encoder of " + property +
              " works here for the pad " + pad + ". Install one of these packages (" + remedies +
              "), or name codecs in " + property + " that this machine can make."};
}

Outlook outlook_of(const std::string& pad, MediaKind kind, GstCaps* caps,
                   const std::vector<Codec>& preference) {
  Coming coming = read(caps, kind);
  bool can_encode = std::any_of(preference.begin(), preference.end(), [&](Codec codec) {
    return codec_kind(codec) == kind && !payloader_of(codec).empty() && !encoders_of(codec).empty();
  });
  if (can_encode || (coming.encoded && !coming.raw)) return {};
  Outlook outlook;
  outlook.hopeless = !coming.encoded;
  outlook.lack = no_encoder(pad, kind, preference);
  if (coming.encoded) outlook.lack->sentence += " What comes encoded already is sent as it is.";
  for (Codec codec : preference)
    if (outlook.missing_element.empty() && codec_kind(codec) == kind)
      outlook.missing_element = usual_encoder_of(codec);
  return outlook;
}

}  // namespace webcast
