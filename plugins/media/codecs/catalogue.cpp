#include "plugins/media/codecs/catalogue.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include "plugins/media/codecs/encoder_table.hpp"

namespace webcast {
namespace {

struct CodecElements {
  Codec codec;
  const char* media_type;
  const char* payloader;
};

constexpr CodecElements kCodecs[] = {
    {Codec::h264, "video/x-h264", "rtph264pay"}, {Codec::vp8, "video/x-vp8", "rtpvp8pay"},
    {Codec::vp9, "video/x-vp9", "rtpvp9pay"},    {Codec::av1, "video/x-av1", "rtpav1pay"},
    {Codec::h265, "video/x-h265", "rtph265pay"}, {Codec::opus, "audio/x-opus", "rtpopuspay"},
    {Codec::pcma, "audio/x-alaw", "rtppcmapay"}, {Codec::pcmu, "audio/x-mulaw", "rtppcmupay"},
};

const CodecElements& elements_of(Codec codec) {
  return *std::find_if(std::begin(kCodecs), std::end(kCodecs),
                       [codec](const CodecElements& c) { return c.codec == codec; });
}

bool installed(const char* factory) {
  return static_cast<bool>(adopt(gst_element_factory_find(factory)));
}

unsigned rank_from_text(const char* text) {
  static const std::map<std::string, unsigned> kNames = {{"NONE", GST_RANK_NONE},
                                                         {"MARGINAL", GST_RANK_MARGINAL},
                                                         {"SECONDARY", GST_RANK_SECONDARY},
                                                         {"PRIMARY", GST_RANK_PRIMARY},
                                                         {"MAX", G_MAXINT}};
  auto name = kNames.find(text);
  if (name != kNames.end()) return name->second;
  return static_cast<unsigned>(g_ascii_strtoull(text, nullptr, 10));
}

// The user's own word on factories, as GStreamer reads it: "name:RANK,name:RANK".
std::map<std::string, unsigned> user_ranks() {
  std::map<std::string, unsigned> ranks;
  const char* variable = g_getenv("GST_PLUGIN_FEATURE_RANK");
  if (!variable) return ranks;
  gchar** entries = g_strsplit(variable, ",", -1);
  for (gchar** entry = entries; *entry; entry++) {
    gchar** parts = g_strsplit(*entry, ":", 2);
    if (parts[0] && parts[1]) ranks[g_strstrip(parts[0])] = rank_from_text(g_strstrip(parts[1]));
    g_strfreev(parts);
  }
  g_strfreev(entries);
  return ranks;
}

struct Candidate {
  std::string factory;
  unsigned rank;
  int group;  // as numbered in the header
};

// Elements of `type` that give (or take) `caps`, by rank.
std::vector<std::pair<std::string, bool>> factories(GstElementFactoryListType type, GstRank least,
                                                    GstCaps* caps, GstPadDirection direction,
                                                    std::vector<unsigned>* ranks) {
  GList* all = gst_element_factory_list_get_elements(type, least);
  GList* fit = gst_element_factory_list_filter(all, caps, direction, FALSE);
  fit = g_list_sort(fit, gst_plugin_feature_rank_compare_func);
  std::vector<std::pair<std::string, bool>> found;
  for (GList* item = fit; item; item = item->next) {
    auto* factory = GST_ELEMENT_FACTORY(item->data);
    found.emplace_back(GST_OBJECT_NAME(factory), gst_element_factory_list_is_type(
                                                     factory, GST_ELEMENT_FACTORY_TYPE_HARDWARE));
    if (ranks) ranks->push_back(gst_plugin_feature_get_rank(GST_PLUGIN_FEATURE(factory)));
  }
  gst_plugin_feature_list_free(all);
  gst_plugin_feature_list_free(fit);
  return found;
}

void add_known(std::vector<Candidate>& candidates, Codec codec) {
  for (const KnownEncoder& known : known_encoders())
    if (known.codec == codec && installed(known.factory))
      candidates.push_back({known.factory, 0, known.hardware ? 2 : 4});
}

void add_unknown(std::vector<Candidate>& candidates, Codec codec) {
  Ref<GstCaps> caps = adopt(gst_caps_new_empty_simple(elements_of(codec).media_type));
  std::vector<unsigned> ranks;
  auto found = factories(GST_ELEMENT_FACTORY_TYPE_ENCODER, GST_RANK_MARGINAL, caps.get(),
                         GST_PAD_SRC, &ranks);
  for (size_t i = 0; i < found.size(); i++)
    if (!find_known_encoder(found[i].first.c_str()))
      candidates.push_back({found[i].first, ranks[i], found[i].second ? 3 : 5});
}

}  // namespace

std::vector<std::string> encoders_of(Codec codec) {
  std::vector<Candidate> candidates;
  add_known(candidates, codec);
  add_unknown(candidates, codec);
  auto named = user_ranks();
  std::erase_if(candidates, [&](const Candidate& candidate) {
    auto found = named.find(candidate.factory);
    return found != named.end() && found->second == GST_RANK_NONE;
  });
  for (Candidate& candidate : candidates) {
    auto found = named.find(candidate.factory);
    if (found != named.end() && found->second >= GST_RANK_PRIMARY)
      candidate = {candidate.factory, found->second, 1};
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
    return a.group != b.group ? a.group < b.group : a.rank > b.rank;
  });
  std::vector<std::string> names;
  for (Candidate& candidate : candidates)
    names.push_back(std::move(candidate.factory));
  return names;
}

