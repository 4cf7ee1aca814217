// What a viewer's offer says of the codecs that it decodes. Pure.
#pragma once

#include <string>

#include "common/result.hpp"
#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

// The codecs in a viewer's offer, checked against the limits of the wire first (64 KiB, 500
// lines, 16 m-lines). Also counts the media it wants: one m-line each.
struct OfferedMedia {
  ViewerCodecs video{}, audio{};
  unsigned video_lines = 0, audio_lines = 0;
};
Result<OfferedMedia> read_offer(const std::string& sdp);

}  // namespace webcast
