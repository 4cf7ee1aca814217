// The parts of media/ that need no pipeline: governor, geometry, choice, rate.
#include <gtest/gtest.h>

#include "plugins/gst/mapped_buffer.hpp"
#include "plugins/media/choice.hpp"
#include "plugins/media/codecs/geometry.hpp"
#include "plugins/media/codecs/h264_delimiter.hpp"
#include "plugins/media/frame_rate.hpp"
#include "plugins/media/governor.hpp"
#include "plugins/media/rate_meter.hpp"

namespace webcast {
namespace {

using namespace std::chrono_literals;

TEST(Governor, ForcesTheFirstRequestAtOnce) {
  KeyframeGovernor governor;
  EXPECT_TRUE(governor.request(1000ms).force);
}

TEST(Governor, OneKeyframeForTwoHundredJoins) {
  KeyframeGovernor governor;
  int forced = 0;
  for (int i = 0; i < 200; i++)
    forced += governor.request(1000ms + std::chrono::milliseconds(i)).force;
  EXPECT_EQ(forced, 1);
  governor.keyframe_seen();
  EXPECT_FALSE(governor.poll(1500ms).force);
}

TEST(Governor, AtMostTwoForACrowdThatJoinsWithinASecond) {
  KeyframeGovernor governor;
  int forced = 0;
  std::optional<KeyframeGovernor::Time> again;
  for (auto now = 0ms; now < 1000ms; now += 5ms) {
    auto decision = again && now >= *again ? governor.poll(now) : governor.request(now);
    if (decision.force) governor.keyframe_seen();
    forced += decision.force;
    again = decision.again;
  }
  EXPECT_LE(forced, 2);
}

TEST(Governor, AnswersALateRequestAtTheEndOfTheWindow) {
  KeyframeGovernor governor;
  EXPECT_TRUE(governor.request(0ms).force);
  governor.keyframe_seen();
  auto late = governor.request(100ms);
  EXPECT_FALSE(late.force);
  ASSERT_TRUE(late.again);
  EXPECT_EQ(*late.again, 500ms);
  EXPECT_TRUE(governor.poll(500ms).force);
}

TEST(Governor, MergesRequestsWhileAKeyframeIsOnItsWay) {
  KeyframeGovernor governor;
  EXPECT_TRUE(governor.request(0ms).force);
  EXPECT_FALSE(governor.request(20ms).force);
  governor.keyframe_seen();
  EXPECT_FALSE(governor.poll(500ms).force);
}

TEST(Governor, RepeatsARequestThatTheEncoderIgnored) {
  KeyframeGovernor governor;
  EXPECT_TRUE(governor.request(0ms).force);
  EXPECT_TRUE(governor.poll(500ms).force);
  EXPECT_TRUE(governor.poll(1000ms).force);
  governor.keyframe_seen();
  EXPECT_FALSE(governor.poll(1500ms).force);
  EXPECT_FALSE(governor.poll(1500ms).again);
}

TEST(Governor, AKeyframeThatComesByItselfIsNotCounted) {
  KeyframeGovernor governor;
  governor.keyframe_seen();
  EXPECT_TRUE(governor.request(10ms).force);
}

GstVideoInfo picture(int width, int height, int par_n = 1, int par_d = 1) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, width, height);
  info.par_n = par_n;
  info.par_d = par_d;
  return info;
}

TEST(Geometry, H264LosesTheOddLine) {
  Geometry plan = plan_geometry(picture(641, 481), Codec::h264);
  EXPECT_FALSE(plan.scale);
  EXPECT_EQ(plan.crop_right, 1);
  EXPECT_EQ(plan.crop_bottom, 1);
  EXPECT_EQ(plan.width, 640);
  EXPECT_EQ(plan.height, 480);
}

TEST(Geometry, Vp8KeepsOddSizes) {
  Geometry plan = plan_geometry(picture(641, 481), Codec::vp8);
  EXPECT_EQ(plan.crop_right, 0);
  EXPECT_EQ(plan.width, 641);
}

TEST(Geometry, PixelsBecomeSquare) {
  Geometry wide = plan_geometry(picture(720, 576, 16, 15), Codec::h264);
  EXPECT_TRUE(wide.scale);
  EXPECT_EQ(wide.width, 768);
  EXPECT_EQ(wide.height, 576);
  Geometry narrow = plan_geometry(picture(720, 480, 8, 9), Codec::vp8);
  EXPECT_EQ(narrow.width, 720);
  EXPECT_EQ(narrow.height, 540);
}

TEST(Geometry, TinyPicturesAreEnlarged) {
  Geometry plan = plan_geometry(picture(1, 3), Codec::h264);
  EXPECT_EQ(plan.width, 16);
  EXPECT_EQ(plan.height, 16);
}

CodecCapability h264(const char* profile) {
  return {Codec::h264, {{"profile-level-id", profile}, {"packetization-mode", "1"}}};
}

