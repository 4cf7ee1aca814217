#include "plugins/media/h264_facts.hpp"

#include <gst/base/gstbitreader.h>

#include <cstdio>

namespace webcast {
namespace {

// Exp-Golomb code, H.264 section 9.1.
bool read_ue(GstBitReader& reader, guint32& value) {
  guint zeros = 0;
  guint8 bit = 0;
  while (gst_bit_reader_get_bits_uint8(&reader, &bit, 1) && !bit)
    if (++zeros > 16) return false;
  guint32 rest = 0;
  if (!bit || (zeros > 0 && !gst_bit_reader_get_bits_uint32(&reader, &rest, zeros))) return false;
  value = (1u << zeros) - 1 + rest;
  return true;
}

// The first two fields of a slice header (7.3.3): first_mb_in_slice, slice_type. They are a few
// bits long; an emulation prevention byte cannot stand among them.
bool is_b_slice(const uint8_t* payload, size_t size) {
  GstBitReader reader = GST_BIT_READER_INIT(payload, static_cast<guint>(size));
  guint32 first = 0, type = 0;
  return read_ue(reader, first) && read_ue(reader, type) && type % 5 == GST_H264_B_SLICE;
}

// SEI messages: type and size, each a run of 255 and a last byte, then so many bytes (7.3.2.3.1).
// Emulation prevention bytes are not taken out: behind a message that has one, another may be
// hidden or made up. It costs a request for a keyframe.
bool tells_recovery_point(std::span<const uint8_t> messages) {
  size_t at = 0;
  auto number = [&] {
    size_t value = 0;
    while (at < messages.size() && messages[at] == 255)
      value += messages[at++];
    return at < messages.size() ? value + messages[at++] : value;
  };
  while (at + 2 < messages.size()) {  // the last byte is the stop bit
    size_t type = number(), size = number();
    if (type == GST_H264_SEI_RECOVERY_POINT) return true;
    at += size;
  }
  return false;
}

}  // namespace

H264Facts::H264Facts() : parser_(gst_h264_nal_parser_new()) {}

void H264Facts::read(std::span<const uint8_t> unit) {
  GstH264NalUnit nalu;
  guint offset = 0;
  is_idr_ = has_recovery_point_ = false;
  // The unchecked form does not search for the unit's end: the first slice is all that is read
  // of a picture.
  while (gst_h264_parser_identify_nalu_unchecked(parser_.get(), unit.data(), offset, unit.size(),
                                                 &nalu) == GST_H264_PARSER_OK) {
    if (nalu.type >= GST_H264_NAL_SLICE && nalu.type <= GST_H264_NAL_SLICE_IDR) {
      is_idr_ = nalu.type == GST_H264_NAL_SLICE_IDR;
      size_t header = nalu.offset + nalu.header_bytes;
      if (header < unit.size() && is_b_slice(unit.data() + header, unit.size() - header))
        saw_b_slice_ = true;
      return;
    }
    if (gst_h264_parser_identify_nalu(parser_.get(), unit.data(), offset, unit.size(), &nalu) !=
        GST_H264_PARSER_OK)
      return;
    if (nalu.type == GST_H264_NAL_SPS) read_sps(nalu);
    if (nalu.type == GST_H264_NAL_SEI && nalu.size > nalu.header_bytes)
      has_recovery_point_ |= tells_recovery_point(
          unit.subspan(nalu.offset + nalu.header_bytes, nalu.size - nalu.header_bytes));
    offset = nalu.offset + nalu.size;
  }
}

void H264Facts::read_sps(const GstH264NalUnit& nalu) {
  const uint8_t* bytes = nalu.data + nalu.offset;
  if (nalu.size < 4) return;
  char text[7];
  std::snprintf(text, sizeof text, "%02x%02x%02x", bytes[1], bytes[2], bytes[3]);
  if (profile_level_id_ != text) saw_b_slice_ = false;
  profile_level_id_ = text;
  GstH264SPS sps;
  GstH264NalUnit copy = nalu;
  if (gst_h264_parser_parse_sps(parser_.get(), &copy, &sps) != GST_H264_PARSER_OK) return;
  interlaced_ = !sps.frame_mbs_only_flag;
  announced_reorder_ = sps.vui_parameters_present_flag &&
                       sps.vui_parameters.bitstream_restriction_flag &&
                       sps.vui_parameters.num_reorder_frames > 0;
  gst_h264_sps_clear(&sps);
}

}  // namespace webcast
