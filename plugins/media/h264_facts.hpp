// What an H.264 stream says about itself: read from its parameter sets and slice headers.
//
// Owned by an inspector; its streaming thread. Byte-stream format.
#pragma once

#include <gst/codecparsers/gsth264parser.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace webcast {

class H264Facts {
 public:
  H264Facts();
  // One access unit.
  void read(std::span<const uint8_t> unit);

  // From the last SPS: profile_idc, constraint flags, level_idc as six hex digits; empty before.
  const std::string& profile_level_id() const { return profile_level_id_; }
  bool interlaced() const { return interlaced_; }
  // Frames come in another order than they are shown: announced by the SPS, or B slices came.
  bool reordered() const { return announced_reorder_ || saw_b_slice_; }
  // The last unit is an IDR picture: browsers begin at nothing else.
  bool is_idr() const { return is_idr_; }
  // It has the SEI message by which encoders tell where a decoder may begin (D.1.8).
  bool has_recovery_point() const { return has_recovery_point_; }

 private:
  struct FreeParser {
    void operator()(GstH264NalParser* parser) const { gst_h264_nal_parser_free(parser); }
  };
  void read_sps(const GstH264NalUnit& nalu);

  std::unique_ptr<GstH264NalParser, FreeParser> parser_;
  std::string profile_level_id_;
  bool interlaced_ = false;
  bool announced_reorder_ = false;
  bool saw_b_slice_ = false;
  bool is_idr_ = false;
  bool has_recovery_point_ = false;
};

}  // namespace webcast