class ChoiceOf : public ::testing::Test {
 protected:
  Result<Choice> make(std::vector<CodecCapability> viewer) {
    ViewerCodecs codecs{true, std::move(viewer)};
    return choose({input, preference, codecs, transcode,
                   [this](Codec codec) { return codec != unmakable; }, [](Codec) { return true; }});
  }
  Result<Choice> make_untold() {
    return choose({input, preference, ViewerCodecs{}, transcode,
                   [this](Codec codec) { return codec != unmakable; }, [](Codec) { return true; }});
  }
  static InputInfo encoded(const char* profile) {
    InputInfo info;
    info.known = true;
    info.codec = Codec::h264;
    info.parameters = {{"profile-level-id", profile}, {"packetization-mode", "1"}};
    return info;
  }
  InputInfo input{.known = true};
  std::vector<Codec> preference{Codec::h264, Codec::vp8};
  Transcode transcode = Transcode::automatic;
  Codec unmakable = Codec::av1;
};

TEST_F(ChoiceOf, TheFirstCodecThatBothHave) {
  EXPECT_EQ(make({{Codec::vp8, {}}, h264("42e01f")})->name(), "h264");
  EXPECT_EQ(make({{Codec::vp8, {}}})->name(), "vp8");
  unmakable = Codec::h264;
  EXPECT_EQ(make({{Codec::vp8, {}}, h264("42e01f")})->name(), "vp8");
}

TEST_F(ChoiceOf, NothingInCommonSaysWhatThereIs) {
  auto choice = make({{Codec::vp9, {}}});
  ASSERT_FALSE(choice);
  EXPECT_NE(choice.error().sentence.find("H264, VP8"), std::string::npos);
}

TEST_F(ChoiceOf, WhoDoesNotTellWhatItHasGetsTheFirstThatCanBeMade) {
  EXPECT_EQ(make_untold()->name(), "h264");
  preference = {Codec::vp9, Codec::vp8};
  EXPECT_EQ(make_untold()->name(), "vp9");
  preference = {Codec::av1, Codec::h265};
  EXPECT_EQ(make_untold()->name(), "h265") << "no encoder of AV1 here";
  preference = {Codec::av1};
  EXPECT_FALSE(make_untold());
}

TEST_F(ChoiceOf, WhoDoesNotTellGetsAnEncodedInputAsItIsWhereNothingElseIsSurer) {
  input = encoded("42e01f");
  input.codec = Codec::vp9;
  input.parameters = {};
  EXPECT_EQ(make_untold()->name(), "h264") << "surer than VP9";
  preference = {Codec::vp9};
  EXPECT_EQ(make_untold()->name(), "vp9-passthrough");
  input.parameters = {{"profile-id", "2"}};
  EXPECT_EQ(make_untold()->name(), "vp9") << "10 bits are less sure than what is made here";
  transcode = Transcode::never;
  EXPECT_EQ(make_untold()->name(), "vp9-passthrough");
  input.obstacle = "B frames";
  EXPECT_FALSE(make_untold());
}

TEST_F(ChoiceOf, EncodedInputPassesThroughWhateverThePreference) {
  input = encoded("42e01f");
  preference = {Codec::vp8, Codec::h264};
  EXPECT_EQ(make({{Codec::vp8, {}}, h264("42e01f")})->name(), "h264-passthrough");
}

TEST_F(ChoiceOf, AProfileThatTheViewerLacksIsTranscoded) {
  input = encoded("640028");
  EXPECT_EQ(make({h264("42e01f")})->name(), "h264");
  EXPECT_EQ(make({h264("640c1f"), h264("64001f")})->name(), "h264-passthrough");
}

TEST_F(ChoiceOf, TranscodeNeverSaysWhyNot) {
  transcode = Transcode::never;
  input = encoded("640028");
  auto profile = make({h264("42e01f")});
  ASSERT_FALSE(profile);
  EXPECT_NE(profile.error().sentence.find("640028"), std::string::npos);
  EXPECT_NE(profile.error().sentence.find("transcode=never"), std::string::npos);
  input = encoded("42e01f");
  input.obstacle = "it has B-frames";
  auto reordered = make({h264("42e01f")});
  ASSERT_FALSE(reordered);
  EXPECT_NE(reordered.error().sentence.find("it has B-frames"), std::string::npos);
}

TEST_F(ChoiceOf, ALevelIsNoReasonToLeaveAPassThrough) {
  EXPECT_FALSE(breaks_pass_through(encoded("42e01f"), encoded("42e028")));
  EXPECT_TRUE(breaks_pass_through(encoded("42e01f"), encoded("640028")));
  InputInfo with_b_frames = encoded("42e01f");
  with_b_frames.obstacle = "it has B-frames";
  EXPECT_TRUE(breaks_pass_through(encoded("42e01f"), with_b_frames));
}

