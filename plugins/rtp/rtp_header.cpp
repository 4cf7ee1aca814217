#include "plugins/rtp/rtp_header.hpp"

#include <algorithm>

#include "plugins/gst/mapped_buffer.hpp"

namespace webcast {
namespace {

constexpr size_t kFixedSize = 12;
// The longest header that is looked at: 15 contributing sources and a generous extension.
constexpr size_t kMaxHeaderSize = kFixedSize + 15 * 4 + 4 + 256;

uint16_t read16(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
uint32_t read32(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint32_t>(read16(bytes, at)) << 16 | read16(bytes, at + 2);
}
void write16(std::span<uint8_t> bytes, size_t at, uint16_t value) {
  bytes[at] = static_cast<uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<uint8_t>(value);
}
void write32(std::span<uint8_t> bytes, size_t at, uint32_t value) {
  write16(bytes, at, static_cast<uint16_t>(value >> 16));
  write16(bytes, at + 2, static_cast<uint16_t>(value));
}

// A buffer with a header of its own and the payload's memory shared.
GstBuffer* with_header(GstBuffer* packet, const std::vector<uint8_t>& header) {
  GstBuffer* result = gst_buffer_new_allocate(nullptr, header.size(), nullptr);
  gst_buffer_fill(result, 0, header.data(), header.size());
  constexpr auto kDetails = static_cast<GstBufferCopyFlags>(
      GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS | GST_BUFFER_COPY_META);
  gst_buffer_copy_into(result, packet, kDetails, 0, static_cast<gsize>(-1));
  if (gst_buffer_get_size(packet) > header.size())
    gst_buffer_copy_into(result, packet, GST_BUFFER_COPY_MEMORY, header.size(),
                         static_cast<gsize>(-1));
  return result;
}

// Where the extensions of one-byte ids begin; the header's end: there are none.
size_t extensions_of(std::span<const uint8_t> header) {
  if (header.size() < kFixedSize || !(header[0] & 0x10)) return header.size();
  size_t at = kFixedSize + (header[0] & 0x0f) * 4u;
  if (header.size() < at + 4 || read16(header, at) != 0xbede) return header.size();
  return at + 4;
}

// RFC 8285 section 4.2: `visit(id, where it begins, its bytes with the id's)` for each.
template <typename Visit>
void each_extension(std::span<const uint8_t> header, Visit visit) {
  size_t at = extensions_of(header);
  while (at < header.size()) {
    uint8_t id = header[at] >> 4;
    if (id == 0) {  // padding
      ++at;
      continue;
    }
    size_t size = 2u + (header[at] & 0x0f);
    if (id == 15 || at + size > header.size()) return;
    visit(id, at, size);
    at += size;
  }
}

bool is_identity(const std::array<uint8_t, 15>& ids) {
  for (uint8_t i = 1; i < ids.size(); ++i)
    if (ids[i] != i) return false;
  return true;
}

}  // namespace

std::optional<size_t> rtp_header_size(std::span<const uint8_t> packet) {
  if (packet.size() < kFixedSize || packet[0] >> 6 != 2) return std::nullopt;
  size_t size = kFixedSize + (packet[0] & 0x0f) * 4u;
  if (packet[0] & 0x10) {
    if (packet.size() < size + 4) return std::nullopt;
    size += 4 + read16(packet, size + 2) * 4u;
  }
  if (packet.size() < size) return std::nullopt;
  return size;
}

std::vector<uint8_t> read_rtp_header(GstBuffer* packet) {
  std::vector<uint8_t> bytes(std::min<size_t>(gst_buffer_get_size(packet), kMaxHeaderSize));
  gst_buffer_extract(packet, 0, bytes.data(), bytes.size());
  auto size = rtp_header_size(bytes);
  bytes.resize(size.value_or(0));
  return bytes;
}

std::span<const uint8_t> find_extension(std::span<const uint8_t> header, uint8_t id) {
  std::span<const uint8_t> value;
  each_extension(header, [&](uint8_t found, size_t at, size_t size) {
    if (found == id && value.empty()) value = header.subspan(at + 1, size - 1);
  });
  return value;
}

void change_rtp_header(std::span<uint8_t> header, const RtpHeaderChange& change,
                       const std::array<uint8_t, 15>& extension_ids) {
  header[1] = static_cast<uint8_t>((header[1] & 0x80) | (change.payload_type & 0x7f));
  write16(header, 2, static_cast<uint16_t>(read16(header, 2) + change.sequence_offset));
  write32(header, 4, read32(header, 4) + change.timestamp_offset);
  write32(header, 8, change.ssrc);
  each_extension(header, [&](uint8_t id, size_t at, size_t size) {
    if (extension_ids[id] == 0)
      std::fill_n(header.begin() + static_cast<ptrdiff_t>(at), size, uint8_t{0});
    else
      header[at] = static_cast<uint8_t>(extension_ids[id] << 4 | (header[at] & 0x0f));
  });
}

bool RtpRewriter::same_numbers(const RtpHeaderChange& change, uint8_t payload_type,
                               uint32_t ssrc) const {
  return change.sequence_offset == 0 && change.timestamp_offset == 0 &&
         payload_type == change.payload_type && ssrc == change.ssrc &&
         is_identity(mapping_.extension_ids);
}

void RtpRewriter::follow(const RtpFrame& frame, uint16_t sequence, uint32_t timestamp,
                         uint32_t ssrc) {
  if (!started_) {
    change_ = {mapping_.payload_type, 0, 0, mapping_.ssrc};
    started_ = true;
  } else {
    change_.sequence_offset = static_cast<uint16_t>(next_sequence_ - sequence);
    if (ssrc != source_ssrc_) {
      GstClockTime passed = GST_CLOCK_TIME_IS_VALID(frame.time) &&
                                    GST_CLOCK_TIME_IS_VALID(last_time_) && frame.time > last_time_
                                ? frame.time - last_time_
                                : 0;
      auto ticks =
          gst_util_uint64_scale(passed, static_cast<guint64>(mapping_.clock_rate), GST_SECOND);
      change_.timestamp_offset = last_timestamp_ + static_cast<uint32_t>(ticks) - timestamp;
    }
  }
  source_ssrc_ = ssrc;
  last_time_ = frame.time;
}

Ref<GstBufferList> RtpRewriter::rewrite(const RtpFrame& frame) {
  guint count = gst_buffer_list_length(frame.packets.get());
  if (count == 0) return nullptr;
  std::vector<uint8_t> header = read_rtp_header(gst_buffer_list_get(frame.packets.get(), 0));
  if (header.empty()) return nullptr;
  uint8_t payload_type = header[1] & 0x7f;
  uint16_t first = read16(header, 2);
  uint32_t timestamp = read32(header, 4), ssrc = read32(header, 8);
  follow(frame, first, timestamp, ssrc);
  next_sequence_ = static_cast<uint16_t>(first + change_.sequence_offset + count);
  last_timestamp_ = timestamp + change_.timestamp_offset;
  if (same_numbers(change_, payload_type, ssrc)) return frame.packets;

  Ref<GstBufferList> list = adopt(gst_buffer_list_new_sized(count));
  for (guint i = 0; i < count; ++i) {
    GstBuffer* packet = gst_buffer_list_get(frame.packets.get(), i);
    if (i > 0) header = read_rtp_header(packet);
    if (header.empty()) {
      next_sequence_ = static_cast<uint16_t>(next_sequence_ - count);  // none of them left
      return nullptr;
    }
    change_rtp_header(header, change_, mapping_.extension_ids);
    gst_buffer_list_add(list.get(), with_header(packet, header));
  }
  return list;
}

}  // namespace webcast
