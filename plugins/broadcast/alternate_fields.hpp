// Interlaced pictures whose two fields come in a buffer each: every top field is sent as a picture
// of its own. Pure.
#pragma once

#include <gst/gst.h>

#include "plugins/gst/gst_ref.hpp"

namespace webcast {

bool has_alternate_fields(GstCaps* caps);

// What the top fields are: half as high, with pixels that are twice as high.
Ref<GstCaps> top_field_caps(GstCaps* caps);

bool is_top_field(GstBuffer* buffer);

}  // namespace webcast
