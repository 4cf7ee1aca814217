#include "plugins/media/codecs/playout_delay.hpp"

#include <gst/rtp/gstrtphdrext.h>

#include <algorithm>

#include "plugins/rtp/rtp_format.hpp"

namespace {

constexpr gsize kSize = 3;

struct WebcastPlayoutDelay {
  GstRTPHeaderExtension parent;
  guint16 steps;  // of 10 ms, 12 bits
};

struct WebcastPlayoutDelayClass {
  GstRTPHeaderExtensionClass parent_class;
};

// G_DEFINE_TYPE makes what it needs of these names.
GType webcast_playout_delay_get_type();
G_DEFINE_TYPE(WebcastPlayoutDelay, webcast_playout_delay, GST_TYPE_RTP_HEADER_EXTENSION)

// Two fields of 12 bits, least and greatest delay; here the same.
gssize write_delay(GstRTPHeaderExtension* extension, const GstBuffer*, GstRTPHeaderExtensionFlags,
                   GstBuffer*, guint8* data, gsize size) {
  if (size < kSize) return -1;
  guint steps = reinterpret_cast<WebcastPlayoutDelay*>(extension)->steps;
  GST_WRITE_UINT24_BE(data, steps << 12 | steps);
  return kSize;
}

void webcast_playout_delay_class_init(WebcastPlayoutDelayClass* klass) {
  auto* extension = GST_RTP_HEADER_EXTENSION_CLASS(klass);
  extension->get_supported_flags = [](GstRTPHeaderExtension*) {
    return static_cast<GstRTPHeaderExtensionFlags>(GST_RTP_HEADER_EXTENSION_ONE_BYTE |
                                                   GST_RTP_HEADER_EXTENSION_TWO_BYTE);
  };
  extension->get_max_size = [](GstRTPHeaderExtension*, const GstBuffer*) { return kSize; };
  extension->write = write_delay;
  extension->read = [](GstRTPHeaderExtension*, GstRTPHeaderExtensionFlags, const guint8*, gsize,
                       GstBuffer*) -> gboolean { return TRUE; };
  extension->set_caps_from_attributes = [](GstRTPHeaderExtension* self, GstCaps* caps) -> gboolean {
    return gst_rtp_header_extension_set_caps_from_attributes_helper(self, caps, "");
  };
  gst_rtp_header_extension_class_set_uri(extension, webcast::kPlayoutDelayUri);
  gst_element_class_set_static_metadata(
      GST_ELEMENT_CLASS(klass), "Playout delay", GST_RTP_HDREXT_ELEMENT_CLASS,
      "Tells receivers how long to hold frames back", "The gst-webcast authors");
}

void webcast_playout_delay_init(WebcastPlayoutDelay* self) {
  self->steps = 0;
}

}  // namespace

namespace webcast {

Ref<GstElement> make_playout_delay(int delay_ms) {
  auto* extension =
      static_cast<WebcastPlayoutDelay*>(g_object_new(webcast_playout_delay_get_type(), nullptr));
  extension->steps = static_cast<guint16>(std::clamp(delay_ms / 10, 0, 0xfff));
  return adopt(static_cast<GstElement*>(gst_object_ref_sink(extension)));
}

}  // namespace webcast
