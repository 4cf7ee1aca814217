// Which rendition a viewer gets. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "plugins/media/input_info.hpp"
#include "plugins/media/track.hpp"

namespace webcast {

struct Choice {
  Codec codec = Codec::vp8;
  bool pass_through = false;
  std::string name() const;  // of the rendition: "h264", "h264-passthrough"
};

struct ChoiceRequest {
  const InputInfo& input;
  const std::vector<Codec>& preference;
  const ViewerCodecs& viewer;
  Transcode transcode = Transcode::automatic;
  std::function<bool(Codec)> can_encode;  // an encoder and a payloader are there
  std::function<bool(Codec)> can_pass;    // a payloader is there
};

// An encoded input that the viewer decodes as it is comes first, whatever the preference: it
// costs nothing and loses nothing. A viewer who does not tell what it has gets the first of the
// preference that can be made.
Result<Choice> choose(const ChoiceRequest& request);

// The format that an encoded input would be passed through as, and the one our encoders make.
RtpFormat passed_format(const InputInfo& input);
RtpFormat encoded_format(Codec codec);

// True when viewers of `before` could be at a loss with `after` (a level is no matter).
bool breaks_pass_through(const InputInfo& before, const InputInfo& after);

}  // namespace webcast
