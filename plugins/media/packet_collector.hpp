// PacketCollector: what a payloader pushes, gathered to frames.
//
// A payloader gives a frame as one list, or as several lists and single packets (H.264: parameter
// sets, then each slice); the marker bit ends it. Timestamps become those of the internal
// timeline. It also reads what only the packets tell: whether a decoder can begin here, and the
// real profile of H.264. Owned by a rendition; its streaming thread.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "plugins/rtp/rtp_format.hpp"
#include "plugins/rtp/rtp_frame.hpp"

namespace webcast {

class PacketCollector {
 public:
  PacketCollector(Codec codec, uint16_t first_sequence)
      : codec_(codec), next_sequence_(first_sequence) {}

  // Calls `emit` for each frame that this sample completes. Takes the buffers out of `sample`.
  void take(GstSample* sample, const std::function<void(const RtpFrame&)>& emit);

  // A new payloader begins: what is left of an unfinished frame is dropped.
  void begin();

  // Control thread, between two runs of the pipeline.
  uint16_t next_sequence() const { return next_sequence_; }
  // "42c01f", once an SPS was seen. Streaming thread.
  const std::string& profile_level_id() const { return profile_level_id_; }

 private:
  void add(GstBuffer* packet);
  void inspect(GstBuffer* packet);
  void inspect_h264(const uint8_t* payload, size_t size);
  void inspect_h265(const uint8_t* payload, size_t size);
  void on_h264_unit(const uint8_t* unit, size_t size);
  void finish(const std::function<void(const RtpFrame&)>& emit);

  const Codec codec_;
  std::atomic<uint16_t> next_sequence_;
  std::string profile_level_id_;
  RtpFrame frame_;
  bool keyframe_known_ = false;  // a slice of this frame was seen
};

}  // namespace webcast
