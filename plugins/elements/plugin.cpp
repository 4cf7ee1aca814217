// The plugin `webcast`.
#include <gst/gst.h>

#include "plugins/elements/webcast_sink.hpp"
#include "plugins/elements/webcast_src.hpp"

// A rank decides among several elements for the same thing. The source is one of those for its URI
// schemes, and for nothing else: no autoplugger makes a network source by its caps.
static gboolean plugin_init(GstPlugin* plugin) {
  return gst_element_register(plugin, "webcastsink", GST_RANK_NONE, WEBCAST_TYPE_SINK) &&
         gst_element_register(plugin, "webcastsrc", GST_RANK_PRIMARY, WEBCAST_TYPE_SRC);
}

#define PACKAGE "gst-webcast"
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, webcast,
                  "WebRTC broadcasting to web browsers", plugin_init, WEBCAST_VERSION, "LGPL",
                  "gst-webcast", "https://gstreamer.freedesktop.org/")
