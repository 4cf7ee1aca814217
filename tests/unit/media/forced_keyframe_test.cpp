// A forced keyframe as each encoder makes it: one frame with its parameter sets, each once.
#include <gst/rtp/gstrtpbuffer.h>
#include <gst/video/video.h>

#include <algorithm>

#include "tests/unit/media/track_fixture.hpp"

namespace webcast {
namespace {

constexpr int kParameterSet = 1, kSlice = 2, kDelimiter = 3, kOther = 4;

int kind_of_unit(Codec codec, guint8 header) {
  if (codec == Codec::h264) {
    int type = header & 0x1f;
    if (type == 9) return kDelimiter;
    return type == 7 || type == 8 ? kParameterSet : type >= 1 && type <= 5 ? kSlice : kOther;
  }
  int type = (header >> 1) & 0x3f;
  return type >= 32 && type <= 34 ? kParameterSet : type < 32 ? kSlice : kOther;
}

// What stands in a packet; of a fragmented unit its first fragment counts (RFC 6184 5.2, 7798 4.4).
void read_units(Codec codec, const guint8* payload, gsize size, std::vector<int>& units) {
  bool h264 = codec == Codec::h264;
  gsize header = h264 ? 1 : 2;
  ASSERT_GT(size, header);
  int type = h264 ? payload[0] & 0x1f : (payload[0] >> 1) & 0x3f;
  if (type == (h264 ? 28 : 49)) {
    bool begins = payload[header] & 0x80;
    guint8 unit = h264 ? payload[1] & 0x1f : (payload[2] & 0x3f) << 1;
    if (begins) units.push_back(kind_of_unit(codec, unit));
  } else if (type == (h264 ? 24 : 48)) {
    for (gsize at = header; at + 2 < size;) {
      units.push_back(kind_of_unit(codec, payload[at + 2]));
      at += 2 + (payload[at] << 8 | payload[at + 1]);
    }
  } else {
    units.push_back(kind_of_unit(codec, payload[0]));
  }
}

std::vector<int> units_of(Codec codec, const RtpFrame& frame) {
  std::vector<int> units;
  for (guint i = 0; i < gst_buffer_list_length(frame.packets.get()); i++) {
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
    EXPECT_TRUE(
        gst_rtp_buffer_map(gst_buffer_list_get(frame.packets.get(), i), GST_MAP_READ, &rtp));
    read_units(codec, static_cast<guint8*>(gst_rtp_buffer_get_payload(&rtp)),
               gst_rtp_buffer_get_payload_len(&rtp), units);
    gst_rtp_buffer_unmap(&rtp);
  }
  return units;
}

struct Case {
  Codec codec;
  const char* factory;
  int parameter_sets;
};

class ForcedKeyframe : public TrackTest, public ::testing::WithParamInterface<Case> {
 protected:
  ~ForcedKeyframe() override { g_unsetenv("GST_PLUGIN_FEATURE_RANK"); }

  // The encoder in use is the one that is asked for.
  std::shared_ptr<Held> hold_encoder() {
    auto [codec, factory, sets] = GetParam();
    if (!adopt(gst_element_factory_find(factory))) return nullptr;
    g_setenv("GST_PLUGIN_FEATURE_RANK", (std::string(factory) + ":MAX").c_str(), TRUE);
    auto held = hold({codec}, only({h264("42e01f"), {Codec::h265, {}}}));
    EXPECT_EQ(held->error, "");
    EXPECT_EQ(encoders_.front(), factory);
    return held;
  }

  static void expect_whole_frames(const std::vector<RtpFrame>& frames) {
    for (const RtpFrame& frame : frames) {
      auto units = units_of(GetParam().codec, frame);
      EXPECT_GE(std::count(units.begin(), units.end(), kSlice), 1);
      EXPECT_EQ(std::count(units.begin(), units.end(), kDelimiter), 0);
      EXPECT_EQ(std::count(units.begin(), units.end(), kParameterSet),
                frame.keyframe ? GetParam().parameter_sets : 0);
    }
  }
};

const char* const kTestPicture =
    "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1";

TEST_P(ForcedKeyframe, IsOneFrameWithEachParameterSetOnce) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto held = hold_encoder();
  if (!held) GTEST_SKIP() << GetParam().factory << " is not installed";
  for (size_t keyframes = 2; keyframes < 5; keyframes++) {
    held->sink->wait_for_frames(held->sink->count() + 2);
    control_.call([this] { track().force_keyframe(); });
    held->sink->wait_for_keyframes(keyframes);
  }
  held->sink->wait_for_frames(held->sink->count() + 2);
  expect_whole_frames(held->sink->frames());
}

// An application may ask the encoder itself, for headers too.
TEST_P(ForcedKeyframe, IsNoOtherWhenAnApplicationAsksForHeaders) {
  Ref<GstElement> encoder;
  on_encoder_ = [&](GstElement* element) { encoder = retain(element); };
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto held = hold_encoder();
  if (!held) GTEST_SKIP() << GetParam().factory << " is not installed";
  held->sink->wait_for_frames(4);
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(encoder.get(), "src"));
  size_t before = held->sink->keyframes();
  gst_pad_send_event(pad.get(),
                     gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 7));
  held->sink->wait_for_keyframes(before + 1);
  held->sink->wait_for_frames(held->sink->count() + 2);
  expect_whole_frames(held->sink->frames());
}

INSTANTIATE_TEST_SUITE_P(Each, ForcedKeyframe,
                         ::testing::Values(Case{Codec::h264, "x264enc", 2},
                                           Case{Codec::h264, "openh264enc", 2},
                                           Case{Codec::h265, "x265enc", 3}),
                         [](const auto& one) { return std::string(one.param.factory); });

}  // namespace
}  // namespace webcast
