// The encoders that we know, best first, and how each is set up for live use. Constant data.
#pragma once

#include <span>

#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

struct KnownEncoder {
  Codec codec;
  const char* factory;
  bool hardware;
  const char* bitrate;    // the property, or null where setup is special
  unsigned bitrate_unit;  // bits per unit of it
  const char* gop;        // property: frames between keyframes at most
  const char* threads;    // property, or null
  // "name=value name=value": set when the property exists and knows the value, so that one row
  // serves several versions of a plugin.
  const char* common;
  const char* realtime;
  const char* quality;
};

std::span<const KnownEncoder> known_encoders();
const KnownEncoder* find_known_encoder(const char* factory);

}  // namespace webcast
