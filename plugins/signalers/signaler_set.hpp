// The ways by which others come, as the properties `signaler` and `location` say.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "plugins/signalers/signaler.hpp"
#include "plugins/webcast/signaler.h"

namespace webcast {

using MakeSignaler = std::function<Result<std::unique_ptr<Signaler>>(SignalerContext)>;
// `location`: for messages the type of the application's signaler, where that is the way.
using OpenWay = std::function<Result<void>(const std::string& location, const MakeSignaler&)>;

// Whether others come to us there, and we ask them for tokens.
bool listens(const std::string& location);

// Opens the application's signaler alone or, where there is none, each location until one fails.
Result<void> open_ways(WebcastSignaler* signaler, const std::vector<std::string>& locations,
                       const OpenWay& open);

}  // namespace webcast
