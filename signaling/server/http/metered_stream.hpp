// A stream over another one, for a WebSocket of libsoup. It tells how much of what is written the
// other one took: what libsoup still keeps is what it was given less this (3.2.3 tells nobody). And
// it bounds what is read in one turn of the main loop: libsoup reads on until nothing is there
// (soup_websocket_connection_read), so that who sends as fast as it reads would have the thread.
#pragma once

#include <gio/gio.h>

#include <cstddef>
#include <functional>

namespace webcast {

// After so many reads there seems to be nothing, once: what waits wakes the reader when all others
// had their turn. libsoup reads 1 KiB at a time.
inline constexpr int kMostReadsInATurn = 32;

// A new stream (transfer full). `taken` is called on the thread that writes, until
// metered_stream_silence(); only what does not block is counted.
GIOStream* metered_stream_new(GIOStream* base, std::function<void(size_t bytes)> taken);
void metered_stream_silence(GIOStream* stream);

}  // namespace webcast
