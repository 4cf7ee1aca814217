// What webrtcbin (1.22) leaves out at the two ends of an encrypted connection: why a handshake
// failed, and the goodbye. Private to webrtc_*.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <string>

#include "plugins/gst/gst_ref.hpp"

namespace webcast {

// Written by DTLS's threads; -1: none.
struct DtlsAlerts {
  std::atomic<int> sent{-1}, received{-1};
  // "the viewer's side says: no version of DTLS in common (protocol_version). The viewer needs …";
  // empty: nobody said a word.
  std::string reason(const std::string& other) const;
};

// From the elements that DTLS gets in the pipeline from now on.
void watch_alerts(GstElement* pipeline, const std::shared_ptr<DtlsAlerts>& alerts);

// Tells the other side of a connected session that it is over: RTCP BYE for all that we sent, then
// DTLS close_notify. They have left when it returns, or 100 ms have passed: the other side is not
// waited for. Before the state change, reaper's thread only.
void say_goodbye(GstElement* webrtcbin);

}  // namespace webcast
