// Messages beside the media (property data-channels), as sink and source say and take them: the
// signal `message` and the action `send-message`.
#pragma once

#include <gst/gst.h>

#include <string>

#include "plugins/peer/message.hpp"

namespace webcast {

void install_sink_messages(GType type);
void install_source_messages(GType type);

// Emits the signal. `peer`: who said it.
void tell_message(GstElement* element, const std::string& peer, const PeerMessage& message);

// For a peer's statistics.
void add_message_stats(GstStructure* stats, const MessageStats& messages);

}  // namespace webcast
