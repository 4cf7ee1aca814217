// The properties of webcastsink as plain data: set by the application behind the element's lock,
// copied out when the element starts, and when one changes that may while it runs.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/ref.hpp"
#include "common/result.hpp"
#include "plugins/media/track.hpp"
#include "plugins/peer/peer.hpp"
#include "plugins/session/settings_checks.hpp"
#include "plugins/signalers/signaler.hpp"
#include "plugins/webcast/signaler.h"

namespace webcast {

struct SinkSettings {
  std::string location = "listen://127.0.0.1:8080";
  Ref<WebcastSignaler> signaler{};  // in place of the location
  std::string stream = "live";
  std::string title{};  // empty: the input's
  std::string video_codecs = "H264,VP8,VP9,AV1,H265";
  std::string audio_codecs = "OPUS";
  bool orders_video = false;  // the user set video-codecs, so their order is a wish
  unsigned max_viewers = 0;   // 0: no limit
  TrackSettings track{};
  PeerSettings peer{};
  AccessSettings access{};
  OutgoingSettings outgoing{};
  // No property: for a session to begin. Longer than anybody waits for a place in the budget.
  std::chrono::milliseconds begin_patience{15'000};
};

// The error names the property and the remedy.
Result<CheckedSettings> check_settings(const SinkSettings& settings);

}  // namespace webcast
