// Which encoder is taken, and what happens when it fails.
#include "plugins/media/codecs/catalogue.hpp"

#include <algorithm>

#include "plugins/media/codecs/encoder_setup.hpp"
#include "plugins/media/codecs/encoder_table.hpp"
#include "plugins/media/outlook.hpp"
#include "tests/unit/media/received.hpp"
#include "tests/unit/media/test_encoders.hpp"
#include "tests/unit/media/track_fixture.hpp"

namespace webcast {
namespace {

const char* const kTestPicture =
    "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1";

size_t position(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

class Catalogue : public TrackTest {
 protected:
  ~Catalogue() override {
    g_unsetenv("GST_PLUGIN_FEATURE_RANK");
    hide_test_encoders();
  }
};

TEST_F(Catalogue, KnownSoftwareComesInTheTablesOrder) {
  auto names = encoders_of(Codec::h264);
  ASSERT_LT(position(names, "openh264enc"), names.size());
  EXPECT_LT(position(names, "x264enc"), position(names, "openh264enc"));
  EXPECT_EQ(encoders_of(Codec::vp8).front(), "vp8enc");
  EXPECT_EQ(encoders_of(Codec::opus).front(), "opusenc");
}

TEST_F(Catalogue, UnknownHardwareComesBeforeKnownSoftware) {
  std::string name = show_test_encoder(Misbehaviour::dies_later, GST_RANK_MARGINAL);
  auto names = encoders_of(Codec::h264);
  EXPECT_LT(position(names, name), position(names, "x264enc"));
}

TEST_F(Catalogue, UnknownSoftwareComesLastWhateverItsRank) {
  std::string name = show_test_encoder(Misbehaviour::in_software);
  auto names = encoders_of(Codec::h264);
  EXPECT_GT(position(names, name), position(names, "openh264enc"));
}

TEST_F(Catalogue, TheUsersWordOnRanksCounts) {
  g_setenv("GST_PLUGIN_FEATURE_RANK", "x264enc:NONE", TRUE);
  auto demoted = encoders_of(Codec::h264);
  EXPECT_EQ(position(demoted, "x264enc"), demoted.size());
  g_setenv("GST_PLUGIN_FEATURE_RANK", "x264enc:PRIMARY, openh264enc:300", TRUE);
  auto promoted = encoders_of(Codec::h264);
  EXPECT_EQ(promoted[0], "openh264enc");
  EXPECT_EQ(promoted[1], "x264enc");
}

TEST_F(Catalogue, UnknownOnesBelowMarginalAreLeftAlone) {
  std::string name = show_test_encoder(Misbehaviour::fails_to_start, GST_RANK_NONE);
  auto names = encoders_of(Codec::h264);
  EXPECT_EQ(position(names, name), names.size());
}

TEST_F(Catalogue, ALiveEncoderIsSetUpWithoutDelay) {
  auto x264 = make_element("x264enc");
  set_up_encoder(x264.get(), {Codec::h264, EncoderPreset::realtime, 1'500'000, 1280, 720, 25});
  guint bitrate = 0, bframes = 1, gop = 0, tune = 0;
  g_object_get(x264.get(), "bitrate", &bitrate, "bframes", &bframes, "key-int-max", &gop, "tune",
               &tune, nullptr);
  EXPECT_EQ(bitrate, 1500u);
  EXPECT_EQ(bframes, 0u);
  EXPECT_EQ(gop, 250u);
  EXPECT_EQ(tune, 4u);
  auto vp8 = make_element("vp8enc");
  set_up_encoder(vp8.get(), {Codec::vp8, EncoderPreset::realtime, 1'500'000, 1280, 720, 25});
  gint target = 0, lag = 1, distance = 0;
  gint64 deadline = 0;
  gint partitions = 1;
  g_object_get(vp8.get(), "token-partitions", &partitions, nullptr);
  // More make GStreamer's receivers wait by spinning.
  EXPECT_EQ(partitions, 0);
  g_object_get(vp8.get(), "target-bitrate", &target, "lag-in-frames", &lag, "keyframe-max-dist",
               &distance, "deadline", &deadline, nullptr);
  EXPECT_EQ(target, 1'500'000);
  EXPECT_EQ(lag, 0);
  EXPECT_EQ(distance, 250);
  EXPECT_EQ(deadline, 1);
}

// A misspelt name would be skipped in silence: the encoders that are here must know all of theirs
// but those that other versions of the plugin have.
TEST_F(Catalogue, SoftwareEncodersKnowTheirSettings) {
  for (const char* factory : {"x264enc", "openh264enc", "vp8enc", "vp9enc", "av1enc", "opusenc"}) {
    const KnownEncoder* known = find_known_encoder(factory);
    ASSERT_TRUE(known);
    auto element = make_element(factory);
    ASSERT_TRUE(element) << factory;
    for (const char* settings : {known->common, known->realtime, known->quality}) {
      gchar** pairs = g_strsplit(settings, " ", -1);
      for (gchar** pair = pairs; *pair && **pair; pair++) {
        gchar** parts = g_strsplit(*pair, "=", 2);
        EXPECT_TRUE(g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), parts[0]))
            << factory << " " << parts[0];
        g_strfreev(parts);
      }
      g_strfreev(pairs);
    }
    for (const char* name : {known->bitrate, known->gop, known->threads})
      EXPECT_TRUE(!name || g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), name))
          << factory << " " << name;
  }
}

