#include "plugins/broadcast/alternate_fields.hpp"

#include <gst/video/video.h>

namespace webcast {

bool has_alternate_fields(GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  return gst_structure_has_name(structure, "video/x-raw") &&
         g_strcmp0(gst_structure_get_string(structure, "interlace-mode"), "alternate") == 0;
}

Ref<GstCaps> top_field_caps(GstCaps* caps) {
  Ref<GstCaps> field = adopt(gst_caps_copy(caps));
  GstStructure* structure = gst_caps_get_structure(field.get(), 0);
  int height = 0, wide = 1, high = 1;
  gst_structure_get_int(structure, "height", &height);
  gst_structure_get_fraction(structure, "pixel-aspect-ratio", &wide, &high);
  gst_caps_set_simple(field.get(), "height", G_TYPE_INT, (height + 1) / 2, "pixel-aspect-ratio",
                      GST_TYPE_FRACTION, wide, high * 2, "interlace-mode", G_TYPE_STRING,
                      "progressive", nullptr);
  gst_structure_remove_field(gst_caps_get_structure(field.get(), 0), "field-order");
  gst_caps_features_remove(gst_caps_get_features(field.get(), 0),
                           GST_CAPS_FEATURE_FORMAT_INTERLACED);
  return field;
}

bool is_top_field(GstBuffer* buffer) {
  return GST_VIDEO_BUFFER_IS_TOP_FIELD(buffer);
}

}  // namespace webcast
