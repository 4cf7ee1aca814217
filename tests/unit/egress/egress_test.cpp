#include "plugins/egress/egress.hpp"

#include <gtest/gtest.h>

#include "tests/unit/rtp/frames.hpp"

namespace webcast::test {
namespace {

class FakeOutput : public PacketOutput {
 public:
  void send(Ref<GstBufferList> packets) override {
    queued += gst_buffer_list_calculate_size(packets.get());
    for (guint i = 0; i < gst_buffer_list_length(packets.get()); ++i) {
      uint8_t bytes[4];
      gst_buffer_extract(gst_buffer_list_get(packets.get(), i), 0, bytes, 4);
      sequences.push_back(static_cast<uint16_t>(bytes[2] << 8 | bytes[3]));
    }
    lists.push_back(packets);
  }
  guint64 queued_bytes() override { return queued; }

  std::vector<Ref<GstBufferList>> lists;
  std::vector<uint16_t> sequences;
  guint64 queued = 0;
};

class EgressTest : public testing::Test {
 protected:
  EgressTest() { mapping.ssrc = format.ssrc; }
  void push(bool keyframe) { egress.push(maker.make(keyframe, time += 20 * GST_MSECOND)); }
  void open() { egress.open(mapping, output); }
  bool contiguous() const {
    for (size_t i = 1; i < output->sequences.size(); ++i)
      if (output->sequences[i] != static_cast<uint16_t>(output->sequences[i - 1] + 1)) return false;
    return true;
  }

  RtpFormat format{.ssrc = 7};
  RtpMapping mapping;
  FrameMaker maker{format};
  GstClockTime time = 0;
  int asked = 0;
  std::shared_ptr<FakeOutput> output = std::make_shared<FakeOutput>();
  Egress egress{MediaKind::video, [this] { ++asked; }, {10'000, 200 * GST_MSECOND}};
};

TEST_F(EgressTest, SendsNothingBeforeItIsOpened) {
  for (int i = 0; i < 20; ++i)
    push(i == 0);
  EXPECT_TRUE(output->lists.empty());
  EXPECT_EQ(egress.stats().packets, 0u);
}

TEST_F(EgressTest, SendsWhatItKeptSinceTheKeyframe) {
  push(false);
  push(true);
  push(false);
  push(true);
  push(false);
  push(false);
  open();
  EXPECT_EQ(output->lists.size(), 3u);
  EXPECT_EQ(asked, 0);
  push(false);
  EXPECT_EQ(output->lists.size(), 4u);
  EXPECT_TRUE(contiguous());
}

TEST_F(EgressTest, AsksForAKeyframeWhenItKeptNone) {
  push(false);
  open();
  EXPECT_EQ(asked, 1);
  push(false);
  EXPECT_TRUE(output->lists.empty());
  push(true);
  push(false);
  EXPECT_EQ(output->lists.size(), 2u);
}

TEST_F(EgressTest, KeepsNoPictureThatIsOld) {
  push(true);
  for (int i = 0; i < 11; ++i)
    push(false);  // 220 ms
  egress.prepare();
  EXPECT_EQ(asked, 1);
  open();
  EXPECT_TRUE(output->lists.empty());
  EXPECT_EQ(asked, 2);
}

TEST_F(EgressTest, PrepareAsksUnlessOneIsKept) {
  push(true);
  egress.prepare();
  EXPECT_EQ(asked, 0);
}

TEST_F(EgressTest, DropsToTheNextKeyframeWhenTheQueueIsFull) {
  push(true);
  open();
  output->queued = 10'001;
  push(false);
  EXPECT_EQ(asked, 1);
  push(false);
  EXPECT_EQ(asked, 1);  // once
  output->queued = 0;
  push(false);  // room again, but nothing that could be decoded
  EXPECT_EQ(output->lists.size(), 1u);
  push(true);
  push(false);
  EXPECT_EQ(output->lists.size(), 3u);
  EXPECT_EQ(egress.stats().dropped, 3u);
  EXPECT_TRUE(contiguous());
}

TEST_F(EgressTest, AsksAgainWhenAKeyframeFindsNoRoom) {
  push(true);
  open();
  output->queued = 10'001;
  push(false);
  push(true);
  EXPECT_EQ(asked, 2);
}

TEST_F(EgressTest, MeasuresTheQueueInTimeToo) {
  push(true);
  open();
  output->queued = 1;  // all but the last byte of the last frame left
  for (int i = 0; i < 5; ++i) {
    push(false);
    output->queued = 1;
  }
  EXPECT_EQ(egress.stats().dropped, 0u);
  // Nothing leaves for more than 200 ms.
  for (int i = 0; i < 15; ++i)
    push(false);
  EXPECT_GT(egress.stats().dropped, 0u);
  EXPECT_EQ(asked, 1);
}

TEST_F(EgressTest, PassesListsThroughWhenNumbersAgree) {
  open();
  RtpFrame frame = maker.make(true, GST_SECOND);
  egress.push(frame);
  ASSERT_EQ(output->lists.size(), 1u);
  EXPECT_EQ(output->lists[0].get(), frame.packets.get());
}

TEST_F(EgressTest, IsClosedForGood) {
  push(true);
  open();
  egress.close();
  push(true);
  open();
  push(true);
  EXPECT_EQ(output->lists.size(), 1u);
  egress.keyframe_wanted();
  EXPECT_EQ(asked, 0);
}

TEST(AudioEgress, BeginsWithTheNewestAndAsksForNothing) {
  RtpFormat format;
  format.kind = MediaKind::audio;
  FrameMaker maker(format, 1);
  int asked = 0;
  auto output = std::make_shared<FakeOutput>();
  Egress egress(MediaKind::audio, [&] { ++asked; }, {1000, 200 * GST_MSECOND});
  for (int i = 0; i < 10; ++i)
    egress.push(maker.make(true, static_cast<guint64>(i) * GST_MSECOND));
  egress.open({}, output);
  EXPECT_EQ(output->lists.size(), 1u);
  output->queued = 2000;
  egress.push(maker.make(true, 20 * GST_MSECOND));
  output->queued = 0;
  egress.push(maker.make(true, 30 * GST_MSECOND));
  EXPECT_EQ(output->lists.size(), 2u);
  EXPECT_EQ(asked, 0);
}

}  // namespace
}  // namespace webcast::test

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
