// What stands behind a depayloader: nothing more than a parser, or a decoder too. Any thread.
#pragma once

#include <vector>

#include "common/result.hpp"
#include "plugins/gst/gst_ref.hpp"
#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

// Those of `preference` that this machine can depayload and, with `decode`, decode.
std::vector<Codec> receivable(const std::vector<Codec>& preference, bool decode);

// Those of a sound that ends before any of it came: muxers (of MP4, of MPEG-TS) want some.
Ref<GstCaps> caps_before_data(Codec codec);

// The elements, in their order; the error names what is not installed.
Result<std::vector<Ref<GstElement>>> make_received_tail(Codec codec, bool decode);

}  // namespace webcast
