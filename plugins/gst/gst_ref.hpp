// How GStreamer's own types are counted (see common/ref.hpp).
#pragma once

#include <gst/gst.h>

#include <memory>

#include "common/ref.hpp"

namespace webcast {

WEBCAST_REF_TRAITS(GstCaps, gst_caps_ref, gst_caps_unref);
WEBCAST_REF_TRAITS(GstBuffer, gst_buffer_ref, gst_buffer_unref);
WEBCAST_REF_TRAITS(GstBufferList, gst_buffer_list_ref, gst_buffer_list_unref);
WEBCAST_REF_TRAITS(GstSample, gst_sample_ref, gst_sample_unref);
WEBCAST_REF_TRAITS(GstContext, gst_context_ref, gst_context_unref);
WEBCAST_REF_TRAITS(GstEvent, gst_event_ref, gst_event_unref);
WEBCAST_REF_TRAITS(GstMessage, gst_message_ref, gst_message_unref);
WEBCAST_REF_TRAITS(GstPromise, gst_promise_ref, gst_promise_unref);
WEBCAST_REF_TRAITS(GstUri, gst_uri_ref, gst_uri_unref);

// A GstStructure has one owner: no counting, `retain` would be a copy.
struct StructureDeleter {
  void operator()(GstStructure* structure) const { gst_structure_free(structure); }
};
using StructurePtr = std::unique_ptr<GstStructure, StructureDeleter>;

// A new element, its floating reference sunk; empty when the factory is missing.
inline Ref<GstElement> make_element(const char* factory, const char* name = nullptr) {
  GstElement* element = gst_element_factory_make(factory, name);
  return element ? adopt(static_cast<GstElement*>(gst_object_ref_sink(element)))
                 : Ref<GstElement>();
}

}  // namespace webcast