std::vector<std::string> decoders_of(GstCaps* caps) {
  // vp8alphadecodebin and its like come first by rank, and take nothing but streams with alpha.
  Ref<GstCaps> asked = adopt(gst_caps_copy(caps));
  for (guint i = 0; i < gst_caps_get_size(asked.get()); i++) {
    GstStructure* structure = gst_caps_get_structure(asked.get(), i);
    if (!gst_structure_has_field(structure, "codec-alpha"))
      gst_structure_set(structure, "codec-alpha", G_TYPE_BOOLEAN, FALSE, nullptr);
  }
  std::vector<std::string> names;
  for (auto& [factory, hardware] : factories(GST_ELEMENT_FACTORY_TYPE_DECODER, GST_RANK_MARGINAL,
                                             asked.get(), GST_PAD_SINK, nullptr))
    names.push_back(factory);
  return names;
}

std::string usual_encoder_of(Codec codec) {
  if (payloader_of(codec).empty()) return elements_of(codec).payloader;
  for (const KnownEncoder& known : known_encoders())
    if (known.codec == codec && !known.hardware) return known.factory;
  return "";
}

const char* package_of(Codec codec) {
  // (Debian 12 has none for AV1.)
  if (codec != Codec::av1 && payloader_of(codec).empty()) return "gstreamer1.0-plugins-good";
  switch (codec) {
    case Codec::h264:
      return "gstreamer1.0-plugins-ugly";
    case Codec::vp8:
    case Codec::vp9:
    case Codec::pcma:
    case Codec::pcmu:
      return "gstreamer1.0-plugins-good";
    case Codec::opus:
      return "gstreamer1.0-plugins-base";
    default:
      return "gstreamer1.0-plugins-bad";
  }
}

std::string payloader_of(Codec codec) {
  const char* factory = elements_of(codec).payloader;
  return installed(factory) ? factory : "";
}

std::optional<Codec> codec_of_caps(GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  for (const CodecElements& codec : kCodecs)
    if (gst_structure_has_name(structure, codec.media_type)) return codec.codec;
  return std::nullopt;
}

bool is_jpeg(GstCaps* caps) {
  return gst_structure_has_name(gst_caps_get_structure(caps, 0), "image/jpeg");
}

bool is_raw(GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  return gst_structure_has_name(structure, "video/x-raw") ||
         gst_structure_has_name(structure, "audio/x-raw");
}

}  // namespace webcast
