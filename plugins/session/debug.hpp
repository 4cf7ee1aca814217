// The log category of both elements, from session/ up: GST_DEBUG=webcast:5.
#pragma once

#include <gst/gst.h>

GST_DEBUG_CATEGORY_EXTERN(webcast_elements_debug);
#define GST_CAT_DEFAULT webcast_elements_debug

namespace webcast {
// Once or more, before anything is logged.
void init_elements_debug();
}  // namespace webcast
