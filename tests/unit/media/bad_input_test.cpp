// Raw input that is not what its caps say, or that no converter takes: told, and nobody else's
// fault.
#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include "plugins/media/input_check.hpp"
#include "tests/unit/media/received.hpp"
#include "tests/unit/media/test_encoders.hpp"
#include "tests/unit/media/track_fixture.hpp"

namespace webcast {
namespace {

InputCheck check_for(MediaKind kind, const char* text) {
  Ref<GstCaps> caps = adopt(gst_caps_from_string(text));
  InputCheck check;
  check.set_caps(kind, caps.get());
  return check;
}

Ref<GstBuffer> bytes(gsize size) {
  return adopt(gst_buffer_new_allocate(nullptr, size, nullptr));
}

const char* const kPicture = "video/x-raw,format=I420,width=320,height=240,framerate=30/1";

TEST(InputCheck, APictureHasAllItsBytes) {
  InputCheck check = check_for(MediaKind::video, kPicture);
  EXPECT_EQ(check.fault_of(bytes(115200).get()), std::nullopt);
  EXPECT_EQ(check.fault_of(bytes(200000).get()), std::nullopt);
  EXPECT_EQ(check.fault_of(bytes(65536).get()), "has 65536 bytes, its caps say 115200");
  EXPECT_TRUE(check.fault_of(bytes(0).get()));
}

TEST(InputCheck, WiderRowsAreTakenWhereTheMetaSaysSo) {
  InputCheck check = check_for(MediaKind::video, kPicture);
  gsize offset[4] = {0, 384 * 240, 384 * 240 + 192 * 120};
  gint stride[4] = {384, 192, 192};
  // The last row may be without its padding.
  gsize size = offset[2] + 192 * 119 + 160;
  Ref<GstBuffer> padded = bytes(size);
  gst_buffer_add_video_meta_full(padded.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420,
                                 320, 240, 3, offset, stride);
  EXPECT_EQ(check.fault_of(padded.get()), std::nullopt);
  Ref<GstBuffer> cut = bytes(size - 1);
  gst_buffer_add_video_meta_full(cut.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420, 320,
                                 240, 3, offset, stride);
  EXPECT_TRUE(check.fault_of(cut.get()));
}

TEST(InputCheck, AMetaThatIsOfAnotherPictureIsTold) {
  InputCheck check = check_for(MediaKind::video, kPicture);
  Ref<GstBuffer> other = bytes(115200);
  gst_buffer_add_video_meta(other.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420, 160,
                            120);
  EXPECT_EQ(check.fault_of(other.get()),
            "is a picture of 160x120 (I420), its caps say 320x240 (I420)");
  Ref<GstBuffer> wild = bytes(115200);
  gsize offset[4] = {0, G_MAXSIZE - 3, 96000};
  gint stride[4] = {320, 160, 160};
  gst_buffer_add_video_meta_full(wild.get(), GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_I420, 320,
                                 240, 3, offset, stride);
  EXPECT_TRUE(check.fault_of(wild.get()));
}

TEST(InputCheck, EachFieldOfAlternateInterlacingHasHalfTheRows) {
  InputCheck check = check_for(MediaKind::video,
                               "video/x-raw(format:Interlaced),format=I420,width=320,height=240,"
                               "framerate=30/1,interlace-mode=alternate");
  EXPECT_EQ(check.fault_of(bytes(57600).get()), std::nullopt);
  EXPECT_TRUE(check.fault_of(bytes(57599).get()));
}

TEST(InputCheck, WhatIsOnAGraphicsCardIsLeftToItsDriver) {
  InputCheck check = check_for(MediaKind::video,
                               "video/x-raw(memory:GLMemory),format=RGBA,width=320,height=240,"
                               "framerate=30/1");
  EXPECT_EQ(check.fault_of(bytes(1).get()), std::nullopt);
}

TEST(InputCheck, SoundIsWholeSamples) {
  InputCheck check = check_for(MediaKind::audio,
                               "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved");
  EXPECT_EQ(check.fault_of(bytes(4096).get()), std::nullopt);
  EXPECT_TRUE(check.fault_of(bytes(4097).get()));
  EXPECT_TRUE(check.fault_of(bytes(0).get()));
  InputCheck planar = check_for(
      MediaKind::audio, "audio/x-raw,format=F32LE,rate=48000,channels=2,layout=non-interleaved");
  EXPECT_TRUE(planar.fault_of(bytes(4096).get()));
}

using BadInput = TrackTest;

const char* const kTestPicture =
    "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=30/1";

class ShortBuffers : public TrackTest, public ::testing::WithParamInterface<const char*> {
 protected:
  ~ShortBuffers() override { g_unsetenv("GST_PLUGIN_FEATURE_RANK"); }
};

TEST_P(ShortBuffers, AreDroppedAndToldOnceAndTheOthersAreSent) {
  g_setenv("GST_PLUGIN_FEATURE_RANK", (std::string(GetParam()) + ":MAX").c_str(), TRUE);
  int count = 0;
  Feeder feeder(make_track(MediaKind::video), kTestPicture, [&](Ref<GstBuffer> buffer) {
    if (count++ % 3 == 0) gst_buffer_set_size(buffer.get(), 65536);
    return buffer;
  });
  wait_for_input();
  auto held = hold({Codec::h264});
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_frames(12);
  EXPECT_EQ(receive(held->format, held->sink->frames()).error, "");
  EXPECT_EQ(encoders_, std::vector<std::string>{GetParam()});
  waiter_.wait([&] { return !warnings_.empty(); });
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("65536 bytes, its caps say 115200"), std::string::npos)
      << warnings_[0];
  EXPECT_NE(warnings_[0].find("video_0"), std::string::npos) << warnings_[0];
}

INSTANTIATE_TEST_SUITE_P(Each, ShortBuffers, ::testing::Values("x264enc", "openh264enc"));

TEST_F(BadInput, FieldsThatComeOneByOneAreEncoded) {
  Feeder feeder(make_track(MediaKind::video),
                "videotestsrc is-live=true ! "
                "video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! "
                "interlace field-pattern=2:2 ! "
                "video/x-raw(format:Interlaced),interlace-mode=alternate");
  wait_for_input();
  auto held = hold({Codec::vp8});
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_frames(4);
  auto received = receive(held->format, held->sink->frames());
  EXPECT_EQ(received.error, "");
  EXPECT_EQ(received.height, 240);
  // Set up again, maybe: the rate of pictures is another one where the machine stands still.
  for (const std::string& encoder : encoders_)
    EXPECT_EQ(encoder, "vp8enc");
  EXPECT_EQ(warnings_, std::vector<std::string>{});
}

// A converter that refuses what comes in: no encoder is struck off for it.
TEST_F(BadInput, WhatCannotBeConvertedIsNoFaultOfTheEncoders) {
  make_track(MediaKind::video);
  Ref<GstCaps> caps =
      adopt(gst_caps_from_string("video/x-raw(memory:Unheard),format=I420,width=320,height=240,"
                                 "framerate=30/1"));
  Ref<GstBuffer> picture = bytes(115200);
  GST_BUFFER_PTS(picture.get()) = GST_SECOND;
  track().feed(picture.get(), caps.get());
  wait_for_input();
  auto first = hold({Codec::h264});
  EXPECT_NE(first->error.find("picture cannot be made ready"), std::string::npos) << first->error;
  auto second = hold({Codec::h264});
  EXPECT_EQ(second->error, first->error);
  ASSERT_EQ(encoders_.size(), 2u);
  EXPECT_EQ(encoders_.front(), encoders_.back());
}

// Those of a Raspberry Pi know their largest picture only once their device is open.
TEST_F(BadInput, APictureThatIsTooLargeForAnEncoderGoesToTheNext) {
  std::string narrow = show_test_encoder(Misbehaviour::narrow);
  Feeder feeder(make_track(MediaKind::video),
                "videotestsrc is-live=true ! video/x-raw,width=640,height=480,framerate=30/1");
  wait_for_input();
  auto held = hold({Codec::h264});
  EXPECT_EQ(held->error, "");
  hide_test_encoders();
  ASSERT_EQ(encoders_.size(), 2u);
  EXPECT_EQ(encoders_.front(), narrow);
}

TEST_F(BadInput, AnEncoderThatFailsOnNewCapsTakesNoOtherAlong) {
  show_test_encoder(Misbehaviour::errs_when_large);
  auto small = std::make_unique<Feeder>(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto held = hold({Codec::h264});
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_frames(2);
  small.reset();
  size_t before = held->sink->keyframes();
  Feeder wide(track(),
              "videotestsrc is-live=true ! video/x-raw,width=640,height=480,framerate=30/1");
  waiter_.wait([&] { return encoders_.size() >= 2; });
  held->sink->wait_for_keyframes(before + 1);
  auto second = hold({Codec::h264});
  EXPECT_EQ(second->error, "");
  hide_test_encoders();
}

TEST_F(BadInput, EncodersThatFailedAreTriedAgainWhenTheInputIsAnother) {
  g_setenv("GST_PLUGIN_FEATURE_RANK", "x264enc:0,openh264enc:0,avenc_h264_omx:0", TRUE);
  show_test_encoder(Misbehaviour::fails_to_start);
  auto small = std::make_unique<Feeder>(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  EXPECT_NE(hold({Codec::h264})->error, "");
  EXPECT_NE(hold({Codec::h264})->error, "");
  EXPECT_EQ(encoders_.size(), 1u);  // the second viewer did not wait for its failure
  small.reset();
  int fed = 0;
  Feeder large(track(), "videotestsrc is-live=true ! video/x-raw,format=I420,width=640,height=480",
               [&](Ref<GstBuffer> buffer) {
                 waiter_.change([&] { fed++; });
                 return buffer;
               });
  waiter_.wait([&] { return fed >= 2; });
  EXPECT_NE(hold({Codec::h264})->error, "");
  EXPECT_EQ(encoders_.size(), 2u);
  hide_test_encoders();
  g_unsetenv("GST_PLUGIN_FEATURE_RANK");
}

}  // namespace
}  // namespace webcast
