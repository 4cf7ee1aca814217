// Small helpers for the GstStructures that statistics are made of.
#pragma once

#include <gst/gst.h>

#include "plugins/gst/gst_ref.hpp"

namespace webcast {

// Appends `structure` to `array`, a GValue that holds a GST_TYPE_ARRAY: its members stand side by
// side and in order, and gst_structure_get_array() reads them by introspection. (A GST_TYPE_LIST is
// the choice of one value among several.)
inline void append_structure(GValue* array, StructurePtr structure) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed(&value, structure.release());
  gst_value_array_append_and_take_value(array, &value);
}

}  // namespace webcast
