// Sets an encoder up for live use: no B-frames, no look-ahead, constant bit rate, keyframes on
// request and otherwise far apart. Control thread, on an element in NULL.
#pragma once

#include <gst/gst.h>

#include <string>

#include "plugins/gst/gst_ref.hpp"
#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

enum class EncoderPreset { realtime, quality };

struct EncoderRequest {
  Codec codec = Codec::vp8;
  EncoderPreset preset = EncoderPreset::realtime;
  unsigned bitrate = 2'000'000;  // bit/s; audio: for all channels together
  int width = 0, height = 0;
  double framerate = 30;
  int channels = 0;
};

// An encoder that is not in the table gets what its usual properties allow.
void set_up_encoder(GstElement* encoder, const EncoderRequest& request);

// What must stand behind the encoder; the encoder's own best guess is never enough: H.264 would
// be offered as High. Empty when it may give what it likes.
Ref<GstCaps> encoder_output_caps(GstElement* encoder, Codec codec);

// Opus: what music needs at this number of channels.
unsigned audio_bitrate(int channels);

}  // namespace webcast
