// The properties of webcastsrc as plain data: set by the application behind the element's lock,
// copied out when the element starts, and when one changes that may while it runs.
#pragma once

#include <string>

#include "common/ref.hpp"
#include "plugins/session/settings_checks.hpp"
#include "plugins/webcast/signaler.h"

namespace webcast {

struct SourceSettings {
  std::string location = "listen://127.0.0.1:8080";
  Ref<WebcastSignaler> signaler{};  // in place of the location
  std::string stream = "live";
  std::string video_codecs = "H264,VP8,VP9,AV1,H265";
  std::string audio_codecs = "OPUS,PCMA,PCMU";
  // The user set them, so their order is a wish.
  bool orders_video = false, orders_audio = false;
  unsigned latency_ms = 200;
  bool decode = true;
  bool retransmission = true;
  bool messages = false;
  IceSettings ice{};
  AccessSettings access{};
  OutgoingSettings outgoing{};
};

inline Result<CheckedSettings> check_settings(const SourceSettings& settings) {
  return check_common(settings.location, settings.stream, settings.video_codecs,
                      settings.audio_codecs, settings.ice,
                      {settings.access, settings.outgoing, SignalerRole::consumer});
}

}  // namespace webcast
