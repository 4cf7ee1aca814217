// The elements between appsrc and appsink for each job. Control thread.
#pragma once

#include <functional>
#include <string>

#include "plugins/media/codecs/encoder_setup.hpp"
#include "plugins/media/codecs/stage.hpp"

namespace webcast {

struct EncodeJob {
  Codec codec = Codec::vp8;
  std::string factory;
  EncoderPreset preset = EncoderPreset::realtime;
  unsigned video_bitrate = 2'000'000;
  // True: the application set the encoder up itself.
  std::function<bool(GstElement* encoder)> encoder_setup;
  // False: a picture in a graphics card's memory is downloaded, whatever the encoder takes.
  bool may_stay_on_card = true;
};

struct EncodeChain {
  ElementChain elements;
  bool on_card = false;  // the encoder gets the picture in the memory of a graphics card
};

// Raw to encoded: convert ! encoder (named "encoder"), with a parser where the codec has one.
Result<EncodeChain> encode_chain(GstCaps* caps, const EncodeJob& job);

// What an encoded input becomes before it is looked at and handed on: parameter sets before each
// keyframe, one access unit a buffer. Empty where the codec needs nothing.
Result<ElementChain> parse_chain(Codec codec);
bool needs_parser(Codec codec);

// Of raw caps, pictures a second; 0: they name none.
double claimed_framerate(GstCaps* caps);
// Raw caps with what encode_chain needs and the source does not tell or not rightly: pictures a
// second; that channels have no positions.
Ref<GstCaps> completed_caps(GstCaps* caps, double framerate);

}  // namespace webcast
