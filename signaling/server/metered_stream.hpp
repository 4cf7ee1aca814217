// A stream over another one that tells how much of what is written the other one took: what a
// WebSocket of libsoup still keeps is what it was given less this (libsoup 3.2.3 tells nobody).
#pragma once

#include <gio/gio.h>

#include <cstddef>
#include <functional>

namespace webcast {

// A new stream (transfer full). Reading is the base's own. `taken` is called on the thread that
// writes, until metered_stream_silence(); only what does not block is counted.
GIOStream* metered_stream_new(GIOStream* base, std::function<void(size_t bytes)> taken);
void metered_stream_silence(GIOStream* stream);

}  // namespace webcast
