// The GObject shell of webcastsink: properties, pads, state changes. No logic here.
#pragma once

#include <gst/gst.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "plugins/broadcast/broadcast.hpp"
#include "plugins/broadcast/pad_tap.hpp"
#include "plugins/broadcast/sink_settings.hpp"

G_BEGIN_DECLS

#define WEBCAST_TYPE_SINK (webcast_sink_get_type())
G_DECLARE_FINAL_TYPE(WebcastSink, webcast_sink, WEBCAST, SINK, GstBin)

G_END_DECLS

namespace webcast {

struct SinkState {
  std::mutex mutex;  // guards all that follows; never held while calling out
  SinkSettings settings;
  bool running = false;                                 // from reading the settings to the stop
  std::shared_ptr<Broadcast> broadcast;                 // READY to PAUSED and up
  std::map<std::string, std::shared_ptr<PadTap>> taps;  // by pad name
  std::map<std::string, std::shared_ptr<CaptionPad>> captions;
  unsigned next_video = 0, next_audio = 0, next_text = 0;

  std::shared_ptr<Broadcast> current_broadcast() {
    std::lock_guard lock(mutex);
    return broadcast;
  }
};

// sink_properties.cpp
void install_sink_properties(GObjectClass* gobject_class);
void install_sink_signals(GObjectClass* gobject_class);
// What the bus and the signals say for a broadcast of `sink`.
BroadcastEvents sink_events(WebcastSink* sink);

}  // namespace webcast

struct _WebcastSink {
  GstBin parent;
  webcast::SinkState* state;
};
