// Whether what a pad brings can be sent, by what is installed. Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "plugins/gst/gst_ref.hpp"
#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

struct Outlook {
  bool hopeless = false;          // nothing that can come can be sent
  std::optional<Error> lack{};    // names the packages; none: nothing is missing
  std::string missing_element{};  // its factory, for installers
};

// `coming`: the caps that the pad's source may choose from. Raw media need an encoder of
// `preference`; encoded media are sent as they come where there is none.
Outlook outlook_of(const std::string& pad, MediaKind kind, GstCaps* coming,
                   const std::vector<Codec>& preference);

// No codec of `preference` can be made for the pad.
Error no_encoder(const std::string& pad, MediaKind kind, const std::vector<Codec>& preference);

}  // namespace webcast
