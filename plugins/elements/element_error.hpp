// Errors and warnings of the rooms below, as GStreamer messages of an element. Any thread.
#pragma once

#include <gst/gst.h>

#include "common/result.hpp"

namespace webcast {

// The element as a whole cannot go on.
void post_error(GstElement* element, const Error& error);
// It goes on, but somebody should know.
// What no peer can do without is there. Else an error says so, and a message for programs that
// offer to install what is missing.
// For programs that install what is missing.
void post_missing_element(GstElement* element, const std::string& factory);
bool is_all_installed(GstElement* element);
void post_warning(GstElement* element, const Error& error);
// For the person at the terminal: gst-launch-1.0 prints it.
void post_info(GstElement* element, const std::string& sentence);

}  // namespace webcast
