// The RTP side of a rendition's pipeline. Control thread.
#pragma once

#include "common/result.hpp"
#include "plugins/gst/gst_ref.hpp"
#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

// Payload type, SSRC and header extension ids as our payloaders use them. The numbers are those
// that Chromium offers for the same: then no viewer of it needs its packets rewritten.
RtpFormat make_rtp_format(Codec codec, int channels, bool with_playout_delay);

// What goes on where a rendition's last payloader stopped, so that viewers see one stream.
struct PayloadContinuity {
  uint16_t sequence = 0;  // of the next packet
  uint32_t timestamp_offset = 0;
};

Result<Ref<GstElement>> make_payloader(const RtpFormat& format, const PayloadContinuity& goes_on,
                                       int playout_delay_ms);

}  // namespace webcast
