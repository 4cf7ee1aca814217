// How a picture in a graphics card's memory reaches an encoder that takes it there, without the
// processor ever touching it. Pure: it knows elements by their templates only.
//
// What a template says counts where it names the memory. Some say that they take any (vapostproc,
// to let through what it does nothing with): that is no promise to read it.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>
#include <vector>

#include "plugins/gst/gst_ref.hpp"

namespace webcast {

// An installed element that works on the card, or leads to or from it.
struct CardConverter {
  std::string factory;
  Ref<GstCaps> takes, gives;
  bool converts = false;  // formats and colours
  bool scales = false;
  bool turns = false;  // by the property video-direction
};

struct CardPath {
  std::vector<std::string> converters;  // in order; none: the picture goes as it is
  std::optional<size_t> turner;         // the one that turns it
  Ref<GstCaps> prepared;                // what the encoder gets
};

// `input`: one picture's caps. `form`: what it is to be for the encoder, in the machine's memory.
// Nothing: it is in no card's memory, the encoder takes it in none that it can be brought to, or
// what has to be done to it no converter does.
std::optional<CardPath> plan_card_path(GstCaps* input, GstCaps* form, bool turn,
                                       GstCaps* encoder_takes,
                                       const std::vector<CardConverter>& converters);

// Who brings it to the machine's memory; empty: it is there, or nobody does.
std::string find_downloader(GstCaps* input, const std::vector<CardConverter>& converters);

// The card's memory that it is in, "memory:GLMemory"; empty: the machine's, or any.
std::string card_memory_of(const GstCapsFeatures* features);
bool names_card_memory(GstCaps* caps);

}  // namespace webcast
