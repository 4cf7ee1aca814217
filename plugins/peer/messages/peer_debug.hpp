// The log category of peer/ and its messages: GST_DEBUG=webcastpeer:5.
#pragma once

#include <gst/gst.h>

GST_DEBUG_CATEGORY_EXTERN(webcast_peer_debug);
#define GST_CAT_DEFAULT webcast_peer_debug

namespace webcast {
// Once or more, before anything is logged.
void init_peer_debug();
}  // namespace webcast
