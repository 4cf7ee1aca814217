// Whether the pads can be sent by what is installed: looked at when the sink starts.
#pragma once

#include <gst/gst.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "plugins/broadcast/pad_tap.hpp"
#include "plugins/session/settings_checks.hpp"

namespace webcast {

// Posts what is missing, with its packages, and a message for installers; gives the pads of which
// that was told. The error: nothing can be sent from any of the pads. Application thread.
Result<std::set<std::string>> tell_of_missing_encoders(
    GstElement* element, const std::map<std::string, std::shared_ptr<PadTap>>& taps,
    const CheckedSettings& checked);

}  // namespace webcast
