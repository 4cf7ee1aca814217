// What a peer sends that nobody here takes must not end its session: webrtcbin (1.22) stops at the
// first datagram that one of its inner pads has nobody to give to, such as data without a data
// channel. Private to webrtc_*.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "plugins/peer/datagram_filter.hpp"

namespace webcast {

struct DatagramGuard {  // its own lock: streaming threads, and the control thread that counts
  explicit DatagramGuard(bool takes_media) : filter(takes_media) {}
  std::mutex mutex;
  DatagramFilter filter;
  std::atomic<guint64> refused{0};
};

// From the elements that the transport gets in the pipeline from now on.
void guard_datagrams(GstElement* pipeline, const std::shared_ptr<DatagramGuard>& guard);

}  // namespace webcast
