// The layers of a picture (simulcast: RFC 8853; their names, rids: RFC 8851) in descriptions.
// Private to sdp_*.
#pragma once

#include <gst/sdp/gstsdpmessage.h>

#include <string_view>

#include "plugins/sdp/sdp.hpp"

namespace webcast {

// Of an m-line: which layers are sent, and the header extension that tells them apart.
void read_layers(RemoteMedia& media, std::string_view key, std::string_view value);
void read_layers_extension(RemoteMedia& media, uint8_t id, std::string_view uri);

// In the answer: those that are taken. Without it a browser sends the first one alone.
void add_layers(GstSDPMedia* media, const RemoteMedia& line);

}  // namespace webcast
