#include "plugins/rtp/color_space.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace webcast {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t kId = 8;
// A canvas as Chromium sends it: BT.709, sRGB, BT.601 (SMPTE 170M), full range.
const Bytes kCanvas = {1, 13, 6, 0x20};

std::string text_of(const Bytes& extension) {
  auto colours = read_color_space(extension);
  if (!colours) return "none";
  std::unique_ptr<char, decltype(&g_free)> text(gst_video_colorimetry_to_string(&*colours), g_free);
  return text ? text.get() : "unknown";
}

Ref<GstBuffer> packet_with(const Bytes& extension, uint8_t id = kId) {
  Bytes packet = {0x90, 0xe0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0xbe, 0xde, 0, 2};
  packet.push_back(static_cast<uint8_t>(id << 4 | (extension.size() - 1)));
  packet.insert(packet.end(), extension.begin(), extension.end());
  packet.resize(16 + 8 + 3);  // padding, and a payload
  return adopt(gst_buffer_new_memdup(packet.data(), packet.size()));
}

class Pictures {
 public:
  explicit Pictures(const char* caps) : caps_(adopt(gst_caps_from_string(caps))) {}
  void packet(const Bytes& extension, uint8_t id = kId) {
    colours_.look_at(packet_with(extension, id).get());
  }
  Ref<GstCaps> caps() {
    Ref<GstBuffer> buffer = adopt(gst_buffer_new());
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    Ref<GstSample> sample = adopt(gst_sample_new(buffer.get(), caps_.get(), &segment, nullptr));
    Ref<GstSample> told = colours_.tell(sample.get());
    EXPECT_EQ(gst_sample_get_buffer(told.get()), buffer.get());
    EXPECT_EQ(gst_sample_get_segment(told.get())->format, GST_FORMAT_TIME);
    return retain(gst_sample_get_caps(told.get()));
  }
  std::string colorimetry() {
    const char* text =
        gst_structure_get_string(gst_caps_get_structure(caps().get(), 0), "colorimetry");
    return text ? text : "";
  }
  GstCaps* original() const { return caps_.get(); }

 private:
  const Ref<GstCaps> caps_;
  ColorSpace colours_{kId};
};

class ColorSpaceTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { gst_init(nullptr, nullptr); }
};

TEST_F(ColorSpaceTest, IsReadInEitherLengthAndNoOther) {
  EXPECT_EQ(text_of(kCanvas), "1:4:7:1");
  EXPECT_EQ(text_of({1, 1, 1, 0x10}), "bt709");
  Bytes long_one = kCanvas;
  long_one.resize(28);
  EXPECT_EQ(text_of(long_one), "1:4:7:1");
  for (size_t size = 0; size < 40; size++)
    EXPECT_EQ(read_color_space(Bytes(size, 1)).has_value(), size == 4 || size == 28) << size;
}

TEST_F(ColorSpaceTest, WhatIsNotKnownIsUnknown) {
  auto colours = read_color_space(Bytes{255, 2, 0, 0xf5});
  ASSERT_TRUE(colours);
  EXPECT_EQ(colours->primaries, GST_VIDEO_COLOR_PRIMARIES_UNKNOWN);
  EXPECT_EQ(colours->transfer, GST_VIDEO_TRANSFER_UNKNOWN);
  EXPECT_EQ(colours->matrix, GST_VIDEO_COLOR_MATRIX_UNKNOWN) << "that of RGB is none of ours";
  EXPECT_EQ(colours->range, GST_VIDEO_COLOR_RANGE_UNKNOWN);
}

TEST_F(ColorSpaceTest, IsTheCapsColorimetryUntilAnotherIsTold) {
  Pictures pictures("video/x-raw,format=I420,width=320,height=240,colorimetry=bt601");
  EXPECT_EQ(pictures.caps().get(), pictures.original()) << "nothing was told";
  pictures.packet(kCanvas);
  Ref<GstCaps> caps = pictures.caps();
  EXPECT_EQ(pictures.colorimetry(), "1:4:7:1");
  EXPECT_EQ(pictures.caps().get(), caps.get()) << "not new caps for each picture";
  pictures.packet({1, 1, 1, 0x10}, kId + 1);
  EXPECT_EQ(pictures.colorimetry(), "1:4:7:1") << "another extension";
  pictures.packet({1, 1, 1, 0x10});
  EXPECT_EQ(pictures.colorimetry(), "bt709");
}

TEST_F(ColorSpaceTest, WhatIsNotToldStaysAsTheDecoderSaid) {
  Pictures pictures("video/x-raw,format=NV12,width=320,height=240,colorimetry=bt601");
  pictures.packet({2, 2, 2, 0x20});
  EXPECT_EQ(pictures.colorimetry(), "1:4:16:4") << "full range, BT.601";
}

TEST_F(ColorSpaceTest, IsSaidOfRawPicturesWithChromaAlone) {
  for (const char* caps : {"video/x-vp8,width=320,height=240", "audio/x-raw,rate=48000",
                           "video/x-raw,format=RGB,width=320,height=240"}) {
    Pictures pictures(caps);
    pictures.packet(kCanvas);
    EXPECT_EQ(pictures.caps().get(), pictures.original()) << caps;
  }
}

}  // namespace
}  // namespace webcast
