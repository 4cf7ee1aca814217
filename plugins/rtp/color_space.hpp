// The RTP header extension "color-space": how a publisher's pictures tell their colours where their
// codec does not. VP8 cannot (RFC 6386 section 9.2 has one matrix), VP9's encoders do not.
//
// Chromium sends a canvas in full range, say: taken for the usual one it is too bright.
#pragma once

#include <gst/video/video.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "plugins/gst/gst_ref.hpp"

namespace webcast {

// Its bytes: primaries, transfer, matrix (ISO/IEC 23091-2), then range and the place of chroma; 24
// more tell of high dynamic range. What is not told, or not known here, is UNKNOWN. Pure.
std::optional<GstVideoColorimetry> read_color_space(std::span<const uint8_t> extension);

// One medium's.
class ColorSpace {
 public:
  // By which its packets carry it; 0: they do not.
  explicit ColorSpace(uint8_t extension_id) : id_(extension_id) {}

  // Thread of the packets. It comes with the last packet of some pictures and holds until another.
  void look_at(GstBuffer* packet);
  // Thread of the samples: the same picture, with what was told in its caps. Of raw pictures alone:
  // files take no other colours in their middle.
  Ref<GstSample> tell(GstSample* sample);

 private:
  const uint8_t id_;
  std::atomic<uint32_t> told_{0};  // the four bytes; 0: nothing was told
  // Thread of the samples.
  Ref<GstCaps> caps_, told_caps_;
  uint32_t told_in_caps_ = 0;
};

}  // namespace webcast
