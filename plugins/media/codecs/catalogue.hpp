// The codec catalogue: which installed element encodes, decodes, parses and payloads a codec.
//
// Encoders, best first:
//  1. those that the user promoted: named in GST_PLUGIN_FEATURE_RANK with a rank of PRIMARY or
//     more, highest first;
//  2. known hardware, 3. other encoders of the codec whose klass says Hardware, by rank;
//  4. known software, 5. others, by rank.
// "Known" are those of our table, in its order: the table beats the rank, because a rank says
// what decodebin and encodebin should take for a file, not what is best for live use (the va
// encoders have rank NONE). Never taken: what the user named with rank NONE (or 0) in that
// variable, and unknown ones below MARGINAL. Any thread.
#pragma once

#include <gst/gst.h>

#include <string>
#include <vector>

#include "plugins/gst/gst_ref.hpp"
#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

// Factory names; installed ones only.
std::vector<std::string> encoders_of(Codec codec);
// Decoders that take `caps`, by rank.
std::vector<std::string> decoders_of(GstCaps* caps);

// The factory that makes the codec where nothing special is installed; or its payloader, where that
// is missing.
std::string usual_encoder_of(Codec codec);
// The Debian package that has it.
const char* package_of(Codec codec);

// The payloader's factory, empty when it is not installed.
std::string payloader_of(Codec codec);

// The codec of encoded caps; nothing for raw or foreign ones.
std::optional<Codec> codec_of_caps(GstCaps* caps);
bool is_raw(GstCaps* caps);
bool is_jpeg(GstCaps* caps);

}  // namespace webcast
