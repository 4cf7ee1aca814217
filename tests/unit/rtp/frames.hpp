// Frames of RTP packets made by hand, as a rendition would hand them out.
#pragma once

#include <cstdint>
#include <vector>

#include "plugins/rtp/rtp_format.hpp"
#include "plugins/rtp/rtp_frame.hpp"

namespace webcast::test {

// One packet: a header (with the format's extensions) and `payload` bytes in memories of their
// own, as payloaders of GStreamer make them.
inline GstBuffer* make_packet(const RtpFormat& format, uint16_t sequence, uint32_t timestamp,
                              bool marker, size_t payload = 200) {
  std::vector<uint8_t> header = {
      0x80, static_cast<uint8_t>((marker ? 0x80 : 0) | format.payload_type),
      static_cast<uint8_t>(sequence >> 8), static_cast<uint8_t>(sequence)};
  for (int shift : {24, 16, 8, 0})
    header.push_back(static_cast<uint8_t>(timestamp >> shift));
  for (int shift : {24, 16, 8, 0})
    header.push_back(static_cast<uint8_t>(format.ssrc >> shift));
  std::vector<uint8_t> extension;
  if (format.transport_cc_id != 0)
    extension.insert(extension.end(),
                     {static_cast<uint8_t>(format.transport_cc_id << 4 | 1), 0, 0});
  if (format.playout_delay_id != 0)
    extension.insert(extension.end(),
                     {static_cast<uint8_t>(format.playout_delay_id << 4 | 2), 0, 0, 0});
  if (!extension.empty()) {
    while (extension.size() % 4 != 0)
      extension.push_back(0);
    header[0] |= 0x10;
    header.insert(header.end(), {0xbe, 0xde, 0, static_cast<uint8_t>(extension.size() / 4)});
    header.insert(header.end(), extension.begin(), extension.end());
  }
  GstBuffer* packet = gst_buffer_new_allocate(nullptr, header.size(), nullptr);
  gst_buffer_fill(packet, 0, header.data(), header.size());
  GstMemory* memory = gst_allocator_alloc(nullptr, payload, nullptr);
  GstMapInfo map;
  if (gst_memory_map(memory, &map, GST_MAP_WRITE)) {
    for (size_t i = 0; i < payload; ++i)
      map.data[i] = static_cast<uint8_t>(sequence + i);
    // A VP8 payload descriptor that says "start of partition 0" keeps depayloaders content.
    map.data[0] = 0x10;
    gst_memory_unmap(memory, &map);
  }
  gst_buffer_append_memory(packet, memory);
  return packet;
}

// Frames in sequence, one call each.
class FrameMaker {
 public:
  explicit FrameMaker(RtpFormat format, unsigned packets = 3)
      : format_(std::move(format)), packets_(packets) {}

  RtpFrame make(bool keyframe, GstClockTime time) {
    RtpFrame frame;
    frame.packets = adopt(gst_buffer_list_new());
    frame.keyframe = keyframe;
    frame.time = time;
    auto timestamp = static_cast<uint32_t>(
        gst_util_uint64_scale(time, static_cast<guint64>(format_.clock_rate), GST_SECOND));
    for (unsigned i = 0; i < packets_; ++i) {
      GstBuffer* packet = make_packet(format_, sequence_++, timestamp, i + 1 == packets_);
      GST_BUFFER_PTS(packet) = time;
      frame.bytes += gst_buffer_get_size(packet);
      gst_buffer_list_add(frame.packets.get(), packet);
    }
    return frame;
  }
  uint16_t sequence() const { return sequence_; }

 private:
  RtpFormat format_;
  unsigned packets_;
  uint16_t sequence_ = 65500;  // soon to wrap
};

}  // namespace webcast::test
