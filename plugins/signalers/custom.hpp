// A signaler of the application's: any object that implements WebcastSignaler (libwebcast-1.0).
#pragma once

#include "plugins/signalers/signaler.hpp"
#include "plugins/webcast/signaler.h"

namespace webcast {

std::unique_ptr<Signaler> make_custom_signaler(WebcastSignaler* object, SignalerContext context);

}  // namespace webcast
