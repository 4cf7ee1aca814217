// Errors and warnings of the rooms below, as GStreamer messages of an element. Any thread.
#pragma once

#include <gst/gst.h>

#include "common/result.hpp"

namespace webcast {

// The element as a whole cannot go on.
void post_error(GstElement* element, const Error& error);
// It goes on, but somebody should know.
void post_warning(GstElement* element, const Error& error);
// For programs that offer to install what is missing.
void post_missing_element(GstElement* element, const std::string& factory);
// What no peer can do without is there. Else an error says so, and post_missing_element().
bool is_all_installed(GstElement* element);
// For the person at the terminal: gst-launch-1.0 prints it.
void post_info(GstElement* element, const std::string& sentence);

}  // namespace webcast
