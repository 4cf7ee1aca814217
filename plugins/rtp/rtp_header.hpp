// Rewriting RTP headers for one viewer (RFC 3550, RFC 8285). Pure; any thread, one at a time.
//
// All viewers share a rendition's packets. Where a viewer's session has other numbers (payload
// type, extension ids) or has missed packets (sequence numbers), the header alone is copied and
// changed; the payload's memory stays shared. Where nothing differs, the list goes out as it is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "plugins/gst/gst_ref.hpp"
#include "plugins/rtp/rtp_frame.hpp"

namespace webcast {

struct RtpMapping {
  uint32_t ssrc = 0;
  uint8_t payload_type = 96;
  int clock_rate = 90000;
  // By the packet's extension id (1…14): the id in this session; 0: not taken, made padding.
  std::array<uint8_t, 15> extension_ids{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
};

struct RtpHeaderChange {
  uint8_t payload_type = 0;
  uint16_t sequence_offset = 0;  // added, modulo 2^16
  uint32_t timestamp_offset = 0;
  uint32_t ssrc = 0;
};

// Bytes of the header with contributing sources and extension; nothing when `packet` (which may
// be cut behind the header) is no RTP packet or too short to tell.
std::optional<size_t> rtp_header_size(std::span<const uint8_t> packet);

// The bytes of a packet's header, however its memory is cut; none where it is no RTP packet.
std::vector<uint8_t> read_rtp_header(GstBuffer* packet);

// Of a header (of rtp_header_size), the extension of that id, 1…14, in the form of one-byte ids
// (RFC 8285 section 4.2); empty: it is not there.
std::span<const uint8_t> find_extension(std::span<const uint8_t> header, uint8_t id);

// Changes `header` (of rtp_header_size) in place.
void change_rtp_header(std::span<uint8_t> header, const RtpHeaderChange& change,
                       const std::array<uint8_t, 15>& extension_ids);

class RtpRewriter {
 public:
  explicit RtpRewriter(const RtpMapping& mapping) : mapping_(mapping) {}

  // The frame's packets for this viewer. Frames that were left out in between are closed up: no
  // gap in the sequence numbers. A frame from another source (a rendition that was started anew)
  // goes on with the same SSRC, sequence numbers and timeline. Null for what is not RTP.
  Ref<GstBufferList> rewrite(const RtpFrame& frame);

 private:
  bool same_numbers(const RtpHeaderChange& change, uint8_t payload_type, uint32_t ssrc) const;
  void follow(const RtpFrame& frame, uint16_t sequence, uint32_t timestamp, uint32_t ssrc);

  const RtpMapping mapping_;
  RtpHeaderChange change_{};
  bool started_ = false;
  uint32_t source_ssrc_ = 0;
  uint16_t next_sequence_ = 0;   // outgoing
  uint32_t last_timestamp_ = 0;  // outgoing
  GstClockTime last_time_ = GST_CLOCK_TIME_NONE;
};

}  // namespace webcast
