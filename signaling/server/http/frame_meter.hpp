// Counts the bytes of a WebSocket connection, frame by frame.
//
// libsoup 3.2.3 bounds a frame but not a message in many fragments, and does not tell how much
// waits to be sent. An extension sees each frame either way: this one is put into the connection
// without being negotiated, and changes nothing but what is over the limit.
#pragma once

#include <libsoup/soup.h>

#include <functional>

namespace webcast {

struct FrameMeterEvents {
  std::function<void()> message_too_big;      // once; the rest of what comes in is thrown away
  std::function<void()> too_many_frames;      // once: pings, pongs and further fragments
  std::function<void(size_t bytes)> sending;  // a frame is put into the connection's queue
};

// A new extension (transfer full). The events may be emptied later: frame_meter_silence().
SoupWebsocketExtension* frame_meter_new(size_t max_message_bytes, FrameMeterEvents events);
void frame_meter_silence(SoupWebsocketExtension* meter);

}  // namespace webcast
