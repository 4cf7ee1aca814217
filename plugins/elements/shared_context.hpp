// What elements of the user's pipeline share with ours: a display, a graphics card's device.
//
// Our pipelines are no part of the user's, so what one of their elements asks for (NEED_CONTEXT)
// is asked again in the element's name. Any thread.
#pragma once

#include <gst/gst.h>

namespace webcast {

// Sets the context of this type on `asker`, if `element`, its bins or the application have one.
void share_context(GstElement* element, GstElement* asker, const char* type);

}  // namespace webcast
