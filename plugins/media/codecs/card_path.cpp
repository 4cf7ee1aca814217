#include "plugins/media/codecs/card_path.hpp"

namespace webcast {
namespace {

// More hops than that cost more than the way through the machine's memory.
constexpr size_t kMostConverters = 2;

bool is_machine_memory(const GstCapsFeatures* features) {
  return !features || gst_caps_features_is_equal(features, GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY);
}

Ref<GstCaps> intersection(GstCaps* a, GstCaps* b) {
  return adopt(gst_caps_intersect_full(a, b, GST_CAPS_INTERSECT_FIRST));
}

Ref<GstCaps> in_memory(GstCaps* caps, const std::string& memory) {
  Ref<GstCaps> copy = adopt(gst_caps_copy(caps));
  gst_caps_set_features_simple(copy.get(), gst_caps_features_new(memory.c_str(), nullptr));
  return copy;
}

// Those of `caps` that name the memory of a card.
Ref<GstCaps> on_card(GstCaps* caps) {
  Ref<GstCaps> named = adopt(gst_caps_new_empty());
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    const GstCapsFeatures* features = gst_caps_get_features(caps, i);
    if (!card_memory_of(features).empty())
      gst_caps_append_structure_full(named.get(),
                                     gst_structure_copy(gst_caps_get_structure(caps, i)),
                                     gst_caps_features_copy(features));
  }
  return named;
}

// All that `converter` may make of `picture`; empty: it does not take it.
Ref<GstCaps> made_of(GstCaps* picture, const CardConverter& converter, bool turned) {
  Ref<GstCaps> taken = intersection(picture, on_card(converter.takes.get()).get());
  Ref<GstCaps> gives = on_card(converter.gives.get());
  Ref<GstCaps> made = adopt(gst_caps_new_empty());
  for (guint i = 0; i < gst_caps_get_size(taken.get()); i++) {
    StructurePtr structure(gst_structure_copy(gst_caps_get_structure(taken.get(), i)));
    if (converter.converts)
      gst_structure_remove_fields(structure.get(), "format", "colorimetry", "chroma-site", nullptr);
    if (converter.scales || turned)
      gst_structure_remove_fields(structure.get(), "width", "height", "pixel-aspect-ratio",
                                  nullptr);
    // Which memory it gives does not depend on which it took.
    for (guint j = 0; j < gst_caps_get_size(gives.get()); j++)
      gst_caps_append_structure_full(made.get(), gst_structure_copy(structure.get()),
                                     gst_caps_features_copy(gst_caps_get_features(gives.get(), j)));
  }
  return intersection(made.get(), gives.get());
}

class Search {
 public:
  Search(GstCaps* input, GstCaps* form, bool turn, GstCaps* encoder_takes,
         const std::vector<CardConverter>& converters)
      : memory_(card_memory_of(gst_caps_get_features(input, 0))),
        form_(form),
        turn_(turn),
        encoder_(on_card(encoder_takes)),
        converters_(converters) {}

  // With just so many converters more.
  bool go_on(GstCaps* picture, size_t more) {
    if (gst_caps_is_empty(picture)) return false;
    if (more == 0) return arrive(picture);
    for (const CardConverter& converter : converters_) {
      bool turns = turn_ && !path_.turner && converter.turns;
      if (turns) path_.turner = path_.converters.size();
      path_.converters.push_back(converter.factory);
      if (go_on(made_of(picture, converter, turns).get(), more - 1)) return true;
      path_.converters.pop_back();
      if (turns) path_.turner.reset();
    }
    return false;
  }

  CardPath take() { return std::move(path_); }

 private:
  bool arrive(GstCaps* picture) {
    if (turn_ && !path_.turner) return false;
    Ref<GstCaps> fits = intersection(picture, encoder_.get());
    for (guint i = 0; i < gst_caps_get_size(fits.get()); i++) {
      std::string memory = card_memory_of(gst_caps_get_features(fits.get(), i));
      Ref<GstCaps> prepared = in_memory(form_, memory);
      if (!gst_caps_can_intersect(fits.get(), prepared.get())) continue;
      // Where it is already rather than where it would have to be brought.
      if (!path_.prepared || memory == memory_) path_.prepared = prepared;
    }
    return static_cast<bool>(path_.prepared);
  }

  const std::string memory_;
  GstCaps* form_;
  const bool turn_;
  const Ref<GstCaps> encoder_;
  const std::vector<CardConverter>& converters_;
  CardPath path_;
};

}  // namespace

std::string card_memory_of(const GstCapsFeatures* features) {
  if (!features || gst_caps_features_is_any(features) || is_machine_memory(features) ||
      gst_caps_features_get_size(features) != 1)
    return {};
  const char* feature = gst_caps_features_get_nth(features, 0);
  return g_str_has_prefix(feature, "memory:") ? feature : "";
}

bool names_card_memory(GstCaps* caps) {
  for (guint i = 0; i < gst_caps_get_size(caps); i++)
    if (!card_memory_of(gst_caps_get_features(caps, i)).empty()) return true;
  return false;
}

std::optional<CardPath> plan_card_path(GstCaps* input, GstCaps* form, bool turn,
                                       GstCaps* encoder_takes,
                                       const std::vector<CardConverter>& converters) {
  if (!names_card_memory(input) || !names_card_memory(encoder_takes)) return {};
  for (size_t count = 0; count <= kMostConverters; count++) {
    Search search(input, form, turn, encoder_takes, converters);
    if (search.go_on(input, count)) return search.take();
  }
  return {};
}

std::string find_downloader(GstCaps* input, const std::vector<CardConverter>& converters) {
  for (const CardConverter& converter : converters) {
    if (!gst_caps_can_intersect(input, on_card(converter.takes.get()).get())) continue;
    for (guint i = 0; i < gst_caps_get_size(converter.gives.get()); i++)
      if (is_machine_memory(gst_caps_get_features(converter.gives.get(), i)))
        return converter.factory;
  }
  return {};
}

}  // namespace webcast
