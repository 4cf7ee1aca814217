// What others said beside the media, told by an element to its application.
#pragma once

#include <gst/gst.h>

#include <string>

#include "plugins/peer/messages/message.hpp"

namespace webcast {

inline constexpr const char* kMessageSignal = "message";

// Emits the signal. `peer`: who said it.
void tell_message(GstElement* element, const std::string& peer, const PeerMessage& message);

// For a peer's statistics.
void add_message_stats(GstStructure* stats, const MessageStats& messages);

}  // namespace webcast
