// Writing the section for messages (RFC 8841). Private to sdp_*.
#pragma once

#include <gst/sdp/gstsdpmessage.h>

#include <string>
#include <vector>

namespace webcast {

// Of the messages that we take, in bytes: what our descriptions say.
inline constexpr size_t kMaxMessageSize = 256 * 1024;

// As the other side gets it: the transport of webrtcbin's own section. The caller's.
GstSDPMedia* data_section(const GstSDPMedia* own, const std::string& mid,
                          const std::vector<std::string>& candidates);

// What makes one of a media without formats, as webrtcbin gets it. `longest`: message, in bytes.
void make_data_section(GstSDPMedia* media, size_t longest);

}  // namespace webcast
