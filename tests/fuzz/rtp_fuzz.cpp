// Rewriting RTP headers for a viewer: whatever packets an encoded input brought, what leaves has
// the viewer's numbers without a gap, its extensions alone, and the same payload. And reading those
// of received packets.
#include "plugins/gst/mapped_buffer.hpp"
#include "plugins/peer/parameter_sets.hpp"
#include "plugins/rtp/color_space.hpp"
#include "plugins/rtp/rtp_header.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/fuzz/hex.hpp"

using namespace webcast;

namespace {

constexpr RtpMapping kMapping{.ssrc = 0x11223344,
                              .payload_type = 101,
                              .extension_ids = {0, 5, 0, 1, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};

// In two memories, cut anywhere.
GstBuffer* buffer_of(const std::vector<uint8_t>& bytes, size_t cut) {
  GstBuffer* buffer = gst_buffer_new();
  for (auto piece : {std::span(bytes).first(cut), std::span(bytes).subspan(cut)}) {
    if (piece.empty()) continue;
    GstMemory* memory = gst_allocator_alloc(nullptr, piece.size(), nullptr);
    GstMapInfo info;
    if (gst_memory_map(memory, &info, GST_MAP_WRITE)) {
      std::copy(piece.begin(), piece.end(), info.data);
      gst_memory_unmap(memory, &info);
    }
    gst_buffer_append_memory(buffer, memory);
  }
  return buffer;
}

class Viewer {
 public:
  void frame(const std::vector<std::vector<uint8_t>>& packets, GstClockTime time) {
    RtpFrame frame;
    frame.packets = adopt(gst_buffer_list_new());
    frame.time = time;
    for (const auto& packet : packets)
      gst_buffer_list_add(frame.packets.get(),
                          buffer_of(packet, packet.empty() ? 0 : packet[0] % packet.size()));
    auto out = rewriter_.rewrite(frame);
    if (!out) return;
    WEBCAST_EXPECT(gst_buffer_list_length(out.get()) == packets.size());
    for (size_t i = 0; i < packets.size(); i++) {
      MappedBuffer mapped(gst_buffer_list_get(out.get(), static_cast<guint>(i)));
      check(mapped.bytes(), packets[i]);
      auto offset = static_cast<uint16_t>(sequence(mapped.bytes()) - sequence(packets[i]));
      if (i == 0) {
        WEBCAST_EXPECT(!started_ || sequence(mapped.bytes()) == next_);
        offset_ = offset;
        next_ = static_cast<uint16_t>(sequence(mapped.bytes()) + packets.size());
      }
      WEBCAST_EXPECT(offset == offset_);
    }
    started_ = true;
    // The shared packets are as they were.
    for (size_t i = 0; i < packets.size(); i++) {
      MappedBuffer mapped(gst_buffer_list_get(frame.packets.get(), static_cast<guint>(i)));
      WEBCAST_EXPECT(std::equal(packets[i].begin(), packets[i].end(), mapped.bytes().begin(),
                                mapped.bytes().end()));
    }
  }

 private:
  static uint16_t sequence(std::span<const uint8_t> packet) {
    return static_cast<uint16_t>(packet[2] << 8 | packet[3]);
  }
  static void check(std::span<const uint8_t> out, std::span<const uint8_t> in) {
    auto size = rtp_header_size(in);
    WEBCAST_EXPECT(size && out.size() == in.size() && rtp_header_size(out) == size);
    WEBCAST_EXPECT(std::equal(out.begin() + static_cast<long>(*size), out.end(),
                              in.begin() + static_cast<long>(*size)));
    WEBCAST_EXPECT(out[0] == in[0] && (out[1] & 0x80) == (in[1] & 0x80));
    WEBCAST_EXPECT((out[1] & 0x7f) == kMapping.payload_type);
    WEBCAST_EXPECT(out[8] == 0x11 && out[9] == 0x22 && out[10] == 0x33 && out[11] == 0x44);
  }

  RtpRewriter rewriter_{kMapping};
  bool started_ = false;
  uint16_t next_ = 0, offset_ = 0;
};

// What a header says is read within it, and a picture's colours are none or some.
void read_extensions(const std::vector<uint8_t>& packet) {
  auto size = rtp_header_size(packet);
  if (!size) return;
  std::span header = std::span(packet).first(*size);
  for (uint8_t id = 0; id < 16; id++) {
    auto extension = find_extension(header, id);
    auto colours = read_color_space(extension);
    WEBCAST_EXPECT(!colours || extension.size() == 4 || extension.size() == 28);
    if (extension.empty()) continue;
    WEBCAST_EXPECT(id > 0 && id < 15 && extension.size() <= 16);
    WEBCAST_EXPECT(extension.data() > header.data() &&
                   extension.data() + extension.size() <= header.data() + header.size());
  }
}

// Within its bounds: the sanitizers tell.
void read_parameter_sets(const std::vector<uint8_t>& packet) {
  auto size = rtp_header_size(packet);
  for (Codec codec : {Codec::h264, Codec::h265})
    if (size) ParameterSets(codec).take(std::span(packet).subspan(*size));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool initialized = (gst_init(nullptr, nullptr), true);
  if (!initialized) return 0;
  // A packet a line; an empty line ends a frame.
  const std::string text = test::text_of(data, size);
  Viewer viewer;
  std::vector<std::vector<uint8_t>> packets;
  GstClockTime time = GST_SECOND;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    auto packet = test::bytes_of(data + begin, end - begin);
    begin = end + 1;
    read_extensions(packet);
    read_parameter_sets(packet);
    if (!packet.empty()) {
      packets.push_back(std::move(packet));
      if (begin <= text.size()) continue;
    }
    viewer.frame(packets, time);
    packets.clear();
    time += 33 * GST_MSECOND;
  }
  return 0;
}
