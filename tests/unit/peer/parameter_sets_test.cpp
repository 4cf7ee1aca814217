#include "plugins/peer/parameter_sets.hpp"

#include <gst/gst.h>
#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "plugins/gst/mapped_buffer.hpp"
#include "plugins/peer/receive_chain.hpp"

namespace webcast {
namespace {

using Bytes = std::vector<uint8_t>;

// `start` with the Exp-Golomb codes of `id` and 0 behind it.
Bytes numbered(Bytes start, uint32_t id) {
  uint64_t value = uint64_t{id} + 1, bits = 1;
  while (value >> bits)
    bits++;
  std::vector<bool> code(bits - 1, false);
  for (uint64_t i = bits; i-- > 0;)
    code.push_back(value >> i & 1);
  code.push_back(true);
  code.resize((code.size() + 7) / 8 * 8 + 16, true);
  for (size_t i = 0; i < code.size(); i += 8) {
    unsigned byte = 0;
    for (size_t k = 0; k < 8; k++)
      byte = byte << 1 | code[i + k];
    start.push_back(static_cast<uint8_t>(byte));
  }
  return start;
}

Bytes h264_sps(uint32_t id) {
  return numbered({0x67, 0x42, 0xc0, 0x1f}, id);
}
Bytes h264_pps(uint32_t id) {
  return numbered({0x68}, id);
}
Bytes h265_sps(uint32_t id) {
  Bytes start(15, 0x11);
  start[0] = 33 << 1;
  return numbered(start, id);
}
Bytes h265_pps(uint32_t id) {
  return numbered({34 << 1, 1}, id);
}
Bytes together(Bytes header, const std::vector<Bytes>& units) {
  for (const Bytes& unit : units) {
    header.push_back(static_cast<uint8_t>(unit.size() >> 8));
    header.push_back(static_cast<uint8_t>(unit.size()));
    header.insert(header.end(), unit.begin(), unit.end());
  }
  return header;
}

TEST(ParameterSets, TheSameOnesComeAsOftenAsTheyLike) {
  ParameterSets h264(Codec::h264), h265(Codec::h265);
  for (uint32_t i = 0; i < 1000; i++) {
    EXPECT_TRUE(h264.take(h264_sps(i % 32)));
    EXPECT_TRUE(h264.take(h264_pps(i % 57))) << "as OpenH264 numbers them";
    EXPECT_TRUE(h265.take(h265_sps(i % 16)));
    EXPECT_TRUE(h265.take(h265_pps(i % 64)));
  }
}

TEST(ParameterSets, OtherNumbersAreRefusedFromSomeOn) {
  struct Case {
    Codec codec;
    Bytes (*make)(uint32_t);
  };
  for (auto [codec, make] : {Case{Codec::h264, h264_sps}, Case{Codec::h264, h264_pps},
                             Case{Codec::h265, h265_sps}, Case{Codec::h265, h265_pps}}) {
    ParameterSets sets(codec);
    size_t taken = 0;
    for (uint32_t id = 0; id < 20'000; id++)
      taken += sets.take(make(id * 1001));
    EXPECT_EQ(taken, ParameterSets::kMost);
    EXPECT_TRUE(sets.take(make(0))) << "what is known is";
    EXPECT_TRUE(sets.take(Bytes{0x02, 0x01, 0x80})) << "so are pictures";
  }
}

TEST(ParameterSets, AreSeenInAggregations) {
  struct Case {
    Codec codec;
    Bytes header;
    Bytes (*make)(uint32_t);
  };
  const Case cases[] = {{Codec::h264, {24}, h264_pps},
                        {Codec::h264, {25, 0, 1}, h264_sps},  // STAP-B
                        {Codec::h265, {48 << 1, 1}, h265_pps}};
  for (const Case& each : cases) {
    ParameterSets sets(each.codec);
    std::vector<Bytes> few, many;
    for (uint32_t id = 0; id <= ParameterSets::kMost; id++)
      (id < ParameterSets::kMost ? few : many).push_back(each.make(id));
    EXPECT_TRUE(sets.take(together(each.header, few)));
    EXPECT_FALSE(sets.take(together(each.header, many)));
    few.push_back(many[0]);
    EXPECT_FALSE(sets.take(together(each.header, few))) << "the last of them counts";
  }
}

// The last unit's size says more than there is: the depayloaders cut it.
TEST(ParameterSets, AreSeenWhereTheirSizeIsWrong) {
  ParameterSets sets(Codec::h264);
  bool taken = true;
  for (uint32_t id = 0; id <= ParameterSets::kMost; id++) {
    Bytes packet = together({24}, {h264_pps(id)});
    packet[1] = 0xff;
    taken = sets.take(packet);
  }
  EXPECT_FALSE(taken);
}

TEST(ParameterSets, AreNotTakenInPieces) {
  ParameterSets h264(Codec::h264), h265(Codec::h265);
  for (uint8_t fragment : {28, 29}) {
    EXPECT_FALSE(h264.take(Bytes{fragment, 0x80 | 7, 1, 2}));
    EXPECT_FALSE(h264.take(Bytes{fragment, 0x80 | 8, 1, 2}));
    EXPECT_FALSE(h264.take(Bytes{fragment}));
    EXPECT_TRUE(h264.take(Bytes{fragment, 0x80 | 5, 1, 2}));
  }
  EXPECT_FALSE(h265.take(Bytes{49 << 1, 1, 0x80 | 33, 1}));
  EXPECT_FALSE(h265.take(Bytes{49 << 1, 1, 0x80 | 34, 1}));
  EXPECT_FALSE(h265.take(Bytes{49 << 1, 1}));
  EXPECT_TRUE(h265.take(Bytes{49 << 1, 1, 0x80 | 19, 1}));
}

TEST(ParameterSets, ThoseWithoutANumberAreRefused) {
  ParameterSets h264(Codec::h264), h265(Codec::h265);
  EXPECT_FALSE(h264.take(Bytes{0x67, 0x42, 0xc0, 0x1f}));
  EXPECT_FALSE(h264.take(Bytes{0x68}));
  EXPECT_FALSE(h264.take(Bytes{0x68, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0}));
  EXPECT_FALSE(h265.take(Bytes{33 << 1, 1, 2, 3}));
}

TEST(ParameterSets, WhatIsCutOffIsNoHarm) {
  for (Codec codec : {Codec::h264, Codec::h265, Codec::vp8}) {
    ParameterSets sets(codec);
    EXPECT_TRUE(sets.take({}));
    EXPECT_TRUE(sets.take(Bytes{24}));
    EXPECT_TRUE(sets.take(Bytes{25, 0}));
    EXPECT_TRUE(sets.take(Bytes{48 << 1, 1, 0}));
    EXPECT_TRUE(sets.take(Bytes{24, 0, 0, 0, 0, 0}));
  }
}

// A receiving chain with packets of the test's own before it.
class ParameterSetsInChain : public testing::Test {
 protected:
  void SetUp() override {
    gst_init(nullptr, nullptr);
    pipeline_ = adopt(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))));
    Ref<GstElement> filter = make_element("capsfilter");
    Ref<GstCaps> form = adopt(gst_caps_from_string("video/x-h264,stream-format=avc,alignment=au"));
    g_object_set(filter.get(), "caps", form.get(), nullptr);
    auto chain = ReceiveChain::create(GST_BIN(pipeline_.get()), {.codec = Codec::h264}, {filter},
                                      [this](GstSample* sample) {
                                        if (!told_) first_.set_value(retain(sample));
                                        told_ = true;
                                      });
    ASSERT_TRUE(chain);
    chain_ = *chain;
    chain_->open();
    source_ = adopt(GST_PAD(gst_object_ref_sink(gst_pad_new("src", GST_PAD_SRC))));
    gst_pad_set_active(source_.get(), TRUE);
    ASSERT_TRUE(chain_->link(source_.get()));
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    gst_pad_push_event(source_.get(), gst_event_new_stream_start("test"));
    Ref<GstCaps> caps = adopt(gst_caps_from_string(
        "application/x-rtp,media=video,clock-rate=90000,encoding-name=H264,payload=96"));
    gst_pad_push_event(source_.get(), gst_event_new_caps(caps.get()));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(source_.get(), gst_event_new_segment(&segment));
  }
  void TearDown() override { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

  Ref<GstBuffer> packet(const Bytes& payload, uint8_t padding = 0) {
    auto sequence = sequence_++;
    Bytes bytes = {static_cast<uint8_t>(padding ? 0xa0 : 0x80),
                   0x80 | 96,
                   static_cast<uint8_t>(sequence >> 8),
                   static_cast<uint8_t>(sequence),
                   0,
                   0,
                   0,
                   0,
                   0,
                   0,
                   0,
                   1};
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    bytes.resize(bytes.size() + padding, padding);
    return adopt(gst_buffer_new_memdup(bytes.data(), bytes.size()));
  }
  void push(const Bytes& payload, uint8_t padding = 0) {
    EXPECT_EQ(gst_pad_push(source_.get(), packet(payload, padding).release()), GST_FLOW_OK);
  }
  void push_picture() { push({0x65, 0x88, 0x84, 0x21}); }
  // How many picture parameter sets the depayloader has, by the first picture's caps.
  size_t kept() {
    Ref<GstSample> sample = first_.get_future().get();
    GstStructure* caps = gst_caps_get_structure(gst_sample_get_caps(sample.get()), 0);
    MappedBuffer mapped(gst_value_get_buffer(gst_structure_get_value(caps, "codec_data")));
    auto data = mapped.bytes();
    size_t at = 6;  // ISO 14496-15 section 5.3.3.1: the sequence sets come first
    for (int left = data[5] & 0x1f; left > 0; left--)
      at += 2 + (size_t{data[at]} << 8 | data[at + 1]);
    return data[at];
  }

  Ref<GstElement> pipeline_;
  Ref<GstPad> source_;
  std::promise<Ref<GstSample>> first_;
  bool told_ = false;
  std::shared_ptr<ReceiveChain> chain_;
  uint16_t sequence_ = 0;
};

TEST_F(ParameterSetsInChain, ADepayloaderKeepsAFew) {
  push(h264_sps(0));
  for (uint32_t id = 0; id < 200; id += 2)
    push(together({24}, {h264_pps(id), h264_pps(id + 1)}));
  push_picture();
  EXPECT_EQ(kept(), ParameterSets::kMost);
}

TEST_F(ParameterSetsInChain, ADepayloaderKeepsAFewOfLists) {
  push(h264_sps(0));
  for (uint32_t id = 0; id < 200; id += 2) {
    GstBufferList* list = gst_buffer_list_new();
    gst_buffer_list_add(list, packet(h264_pps(id)).release());
    gst_buffer_list_add(list, packet(h264_pps(id + 1)).release());
    EXPECT_EQ(gst_pad_push_list(source_.get(), list), GST_FLOW_OK);
  }
  push_picture();
  EXPECT_EQ(kept(), ParameterSets::kMost);
}

TEST_F(ParameterSetsInChain, WhatPadsAPacketIsNone) {
  push(h264_sps(0));
  push(h264_pps(0));
  // 0x28 (a PPS) as size, type and number of units that an aggregation would have.
  for (int i = 0; i < 50; i++)
    push(together({24}, {Bytes{0x41, 0x9a}}), 0x28);
  push(h264_pps(1));
  push_picture();
  EXPECT_EQ(kept(), 2u);
}

}  // namespace
}  // namespace webcast
