// The RTP header extension "playout-delay": how long a browser should hold frames back.
//
// One fixed value in every packet. GStreamer has no such element.
#pragma once

#include <gst/gst.h>

#include "plugins/gst/gst_ref.hpp"

namespace webcast {

// A GstRTPHeaderExtension for a payloader. `delay_ms`: 0…40950, in steps of 10.
Ref<GstElement> make_playout_delay(int delay_ms);

}  // namespace webcast
