#include "tests/unit/media/test_encoders.hpp"

#include <map>
#include <string>

namespace webcast {
namespace {

struct Traits {
  Misbehaviour misbehaviour;
  const char* name;
  GType type = 0;
};

std::map<Misbehaviour, Traits>& all_traits() {
  static std::map<Misbehaviour, Traits> traits = {
      {Misbehaviour::fails_to_start, {Misbehaviour::fails_to_start, "testfailingenc"}},
      {Misbehaviour::errs_at_once, {Misbehaviour::errs_at_once, "testerringenc"}},
      {Misbehaviour::stays_silent, {Misbehaviour::stays_silent, "testsilentenc"}},
      {Misbehaviour::dies_later, {Misbehaviour::dies_later, "testdyingenc"}},
      {Misbehaviour::in_software, {Misbehaviour::in_software, "testsoftwareenc"}},
      {Misbehaviour::deaf, {Misbehaviour::deaf, "testdeafenc"}},
      {Misbehaviour::errs_when_large, {Misbehaviour::errs_when_large, "testsmallenc"}},
      {Misbehaviour::narrow, {Misbehaviour::narrow, "testnarrowenc"}},
  };
  return traits;
}

Misbehaviour of(gpointer instance) {
  return *static_cast<Misbehaviour*>(
      g_type_get_qdata(G_OBJECT_TYPE(instance), g_quark_from_static_string("misbehaviour")));
}

GstBinClass* parent_class() {
  return static_cast<GstBinClass*>(g_type_class_peek(GST_TYPE_BIN));
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange change) {
  if (change == GST_STATE_CHANGE_NULL_TO_READY && of(element) == Misbehaviour::fails_to_start) {
    GST_ELEMENT_ERROR(element, RESOURCE, NOT_FOUND, ("no such device"), (nullptr));
    return GST_STATE_CHANGE_FAILURE;
  }
  if (change == GST_STATE_CHANGE_NULL_TO_READY && of(element) == Misbehaviour::narrow) {
    GstElement* door = gst_bin_get_by_name(GST_BIN(element), "door");
    gst_util_set_object_arg(G_OBJECT(door), "caps", "video/x-raw, width=(int)[ 16, 320 ]");
    gst_object_unref(door);
  }
  return GST_ELEMENT_CLASS(parent_class())->change_state(element, change);
}

GstPadProbeReturn drop_event(GstPad*, GstPadProbeInfo*, gpointer) {
  return GST_PAD_PROBE_DROP;
}

int width_at(GstPad* pad) {
  GstCaps* caps = gst_pad_get_current_caps(pad);
  int width = 0;
  if (caps) gst_structure_get_int(gst_caps_get_structure(caps, 0), "width", &width);
  g_clear_pointer(&caps, gst_caps_unref);
  return width;
}

// On the encoder's source pad; the bin is the user data.
GstPadProbeReturn on_picture(GstPad* pad, GstPadProbeInfo*, gpointer data) {
  auto* bin = static_cast<GstElement*>(data);
  Misbehaviour misbehaviour = of(bin);
  if (misbehaviour == Misbehaviour::stays_silent) return GST_PAD_PROBE_DROP;
  gsize count = GPOINTER_TO_SIZE(g_object_get_data(G_OBJECT(pad), "count")) + 1;
  g_object_set_data(G_OBJECT(pad), "count", GSIZE_TO_POINTER(count));
  if (misbehaviour == Misbehaviour::dies_later && count < 10) return GST_PAD_PROBE_OK;
  if (misbehaviour == Misbehaviour::errs_when_large && width_at(pad) <= 320)
    return GST_PAD_PROBE_OK;
  GST_ELEMENT_ERROR(bin, RESOURCE, FAILED, ("the device is gone"), (nullptr));
  return GST_PAD_PROBE_DROP;
}

void add_probe(GstPad* source, gpointer instance) {
  Misbehaviour misbehaviour = of(instance);
  if (misbehaviour == Misbehaviour::deaf)
    gst_pad_add_probe(source, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, drop_event, nullptr, nullptr);
  else if (misbehaviour != Misbehaviour::in_software && misbehaviour != Misbehaviour::narrow)
    gst_pad_add_probe(source, GST_PAD_PROBE_TYPE_BUFFER, on_picture, instance, nullptr);
}

void init_instance(GTypeInstance* instance, gpointer) {
  GstElement* encoder = gst_element_factory_make("x264enc", "inner");
  gst_util_set_object_arg(G_OBJECT(encoder), "tune", "zerolatency");
  gst_util_set_object_arg(G_OBJECT(encoder), "speed-preset", "ultrafast");
  GstElement* door = gst_element_factory_make("capsfilter", "door");
  gst_bin_add_many(GST_BIN(instance), door, encoder, nullptr);
  gst_element_link(door, encoder);
  for (const char* name : {"sink", "src"}) {
    GstElement* inner = std::string(name) == "sink" ? door : encoder;
    GstPad* target = gst_element_get_static_pad(inner, name);
    GstPadTemplate* templ =
        gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(instance), name);
    gst_element_add_pad(GST_ELEMENT(instance),
                        gst_ghost_pad_new_from_template(name, target, templ));
    if (GST_PAD_IS_SRC(target)) add_probe(target, instance);
    gst_object_unref(target);
  }
}

void init_class(gpointer klass, gpointer data) {
  auto* element_class = GST_ELEMENT_CLASS(klass);
  auto* traits = static_cast<Traits*>(data);
  element_class->change_state = change_state;
  const char* where = traits->misbehaviour == Misbehaviour::in_software
                          ? "Codec/Encoder/Video"
                          : "Codec/Encoder/Video/Hardware";
  gst_element_class_set_metadata(element_class, "Misbehaving encoder", where, "For tests",
                                 "The gst-webcast authors");
  auto add = [element_class](const char* name, GstPadDirection direction, const char* caps) {
    GstCaps* parsed = gst_caps_from_string(caps);
    gst_element_class_add_pad_template(
        element_class, gst_pad_template_new(name, direction, GST_PAD_ALWAYS, parsed));
    gst_caps_unref(parsed);
  };
  add("sink", GST_PAD_SINK, "video/x-raw, format=(string){ I420, NV12 }");
  add("src", GST_PAD_SRC,
      "video/x-h264, stream-format=(string)byte-stream, alignment=(string)au, "
      "profile=(string)constrained-baseline");
}

GType type_of(Traits& traits) {
  if (traits.type) return traits.type;
  GTypeInfo info = {};
  info.class_size = sizeof(GstBinClass);
  info.instance_size = sizeof(GstBin);
  info.class_init = init_class;
  info.class_data = &traits;
  info.instance_init = init_instance;
  std::string name = std::string("Webcast_") + traits.name;
  traits.type = g_type_register_static(GST_TYPE_BIN, name.c_str(), &info, GTypeFlags(0));
  g_type_set_qdata(traits.type, g_quark_from_static_string("misbehaviour"), &traits.misbehaviour);
  return traits.type;
}

}  // namespace

const char* show_test_encoder(Misbehaviour misbehaviour, unsigned rank) {
  Traits& traits = all_traits().at(misbehaviour);
  if (!traits.type) gst_element_register(nullptr, traits.name, rank, type_of(traits));
  GstPluginFeature* feature = gst_registry_lookup_feature(gst_registry_get(), traits.name);
  gst_plugin_feature_set_rank(feature, rank);
  gst_object_unref(feature);
  return traits.name;
}

void hide_test_encoders() {
  for (auto& [misbehaviour, traits] : all_traits())
    if (traits.type) show_test_encoder(misbehaviour, GST_RANK_NONE);
}

}  // namespace webcast
