// Messages beside the media (property data-channels), as sink and source say and take them: the
// signal `message` (message_signal.hpp emits it) and the action `send-message`.
#pragma once

#include <gst/gst.h>

namespace webcast {

void install_sink_messages(GType type);
void install_source_messages(GType type);

}  // namespace webcast
