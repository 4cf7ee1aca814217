// What sink and source say and take when descriptions are carried by hand (location manual:): the
// signal manual-description, its bus message, and the actions set-answer and set-offer.
#pragma once

#include <gst/gst.h>

#include <string>

namespace webcast {

void install_sink_manual(GType type);
void install_source_manual(GType type);

// To be carried to the other side.
void tell_handed_out(GstElement* element, bool is_offer, const std::string& sdp);

}  // namespace webcast
