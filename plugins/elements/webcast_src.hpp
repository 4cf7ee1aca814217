// The GObject shell of webcastsrc: properties, state changes. No logic here.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>

#include "plugins/reception/reception.hpp"
#include "plugins/reception/source_settings.hpp"

G_BEGIN_DECLS

#define WEBCAST_TYPE_SRC (webcast_src_get_type())
G_DECLARE_FINAL_TYPE(WebcastSrc, webcast_src, WEBCAST, SRC, GstBin)

G_END_DECLS

namespace webcast {

struct SourceState {
  std::mutex mutex;  // guards all that follows; never held while calling out
  SourceSettings settings;
  bool running = false;                  // from reading the settings to the stop
  std::shared_ptr<Reception> reception;  // READY to PAUSED and up

  std::shared_ptr<Reception> current_reception() {
    std::lock_guard lock(mutex);
    return reception;
  }
};

// source_properties.cpp
void install_source_properties(GObjectClass* gobject_class);

// source_uri.cpp
void init_source_uri_handler(gpointer interface, gpointer);

}  // namespace webcast

struct _WebcastSrc {
  GstBin parent;
  webcast::SourceState* state;
};