class PassedOver : public Catalogue, public ::testing::WithParamInterface<Misbehaviour> {};

TEST_P(PassedOver, TheNextEncoderTakesItsPlace) {
  std::string name = show_test_encoder(GetParam());
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto held = hold({Codec::h264});
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_frames(3);
  EXPECT_EQ(encoders_.front(), name);
  EXPECT_EQ(encoders_.back(), "x264enc");
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find(name), std::string::npos) << warnings_[0];
  EXPECT_NE(warnings_[0].find("x264enc"), std::string::npos) << warnings_[0];
}

INSTANTIATE_TEST_SUITE_P(Each, PassedOver,
                         ::testing::Values(Misbehaviour::fails_to_start, Misbehaviour::errs_at_once,
                                           Misbehaviour::stays_silent));

TEST_F(Catalogue, AnEncoderThatDiesIsStartedAgainThenReplaced) {
  std::string name = show_test_encoder(Misbehaviour::dies_later);
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto held = hold({Codec::h264});
  ASSERT_EQ(held->error, "");
  waiter_.wait([&] { return encoders_.size() >= 3; });
  EXPECT_EQ(encoders_, (std::vector<std::string>{name, name, "x264enc"}));
  size_t before = held->sink->count();
  held->sink->wait_for_frames(before + 20);
  EXPECT_EQ(held->lost, "");
  EXPECT_EQ(warnings_.size(), 2u);
  // One stream for the viewer: sequence numbers go on, and all of it can be decoded.
  auto frames = held->sink->frames();
  auto received = receive(held->format, frames);
  EXPECT_EQ(received.error, "");
  EXPECT_EQ(received.buffers, frames.size());
}

// av1enc of GStreamer 1.22 is one, and its own bound on the quantizer ends the process.
TEST_F(Catalogue, AnEncoderThatIgnoresForcedKeyframesIsStartedAgainForOne) {
  std::string name = show_test_encoder(Misbehaviour::deaf);
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto held = hold({Codec::h264});
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_frames(5);
  control_.call([this] { track().force_keyframe(); });
  held->sink->wait_for_keyframes(held->sink->keyframes() + 1);
  EXPECT_EQ(held->lost, "");
  EXPECT_EQ(warnings_, std::vector<std::string>{});
  // Once or twice: who subscribed may have asked too late for the first one.
  EXPECT_GE(encoders_.size(), 2u);
  EXPECT_EQ(encoders_, std::vector<std::string>(encoders_.size(), name));
}

