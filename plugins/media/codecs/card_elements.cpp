#include "plugins/media/codecs/card_elements.hpp"

#include <algorithm>
#include <cstring>

namespace webcast {
namespace {

struct Known {
  const char* factory;
  bool converts, scales;
};

// What their klass does not tell (in 1.22 that of cudascale is more than that of cudaconvert), the
// best of each kind of memory first. Those that do neither lead from one memory to another.
constexpr Known kKnown[] = {
    {"cudaconvertscale", true, true}, {"cudaconvert", true, false},
    {"cudascale", false, true},       {"vapostproc", true, true},
    {"vaapipostproc", true, true},    {"msdkvpp", true, true},
    {"d3d11convert", true, true},     {"d3d11colorconvert", true, false},
    {"d3d11scale", false, true},      {"glcolorconvert", true, false},
    {"glcolorscale", false, true},    {"glvideoflip", false, false},
    {"cudaupload", false, false},     {"glupload", false, false},
};

Ref<GstCaps> template_caps(GstElementFactory* factory, GstPadDirection direction) {
  Ref<GstCaps> all = adopt(gst_caps_new_empty());
  for (const GList* item = gst_element_factory_get_static_pad_templates(factory); item;
       item = item->next) {
    auto* templ = static_cast<GstStaticPadTemplate*>(item->data);
    if (templ->direction != direction || templ->presence != GST_PAD_ALWAYS) continue;
    all = adopt(gst_caps_merge(all.release(), gst_static_pad_template_get_caps(templ)));
  }
  return all;
}

// One that takes pictures of a card's memory; `known` may be null.
std::optional<CardConverter> describe(GstElementFactory* factory, const Known* known) {
  CardConverter converter{GST_OBJECT_NAME(factory), template_caps(factory, GST_PAD_SINK),
                          template_caps(factory, GST_PAD_SRC)};
  if (!names_card_memory(converter.takes.get())) return {};
  const char* klass = gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS);
  converter.converts = known ? known->converts : true;
  converter.scales = known ? known->scales : klass && std::strstr(klass, "Scaler");
  converter.turns = gst_element_factory_has_interface(factory, "GstVideoDirection");
  return converter;
}

bool is_video_converter(GstElementFactory* factory) {
  const char* klass = gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS);
  return klass && std::strstr(klass, "Converter") && std::strstr(klass, "Video");
}

bool is_known(GstElementFactory* factory) {
  return std::any_of(std::begin(kKnown), std::end(kKnown), [factory](const Known& known) {
    return std::strcmp(known.factory, GST_OBJECT_NAME(factory)) == 0;
  });
}

}  // namespace

std::vector<CardConverter> card_converters() {
  std::vector<CardConverter> converters;
  auto add = [&](GstElementFactory* factory, const Known* known) {
    if (auto described = describe(factory, known)) converters.push_back(std::move(*described));
  };
  for (const Known& known : kKnown)
    if (auto factory = adopt(gst_element_factory_find(known.factory))) add(factory.get(), &known);
  GList* all = gst_registry_get_feature_list(gst_registry_get(), GST_TYPE_ELEMENT_FACTORY);
  all = g_list_sort(all, gst_plugin_feature_rank_compare_func);
  for (GList* item = all; item; item = item->next) {
    auto* factory = GST_ELEMENT_FACTORY(item->data);
    if (!is_known(factory) && is_video_converter(factory)) add(factory, nullptr);
  }
  gst_plugin_feature_list_free(all);
  return converters;
}

}  // namespace webcast
