// A clapperboard: a white picture and a tone for the first 0.2 s of each second, black and silence
// for the rest.
//
// By the media's own times, so that both begin at one moment however slow the machine is.
#pragma once

#include <gst/gst.h>

#include <cstring>

inline bool beat_is_on(GstBuffer* buffer) {
  return GST_BUFFER_PTS(buffer) % GST_SECOND < GST_SECOND / 5;
}

inline GstBuffer* fill(GstBuffer* buffer, int byte) {
  GstMapInfo map;
  buffer = gst_buffer_make_writable(buffer);
  if (gst_buffer_map(buffer, &map, GST_MAP_WRITE)) {
    memset(map.data, byte, map.size);
    gst_buffer_unmap(buffer, &map);
  }
  return buffer;
}

inline GstPadProbeReturn beat_picture(GstPad*, GstPadProbeInfo* info, gpointer) {
  auto* picture = GST_PAD_PROBE_INFO_BUFFER(info);
  GST_PAD_PROBE_INFO_DATA(info) = fill(picture, beat_is_on(picture) ? 0xff : 0x10);
  return GST_PAD_PROBE_OK;
}

inline GstPadProbeReturn beat_sound(GstPad*, GstPadProbeInfo* info, gpointer) {
  auto* sound = GST_PAD_PROBE_INFO_BUFFER(info);
  if (!beat_is_on(sound)) GST_PAD_PROBE_INFO_DATA(info) = fill(sound, 0);
  return GST_PAD_PROBE_OK;
}

inline void add_beat(GstBin* pipeline, const char* element, GstPadProbeCallback callback) {
  GstElement* source = gst_bin_get_by_name(pipeline, element);
  if (!source) return;
  GstPad* pad = gst_element_get_static_pad(source, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, callback, nullptr, nullptr);
  gst_object_unref(pad);
  gst_object_unref(source);
}