// As the payloader takes it: none for AV1 is in Debian 12.
TEST_F(Catalogue, TheEncoderOfAv1Encodes) {
  auto encoder = make_element("av1enc", "encoder");
  if (!encoder) GTEST_SKIP() << "av1enc is not installed";
  set_up_encoder(encoder.get(), {Codec::av1, EncoderPreset::realtime, 500'000, 640, 360, 10});
  Ref<GstElement> pipeline = adopt(GST_ELEMENT(gst_object_ref_sink(
      gst_parse_launch("videotestsrc num-buffers=20 pattern=snow ! "
                       "video/x-raw,format=I420,width=640,height=360,framerate=10/1 ! "
                       "identity name=before  fakesink name=after",
                       nullptr))));
  gst_bin_add(GST_BIN(pipeline.get()), encoder.get());
  Ref<GstElement> before = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "before"));
  Ref<GstElement> after = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "after"));
  ASSERT_TRUE(gst_element_link_many(before.get(), encoder.get(), after.get(), nullptr));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  Ref<GstBus> bus = adopt(gst_element_get_bus(pipeline.get()));
  GstMessage* end =
      gst_bus_timed_pop_filtered(bus.get(), GST_CLOCK_TIME_NONE,
                                 static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  EXPECT_EQ(GST_MESSAGE_TYPE(end), GST_MESSAGE_EOS);
  gst_message_unref(end);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

TEST_F(Catalogue, WhenNoEncoderIsLeftTheLeaseIsToldAndTheNextOneTakesAnotherCodec) {
  g_setenv("GST_PLUGIN_FEATURE_RANK", "x264enc:0,openh264enc:0,avenc_h264_omx:0", TRUE);
  std::string name = show_test_encoder(Misbehaviour::fails_to_start);
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto held = hold({Codec::h264, Codec::vp8});
  EXPECT_NE(held->error.find(name), std::string::npos) << held->error;
  auto second = hold({Codec::h264, Codec::vp8});
  EXPECT_EQ(second->error, "");
  EXPECT_EQ(second->name, "vp8");
}

TEST_F(Catalogue, WithoutAnEncoderTheOperatorGetsThePackageOnce) {
  g_setenv("GST_PLUGIN_FEATURE_RANK", "vp8enc:0,vavp8enc:0", TRUE);
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  for (int i = 0; i < 2; i++) {
    auto refused = try_lease({Codec::vp8});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().sentence.find("gstreamer"), std::string::npos);
    EXPECT_EQ(refused.error().sentence.find("The stream is misconfigured: "), 0u);
  }
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("VP8: gstreamer1.0-plugins-good"), std::string::npos) << warnings_[0];
  EXPECT_NE(warnings_[0].find("video-codecs"), std::string::npos);
}

TEST(Decoders, ThoseForAlphaAreForStreamsThatHaveIt) {
  auto names = [](const char* caps) {
    Ref<GstCaps> asked = adopt(gst_caps_from_string(caps));
    return decoders_of(asked.get());
  };
  auto has = [](const std::vector<std::string>& list, const char* name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  EXPECT_FALSE(has(names("video/x-vp8"), "vp8alphadecodebin"));
  EXPECT_TRUE(has(names("video/x-vp8"), "vp8dec"));
  EXPECT_TRUE(has(names("video/x-vp8,codec-alpha=true"), "vp8alphadecodebin"));
}

// No codec is preferred, so none can be made, whatever is installed.
Outlook without_encoders(const char* coming) {
  Ref<GstCaps> caps = adopt(gst_caps_from_string(coming));
  return outlook_of("video_0", MediaKind::video, caps.get(), {});
}

TEST(Outlook, WhatMayComeRawOrAsJpegLacksAnEncoder) {
  for (const char* needs_one : {"video/x-raw", "image/jpeg"}) {
    Outlook alone = without_encoders(needs_one);
    EXPECT_TRUE(alone.hopeless && alone.lack) << needs_one;
    Outlook beside = without_encoders((std::string(needs_one) + "; video/x-vp8").c_str());
    EXPECT_TRUE(!beside.hopeless && beside.lack) << needs_one;
  }
  Outlook encoded = without_encoders("video/x-vp8");
  EXPECT_FALSE(encoded.hopeless || encoded.lack);
}

}  // namespace
}  // namespace webcast
