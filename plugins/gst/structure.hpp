// Small helpers for the GstStructures that statistics are made of.
#pragma once

#include <gst/gst.h>

#include "plugins/gst/gst_ref.hpp"

namespace webcast {

// Appends `structure` to `list`, a GValue that holds a GST_TYPE_LIST.
inline void append_structure(GValue* list, StructurePtr structure) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed(&value, structure.release());
  gst_value_list_append_and_take_value(list, &value);
}

}  // namespace webcast
