#include "plugins/rtp/rtp_header.hpp"

#include <gtest/gtest.h>

#include "plugins/gst/mapped_buffer.hpp"
#include "tests/unit/rtp/frames.hpp"

namespace webcast::test {
namespace {

RtpFormat format_with_extensions() {
  RtpFormat format;
  format.ssrc = 0xaabbccdd;
  format.transport_cc_id = 3;
  format.playout_delay_id = 5;
  return format;
}

RtpMapping same_mapping(const RtpFormat& format) {
  RtpMapping mapping;
  mapping.ssrc = format.ssrc;
  mapping.payload_type = format.payload_type;
  return mapping;
}

std::vector<uint8_t> bytes_of(GstBuffer* buffer) {
  MappedBuffer mapped(buffer);
  return {mapped.bytes().begin(), mapped.bytes().end()};
}
std::vector<uint8_t> packet(const Ref<GstBufferList>& list, guint index) {
  return bytes_of(gst_buffer_list_get(list.get(), index));
}
uint16_t sequence(const std::vector<uint8_t>& bytes) {
  return static_cast<uint16_t>(bytes[2] << 8 | bytes[3]);
}
uint32_t word(const std::vector<uint8_t>& bytes, size_t at) {
  return static_cast<uint32_t>(bytes[at]) << 24 | static_cast<uint32_t>(bytes[at + 1]) << 16 |
         static_cast<uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
}

TEST(RtpHeader, SizeCountsSourcesAndExtension) {
  std::vector<uint8_t> plain(12, 0);
  plain[0] = 0x80;
  EXPECT_EQ(rtp_header_size(plain), 12u);
  plain[0] = 0x82;
  EXPECT_EQ(rtp_header_size(plain), std::nullopt);
  plain.resize(20);
  EXPECT_EQ(rtp_header_size(plain), 20u);
  plain[0] = 0x90;
  plain[15] = 1;
  EXPECT_EQ(rtp_header_size(plain), 20u);
  plain[15] = 2;
  EXPECT_EQ(rtp_header_size(plain), std::nullopt);
  plain[0] = 0x40;
  EXPECT_EQ(rtp_header_size(plain), std::nullopt);
  EXPECT_EQ(rtp_header_size({}), std::nullopt);
}

TEST(RtpHeader, AnExtensionIsFoundByItsIdAndOnlyWithinTheHeader) {
  std::vector<uint8_t> header = {0x90, 0x60, 0,    1,    0,    0,    0,    0,    0, 0,
                                 0,    7,    0xbe, 0xde, 0,    3,    0x10, 0xaa, 0, 0,
                                 0x31, 0xbb, 0xcc, 0x82, 0xdd, 0xee, 0xff, 0x00};
  auto found = [&](uint8_t id) {
    auto bytes = find_extension(header, id);
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
  };
  using Bytes = std::vector<uint8_t>;
  EXPECT_EQ(found(1), Bytes{0xaa});
  EXPECT_EQ(found(3), (Bytes{0xbb, 0xcc}));
  EXPECT_EQ(found(8), (Bytes{0xdd, 0xee, 0xff}));
  EXPECT_EQ(found(2), Bytes{});
  EXPECT_EQ(found(0), Bytes{}) << "padding";
  header[23] = 0x85;
  EXPECT_EQ(found(8), Bytes{}) << "longer than the header";
  EXPECT_EQ(found(3), (Bytes{0xbb, 0xcc}));
  header[16] = 0xf0;
  EXPECT_EQ(found(3), Bytes{}) << "behind an id that ends the list";
  header[16] = 0x10;
  header[12] = 0x10;
  EXPECT_EQ(found(1), Bytes{}) << "another form";
  header.resize(15);
  EXPECT_EQ(found(1), Bytes{});
  EXPECT_TRUE(find_extension({}, 1).empty());
}

TEST(RtpRewriter, HandsAFrameThroughUntouchedWhenNothingDiffers) {
  RtpFormat format = format_with_extensions();
  FrameMaker maker(format);
  RtpRewriter rewriter(same_mapping(format));
  for (int i = 0; i < 3; ++i) {
    RtpFrame frame = maker.make(true, static_cast<GstClockTime>(i) * GST_SECOND);
    EXPECT_EQ(rewriter.rewrite(frame).get(), frame.packets.get());
  }
}

TEST(RtpRewriter, ChangesTheHeaderAloneAndSharesThePayload) {
  RtpFormat format = format_with_extensions();
  FrameMaker maker(format);
  RtpMapping mapping = same_mapping(format);
  mapping.payload_type = 102;
  RtpRewriter rewriter(mapping);
  RtpFrame frame = maker.make(true, GST_SECOND);
  auto list = rewriter.rewrite(frame);
  ASSERT_TRUE(list);
  ASSERT_EQ(gst_buffer_list_length(list.get()), 3u);
  for (guint i = 0; i < 3; ++i) {
    // Before any mapping, which would merge the memories.
    GstBuffer* original = gst_buffer_list_get(frame.packets.get(), i);
    GstBuffer* changed = gst_buffer_list_get(list.get(), i);
    EXPECT_EQ(gst_buffer_peek_memory(original, 1), gst_buffer_peek_memory(changed, 1));
    EXPECT_EQ(GST_BUFFER_PTS(changed), GST_SECOND);
    std::vector<uint8_t> before = packet(frame.packets, i), after = packet(list, i);
    EXPECT_EQ(after[1] & 0x7f, 102);
    EXPECT_EQ(after[1] & 0x80, before[1] & 0x80);
    before[1] = after[1];
    EXPECT_EQ(before, after);
  }
}

TEST(RtpRewriter, CutsAPacketThatIsOneMemory) {
  RtpFormat format = format_with_extensions();
  RtpMapping mapping = same_mapping(format);
  mapping.payload_type = 102;
  RtpRewriter rewriter(mapping);
  RtpFrame parts = FrameMaker(format, 1).make(true, 0);
  std::vector<uint8_t> bytes = packet(parts.packets, 0);
  GstBuffer* whole = gst_buffer_new_allocate(nullptr, bytes.size(), nullptr);
  gst_buffer_fill(whole, 0, bytes.data(), bytes.size());
  RtpFrame frame;
  frame.packets = adopt(gst_buffer_list_new());
  gst_buffer_list_add(frame.packets.get(), whole);
  auto list = rewriter.rewrite(frame);
  ASSERT_TRUE(list);
  bytes[1] = static_cast<uint8_t>((bytes[1] & 0x80) | 102);
  EXPECT_EQ(packet(list, 0), bytes);
}

TEST(RtpRewriter, ClosesUpWhatWasLeftOut) {
  RtpFormat format = format_with_extensions();
  FrameMaker maker(format);
  RtpRewriter rewriter(same_mapping(format));
  uint16_t expected = maker.sequence();
  for (int i = 0; i < 40; ++i) {  // past the wrap of the sequence numbers
    RtpFrame frame = maker.make(true, static_cast<GstClockTime>(i) * GST_MSECOND);
    if (i % 3 == 1) continue;
    auto list = rewriter.rewrite(frame);
    for (guint k = 0; k < 3; ++k)
      EXPECT_EQ(sequence(packet(list, k)), expected++);
  }
}

TEST(RtpRewriter, MapsExtensionIdsAndPadsTheUnknown) {
  RtpFormat format = format_with_extensions();
  RtpMapping mapping = same_mapping(format);
  mapping.extension_ids[3] = 9;
  mapping.extension_ids[5] = 0;
  RtpRewriter rewriter(mapping);
  RtpFrame frame = FrameMaker(format, 1).make(true, 0);
  std::vector<uint8_t> before = packet(frame.packets, 0);
  std::vector<uint8_t> after = packet(rewriter.rewrite(frame), 0);
  ASSERT_EQ(after.size(), before.size());
  EXPECT_EQ(after[16], 9 << 4 | 1);
  for (size_t i = 19; i < 24; ++i)
    EXPECT_EQ(after[i], 0) << i;
  EXPECT_TRUE(std::equal(before.begin() + 24, before.end(), after.begin() + 24));
}

TEST(RtpRewriter, GoesOnWithAnotherSource) {
  RtpFormat first = format_with_extensions(), second = first;
  second.ssrc = 0x12345678;
  second.payload_type = 99;
  RtpRewriter rewriter(same_mapping(first));
  auto before = packet(rewriter.rewrite(FrameMaker(first, 1).make(true, GST_SECOND)), 0);
  FrameMaker other(second, 1);
  other.make(true, 0);
  auto after = packet(rewriter.rewrite(other.make(true, 2 * GST_SECOND)), 0);
  EXPECT_EQ(sequence(after), static_cast<uint16_t>(sequence(before) + 1));
  EXPECT_EQ(word(after, 4), word(before, 4) + 90000);
  EXPECT_EQ(word(after, 8), first.ssrc);
  EXPECT_EQ(after[1] & 0x7f, first.payload_type);
}

TEST(RtpRewriter, RefusesWhatIsNotRtp) {
  RtpRewriter rewriter{RtpMapping{}};
  RtpFrame frame;
  frame.packets = adopt(gst_buffer_list_new());
  EXPECT_FALSE(rewriter.rewrite(frame));
  GstBuffer* junk = gst_buffer_new_allocate(nullptr, 5, nullptr);
  gst_buffer_memset(junk, 0, 0xff, 5);
  gst_buffer_list_add(frame.packets.get(), junk);
  EXPECT_FALSE(rewriter.rewrite(frame));
}

TEST(RtpRewriter, LeavesNoGapForAFrameItRefused) {
  RtpFormat format{.ssrc = 7};
  FrameMaker maker(format);
  RtpRewriter rewriter{RtpMapping{.ssrc = 9}};
  auto before = packet(rewriter.rewrite(maker.make(true, GST_SECOND)), 2);
  RtpFrame broken = maker.make(false, 2 * GST_SECOND);
  gst_buffer_list_add(broken.packets.get(), gst_buffer_new_allocate(nullptr, 5, nullptr));
  EXPECT_FALSE(rewriter.rewrite(broken));
  auto after = packet(rewriter.rewrite(maker.make(false, 3 * GST_SECOND)), 0);
  EXPECT_EQ(sequence(after), static_cast<uint16_t>(sequence(before) + 1));
}

TEST(RtpHeader, SurvivesAnyExtensionBytes) {
  std::array<uint8_t, 15> ids{};
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::vector<uint8_t> header(12 + 4 + 16);
    for (size_t i = 16; i < header.size(); ++i)
      header[i] = static_cast<uint8_t>((seed * 2654435761u + i * 40503u) >> (i % 13));
    header[0] = 0x90;
    header[12] = 0xbe;
    header[13] = 0xde;
    header[15] = 4;
    change_rtp_header(header, {}, ids);
  }
}

}  // namespace
}  // namespace webcast::test

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