TEST(RateMeter, CountsTheLastSecond) {
  RateMeter meter;
  for (int i = 0; i < 20; i++)
    meter.add(i * 100'000, 125);
  EXPECT_EQ(meter.bits_per_second(1'900'000), 10'000u);
  EXPECT_EQ(meter.frames_per_second(1'900'000), 10u);
  EXPECT_EQ(meter.bits_per_second(10'000'000), 0u);
}

Ref<GstBuffer> buffer_of(const std::vector<uint8_t>& bytes) {
  Ref<GstBuffer> buffer = adopt(gst_buffer_new_memdup(bytes.data(), bytes.size()));
  GST_BUFFER_PTS(buffer.get()) = 7 * GST_SECOND;
  return buffer;
}

std::vector<uint8_t> stripped(const std::vector<uint8_t>& bytes) {
  Ref<GstBuffer> rest = without_delimiter(buffer_of(bytes).get());
  EXPECT_EQ(GST_BUFFER_PTS(rest.get()), 7 * GST_SECOND);
  MappedBuffer mapped(rest.get());
  return {mapped.bytes().begin(), mapped.bytes().end()};
}

TEST(Delimiter, IsTakenFromTheFrontOfAnAccessUnit) {
  const std::vector<uint8_t> slice = {0, 0, 0, 1, 0x41, 0x9a, 0x01};
  std::vector<uint8_t> unit = {0, 0, 0, 1, 9, 0x30};
  unit.insert(unit.end(), slice.begin(), slice.end());
  EXPECT_EQ(stripped(unit), slice);
  unit.erase(unit.begin());  // the short start code
  EXPECT_EQ(stripped(unit), slice);
}

TEST(Delimiter, WhatHasNoneOrIsBrokenStaysAsItIs) {
  for (const std::vector<uint8_t>& unit : {std::vector<uint8_t>{0, 0, 0, 1, 0x67, 0x42, 0xc0},
                                           {0, 0, 0, 1, 9},
                                           {0, 0, 0, 1, 9, 0x30},
                                           {0, 0, 1, 9, 0x30, 0xff, 0xff, 0xff},
                                           {1, 2, 3}})
    EXPECT_EQ(stripped(unit), unit);
}

// Feeds pictures of a steady rate; whether the rate was told anew meanwhile.
bool feed(FrameRate& rate, GstClockTime& time, double per_second, int count) {
  bool changed = false;
  for (int i = 0; i < count; i++) {
    time += static_cast<GstClockTime>(GST_SECOND / per_second);
    changed = rate.add(time) || changed;
  }
  return changed;
}

TEST(FrameRate, AClaimThatHoldsStays) {
  for (double claimed : {5.0, 24.0, 30000.0 / 1001, 60.0}) {
    FrameRate rate;
    GstClockTime time = 0;
    rate.begin(claimed);
    EXPECT_FALSE(feed(rate, time, claimed, 2000));
    EXPECT_EQ(rate.rate(), claimed);
  }
}

TEST(FrameRate, WhatNobodyMeansIsTheUsualRateUntilPicturesCome) {
  for (double claimed : {0.0, 90000.0, 1000.0}) {
    FrameRate rate;
    rate.begin(claimed);
    EXPECT_EQ(rate.rate(), 30);
  }
}

TEST(FrameRate, GoesUpWithinASecondAndDownAfterTen) {
  FrameRate rate;
  GstClockTime time = 0;
  rate.begin(1);
  EXPECT_TRUE(feed(rate, time, 30, 32));
  EXPECT_EQ(rate.rate(), 30);
  EXPECT_FALSE(feed(rate, time, 5, 40));
  EXPECT_TRUE(feed(rate, time, 5, 20));
  EXPECT_NEAR(rate.rate(), 5, 1);
}

TEST(FrameRate, ASourceThatShowsChangesOnlyIsNotSlowedDown) {
  FrameRate rate;
  GstClockTime time = 0;
  rate.begin(30);
  EXPECT_FALSE(feed(rate, time, 0.5, 100));
  EXPECT_FALSE(feed(rate, time, 30, 60));
  EXPECT_FALSE(feed(rate, time, 0.1, 10));
  EXPECT_EQ(rate.rate(), 30);
}

TEST(FrameRate, TimesThatStandStillOrGoBackSayNothing) {
  FrameRate rate;
  rate.begin(25);
  for (int i = 0; i < 5000; i++)
    EXPECT_FALSE(rate.add(0));
  for (GstClockTime time = 5000; time > 0; time--)
    EXPECT_FALSE(rate.add(time * GST_MSECOND));
  EXPECT_FALSE(rate.add(GST_CLOCK_TIME_NONE));
  EXPECT_EQ(rate.rate(), 25);
}

}  // namespace
}  // namespace webcast
