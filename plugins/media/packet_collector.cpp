#include "plugins/media/packet_collector.hpp"

#include <cstdio>

namespace webcast {
namespace {

constexpr size_t kRtpHeader = 12;

// GStreamer's macro wants aligned addresses.
uint16_t read16(const uint8_t* bytes) {
  return static_cast<uint16_t>(bytes[0] << 8 | bytes[1]);
}

// Where the payload begins (RFC 3550 section 5.1, 5.3.1); 0: this is no RTP packet.
size_t payload_offset(GstBuffer* packet) {
  uint8_t header[kRtpHeader];
  if (gst_buffer_extract(packet, 0, header, sizeof header) != sizeof header) return 0;
  size_t offset = kRtpHeader + 4 * (header[0] & 0x0fu);
  if (!(header[0] & 0x10)) return offset;
  uint8_t extension[4];
  if (gst_buffer_extract(packet, offset, extension, sizeof extension) != sizeof extension) return 0;
  return offset + 4 + 4 * read16(extension + 2);
}

bool has_marker(GstBuffer* packet) {
  uint8_t byte = 0;
  return gst_buffer_extract(packet, 1, &byte, 1) == 1 && (byte & 0x80);
}

// RFC 7741 section 4.2 and 4.3: behind the descriptor, the frame's first bit is 0 in a keyframe.
bool vp8_begins_keyframe(const uint8_t* payload, size_t size) {
  if (size < 4) return false;
  size_t at = 1;
  if (payload[0] & 0x80) {
    uint8_t fields = payload[at++];
    if (fields & 0x80) at += payload[at] & 0x80 ? 2 : 1;  // picture id
    if (fields & 0x40) at++;
    if (fields & 0x30) at++;
  }
  return at < size && !(payload[at] & 0x01);
}

}  // namespace

void PacketCollector::begin() {
  frame_ = RtpFrame();
  keyframe_known_ = false;
}

void PacketCollector::take(GstSample* sample, const std::function<void(const RtpFrame&)>& emit) {
  // Audio and PCM set the marker for other ends; each of their packets is a frame.
  bool audio = codec_kind(codec_) == MediaKind::audio;
  const GstSegment* segment = gst_sample_get_segment(sample);
  auto place = [&](GstBuffer* packet) {
    if (GST_CLOCK_TIME_IS_VALID(frame_.time)) return;
    frame_.time = gst_segment_to_running_time(segment, GST_FORMAT_TIME, GST_BUFFER_PTS(packet));
  };
  auto take_one = [&](GstBuffer* packet) {
    place(packet);
    add(packet);
    if (audio || has_marker(packet)) finish(emit);
  };
  if (GstBufferList* list = gst_sample_get_buffer_list(sample)) {
    for (guint i = 0; i < gst_buffer_list_length(list); i++)
      take_one(gst_buffer_list_get(list, i));
  } else if (GstBuffer* buffer = gst_sample_get_buffer(sample)) {
    take_one(buffer);
  }
}

void PacketCollector::add(GstBuffer* packet) {
  if (!frame_.packets) frame_.packets = adopt(gst_buffer_list_new_sized(16));
  inspect(packet);
  frame_.bytes += gst_buffer_get_size(packet);
  uint8_t sequence[2] = {};
  gst_buffer_extract(packet, 2, sequence, sizeof sequence);
  next_sequence_ = static_cast<uint16_t>(read16(sequence) + 1);
  // A buffer of our own: the memories are shared, the times are ours to write.
  GstBuffer* own = gst_buffer_copy_region(
      packet, static_cast<GstBufferCopyFlags>(GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_MEMORY), 0,
      static_cast<gsize>(-1));
  GST_BUFFER_PTS(own) = frame_.time;
  gst_buffer_list_add(frame_.packets.get(), own);
}

void PacketCollector::finish(const std::function<void(const RtpFrame&)>& emit) {
  RtpFrame frame = std::move(frame_);
  begin();
  if (frame.packets) emit(frame);
}

void PacketCollector::inspect(GstBuffer* packet) {
  if (keyframe_known_) return;
  size_t offset = payload_offset(packet);
  uint8_t payload[1500];
  size_t size = offset ? gst_buffer_extract(packet, offset, payload, sizeof payload) : 0;
  if (codec_ == Codec::h264) return inspect_h264(payload, size);
  if (codec_ == Codec::h265) return inspect_h265(payload, size);
  // The first packet tells. The buffers' flags don't: these payloaders drop the encoder's.
  keyframe_known_ = true;
  if (codec_kind(codec_) == MediaKind::audio)
    frame_.keyframe = true;
  else if (codec_ == Codec::vp8)
    frame_.keyframe = vp8_begins_keyframe(payload, size);
  else if (codec_ == Codec::vp9)
    frame_.keyframe = size > 0 && !(payload[0] & 0x40);  // P, draft-ietf-payload-vp9 section 4.2
  else
    frame_.keyframe = size > 0 && (payload[0] & 0x08);  // N, the AV1 RTP specification 4.4
}

// RFC 6184 section 5.2: single units, STAP-A (24), FU-A (28).
void PacketCollector::inspect_h264(const uint8_t* payload, size_t size) {
  if (size < 2) return;
  uint8_t type = payload[0] & 0x1f;
  if (type == 28) {
    uint8_t unit = payload[1] & 0x1f;
    on_h264_unit(&unit, 1);
  } else if (type == 24) {
    for (size_t at = 1; at + 2 < size;) {
      size_t length = read16(payload + at);
      at += 2;
      if (length == 0 || at + length > size) break;
      on_h264_unit(payload + at, length);
      at += length;
    }
  } else {
    on_h264_unit(payload, size);
  }
}

void PacketCollector::on_h264_unit(const uint8_t* unit, size_t size) {
  uint8_t type = unit[0] & 0x1f;
  if (type == 7 && size >= 4) {
    char text[7];
    std::snprintf(text, sizeof text, "%02x%02x%02x", unit[1], unit[2], unit[3]);
    profile_level_id_ = text;
  } else if (type >= 1 && type <= 5) {
    // Not any intra picture: browsers begin at an IDR only.
    frame_.keyframe = type == 5;
    keyframe_known_ = true;
  }
}

// RFC 7798 section 4.4: single units, AP (48), FU (49). IRAP pictures are the types 16 to 23.
void PacketCollector::inspect_h265(const uint8_t* payload, size_t size) {
  if (size < 3) return;
  auto on_type = [this](uint8_t type) {
    if (type >= 32) return;  // parameter sets, SEI
    frame_.keyframe = type >= 16 && type <= 23;
    keyframe_known_ = true;
  };
  uint8_t type = (payload[0] >> 1) & 0x3f;
  if (type == 49) {
    on_type(payload[2] & 0x3f);
  } else if (type == 48) {
    for (size_t at = 2; at + 2 < size && !keyframe_known_;) {
      size_t length = read16(payload + at);
      at += 2;
      if (length == 0 || at + length > size) break;
      on_type((payload[at] >> 1) & 0x3f);
      at += length;
    }
  } else {
    on_type(type);
  }
}

}  // namespace webcast
