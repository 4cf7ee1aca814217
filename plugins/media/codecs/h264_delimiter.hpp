// Access unit delimiters of H.264 (RFC 6184 says nothing of them; a receiver has no use for them).
#pragma once

#include "plugins/gst/gst_ref.hpp"

namespace webcast {

// The access unit (byte-stream) without the delimiter at its front; the bytes are shared.
// Chromium 156 fails to decode delta frames that begin with one and asks for keyframes without
// end; x264enc and h264parse write them.
Ref<GstBuffer> without_delimiter(GstBuffer* unit);

}  // namespace webcast
