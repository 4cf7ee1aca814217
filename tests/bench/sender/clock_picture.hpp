// The wall clock as blocks in the picture, which a page reads back to measure latency.
//
// The lower 20 bits of CLOCK_REALTIME in milliseconds, the highest bit first, as 20 squares of
// 32 pixels from the upper left corner: white is 1, black is 0. The row below has the same bits
// inverted, so a torn or blurred picture is not mistaken for a time. Wraps after 17 minutes.
#pragma once

#include <gst/gst.h>

namespace webcast::bench {

inline constexpr int kClockBits = 20;
inline constexpr int kClockBlock = 32;

// Every I420 picture that leaves `element`'s source pad, on the streaming thread.
void burn_clock_into(GstElement* element);

}  // namespace webcast::bench
