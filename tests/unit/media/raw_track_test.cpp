// Raw input: each codec, every kind of picture and sound, changes in mid-stream.
#include <algorithm>
#include <cmath>

#include "plugins/rtp/rtp_format.hpp"
#include "tests/unit/media/received.hpp"
#include "tests/unit/media/track_fixture.hpp"

namespace webcast {
namespace {

class RawTrack : public TrackTest {
 protected:
  // Until a viewer sees pictures of that width, give or take an odd column: a keyframe alone may be
  // another one's.
  static void wait_for_width(Held& held, int width) {
    while (receive(held.format, held.sink->frames()).width / 2 != width / 2)
      held.sink->wait_for_frames(held.sink->count() + 1);
  }
};

std::string picture(const std::string& caps) {
  return "videotestsrc is-live=true ! videoconvert ! video/x-raw," + caps;
}

const std::string kTestPicture = picture("width=320,height=240,framerate=30/1");

std::string sound(const std::string& caps) {
  return "audiotestsrc is-live=true samplesperbuffer=441 ! audioconvert ! audioresample ! "
         "audio/x-raw," +
         caps;
}

TEST_F(RawTrack, H264IsConstrainedBaselineWithTheRealProfileLevelId) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto held = hold({Codec::h264});
  ASSERT_EQ(held->error, "");
  EXPECT_EQ(held->name, "h264");
  EXPECT_EQ(held->format.codec, Codec::h264);
  std::string profile = held->format.parameters["profile-level-id"];
  ASSERT_EQ(profile.size(), 6u);
  EXPECT_EQ(profile.substr(0, 2), "42");
  EXPECT_TRUE(std::stoi(profile.substr(2, 2), nullptr, 16) & 0x40) << profile;
  // 320x240 at 2 Mbit/s is level 2: what is offered is no constant.
  EXPECT_EQ(profile.substr(4), "14");
  EXPECT_EQ(held->format.parameters["packetization-mode"], "1");
}

// Each picture leaves at once: no B-frames, nothing looked ahead.
TEST_F(RawTrack, EachPictureComesOutInOrderWithoutDelay) {
  make_track(MediaKind::video);
  Feeder feeder(track(), kTestPicture);
  wait_for_input();
  for (Codec codec : {Codec::h264, Codec::vp8, Codec::vp9}) {
    auto began = std::chrono::steady_clock::now();
    auto held = hold({codec});
    ASSERT_EQ(held->error, "");
    EXPECT_EQ(held->format.codec, codec);
    held->sink->wait_for_frames(10);
    auto frames = held->sink->frames();
    EXPECT_TRUE(frames.front().keyframe);
    size_t keyframes = 1;
    for (size_t i = 1; i < frames.size(); i++) {
      EXPECT_GT(frames[i].time, frames[i - 1].time);
      keyframes += frames[i].keyframe;
    }
    EXPECT_LE(keyframes, 1 + governed_keyframes(began));
    auto received = receive(held->format, frames);
    EXPECT_EQ(received.error, "");
    EXPECT_EQ(received.buffers, frames.size()) << codec_name(codec);
    EXPECT_EQ(received.width, 320);
    EXPECT_EQ(received.height, 240);
    release(held);
  }
}

TEST_F(RawTrack, FramesKeepTheTimeOfTheirPictures) {
  make_track(MediaKind::video);
  Ref<GstClock> clock = adopt(gst_system_clock_obtain());
  GstClockTime before = gst_clock_get_time(clock.get());
  Feeder feeder(track(), kTestPicture);
  wait_for_input();
  auto held = hold({Codec::h264});
  held->sink->wait_for_frames(2);
  GstClockTime after = gst_clock_get_time(clock.get());
  for (const RtpFrame& frame : held->sink->frames()) {
    EXPECT_GE(frame.time, before);
    EXPECT_LE(frame.time, after + GST_SECOND);
    EXPECT_EQ(GST_BUFFER_PTS(gst_buffer_list_get(frame.packets.get(), 0)), frame.time);
  }
}

struct Picture {
  const char* caps;
  Codec codec;
  int width, height;
};

class AnyPicture : public RawTrack, public ::testing::WithParamInterface<Picture> {};

TEST_P(AnyPicture, IsEncodedSoThatABrowserDecodesIt) {
  const Picture& given = GetParam();
  Feeder feeder(make_track(MediaKind::video), picture(given.caps));
  wait_for_input();
  auto held = hold({given.codec}, only({h264("42e01f"), {Codec::vp8, {}}, {Codec::vp9, {}}}));
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_frames(3);
  auto received = receive(held->format, held->sink->frames());
  EXPECT_EQ(received.error, "");
  EXPECT_GE(received.buffers, 2u);
  EXPECT_EQ(received.width, given.width);
  EXPECT_EQ(received.height, given.height);
  EXPECT_TRUE(warnings_.empty()) << warnings_.front();
}

INSTANTIATE_TEST_SUITE_P(
    Each, AnyPicture,
    ::testing::Values(
        Picture{"format=Y444,width=160,height=120,framerate=30/1", Codec::h264, 160, 120},
        Picture{"format=I420_10LE,width=160,height=120,framerate=30/1", Codec::h264, 160, 120},
        Picture{"format=BGRx,width=160,height=120,framerate=30/1", Codec::vp8, 160, 120},
        Picture{"format=v210,width=160,height=120,framerate=30/1", Codec::vp9, 160, 120},
        Picture{"format=GRAY8,width=160,height=120,framerate=30/1", Codec::h264, 160, 120},
        Picture{"width=161,height=121,framerate=30/1", Codec::h264, 160, 120},
        Picture{"format=RGB,width=161,height=121,framerate=30/1", Codec::vp8, 161, 121},
        Picture{"width=161,height=121,framerate=30/1", Codec::vp9, 161, 121},
        Picture{"width=180,height=144,pixel-aspect-ratio=16/15,framerate=25/1", Codec::h264, 192,
                144},
        Picture{"width=4,height=2,framerate=30/1", Codec::h264, 16, 16},
        Picture{"format=NV12,colorimetry=1:4:7:1,width=160,height=120,framerate=30/1", Codec::vp8,
                160, 120}));

TEST_F(RawTrack, APictureWithoutAFrameRateIsEncoded) {
  Feeder feeder(make_track(MediaKind::video),
                kTestPicture + " ! capssetter caps=video/x-raw,framerate=0/1");
  wait_for_input();
  for (Codec codec : {Codec::h264, Codec::vp8, Codec::vp9}) {
    auto held = hold({codec});
    ASSERT_EQ(held->error, "");
    held->sink->wait_for_frames(3);
    EXPECT_EQ(receive(held->format, held->sink->frames()).error, "");
  }
}

TEST_F(RawTrack, InterlacedPicturesAreDeinterlaced) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture + " ! interlace field-pattern=2:2");
  wait_for_input();
  auto held = hold({Codec::h264});
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_frames(3);
  EXPECT_EQ(receive(held->format, held->sink->frames()).height, 240);
}

struct Sound {
  const char* caps;
  int channels;
};

// The most frames that follow each other without a gap.
size_t longest_run(const std::vector<RtpFrame>& frames) {
  size_t longest = 0, run = 0;
  for (size_t i = 0; i < frames.size(); i++) {
    double apart = i > 0 ? static_cast<double>(frames[i].time - frames[i - 1].time) : 0;
    bool follows = std::abs(apart - 20. * GST_MSECOND) <= 1. * GST_MSECOND;
    run = follows ? run + 1 : 1;
    longest = std::max(longest, run);
  }
  return longest;
}

class AnySound : public RawTrack, public ::testing::WithParamInterface<Sound> {};

TEST_P(AnySound, BecomesOpusOfOneOrTwoChannels) {
  Feeder feeder(make_track(MediaKind::audio), sound(GetParam().caps));
  wait_for_input();
  auto held = hold({Codec::opus});
  ASSERT_EQ(held->error, "");
  EXPECT_EQ(held->format.clock_rate, 48000);
  EXPECT_EQ(held->format.channels, 2);
  EXPECT_EQ(held->format.parameters.count("sprop-stereo"), GetParam().channels == 2 ? 1u : 0u);
  // Where the machine stood still, the oldest sound was left out.
  std::vector<RtpFrame> frames;
  for (size_t count = 20; count <= 400 && longest_run(frames) < 20; count += 20) {
    held->sink->wait_for_frames(count);
    frames = held->sink->frames();
  }
  EXPECT_GE(longest_run(frames), 20u);
  for (size_t i = 0; i < frames.size(); i++) {
    EXPECT_TRUE(frames[i].keyframe);
    EXPECT_EQ(gst_buffer_list_length(frames[i].packets.get()), 1u);
    if (i > 0) {
      EXPECT_GT(frames[i].time, frames[i - 1].time);
    }
  }
  auto received = receive(held->format, frames);
  EXPECT_EQ(received.error, "");
  EXPECT_GE(received.buffers, frames.size() - 1);
}

INSTANTIATE_TEST_SUITE_P(
    Each, AnySound,
    ::testing::Values(Sound{"rate=48000,channels=2", 2},
                      Sound{"rate=44100,channels=2,format=F32LE", 2},
                      Sound{"rate=44100,channels=1", 1}, Sound{"rate=8000,channels=1,format=U8", 1},
                      Sound{"rate=48000,channels=6,channel-mask=(bitmask)0x3f", 2},
                      Sound{"rate=96000,channels=2,layout=non-interleaved,"
                            "format=F64LE",
                            2}));

TEST_F(RawTrack, ChangesOfThePictureInMidStreamReachTheSameViewer) {
  make_track(MediaKind::video);
  std::shared_ptr<Held> held;
  for (auto [caps, width] : {std::pair("width=320,height=240,framerate=30/1", 320),
                             std::pair("width=161,height=121,framerate=30/1", 161),
                             std::pair("width=161,height=121,framerate=15/1", 161),
                             std::pair("format=Y444,width=200,height=100,framerate=30/1", 200)}) {
    size_t keyframes = held ? held->sink->keyframes() : 0;
    Feeder feeder(track(), picture(caps));
    if (!held) {
      wait_for_input();
      held = hold({Codec::h264});
      ASSERT_EQ(held->error, "");
    }
    held->sink->wait_for_keyframes(keyframes + 1);
    wait_for_width(*held, width);
  }
  EXPECT_EQ(held->lost, "");
  EXPECT_TRUE(warnings_.empty()) << warnings_.front();
  auto frames = held->sink->frames();
  auto received = receive(held->format, frames);
  EXPECT_EQ(received.error, "");
  EXPECT_EQ(received.buffers, frames.size());
  EXPECT_EQ(received.width, 200);
  EXPECT_EQ(received.height, 100);
}

TEST_F(RawTrack, ChangesOfTheSoundInMidStreamReachTheSameViewer) {
  make_track(MediaKind::audio);
  std::shared_ptr<Held> held;
  for (const char* caps : {"rate=48000,channels=2", "rate=44100,channels=1"}) {
    Feeder feeder(track(), sound(caps));
    if (!held) {
      wait_for_input();
      held = hold({Codec::opus});
      ASSERT_EQ(held->error, "");
    }
    size_t before = held->sink->count();
    held->sink->wait_for_frames(before + 20);
  }
  EXPECT_EQ(held->lost, "");
  EXPECT_EQ(receive(held->format, held->sink->frames()).error, "");
}

TEST_F(RawTrack, RawToEncodedAndBackIsAnotherInput) {
  make_track(MediaKind::video);
  std::shared_ptr<Held> held;
  {
    Feeder raw(track(), kTestPicture);
    wait_for_input(1);
    held = hold({Codec::vp8});
    EXPECT_EQ(held->name, "vp8");
  }
  Feeder encoded(track(), kTestPicture + " ! vp8enc deadline=1");
  on_upstream_keyframe_ = [&] { encoded.send_force_keyframe(); };
  wait_for_input(2);
  EXPECT_NE(held->lost, "");
  auto next = hold({Codec::vp8});
  EXPECT_EQ(next->name, "vp8-passthrough");
  next->sink->wait_for_frames(1);
  release(next);
  stop_track();
}

class ClaimedRate : public RawTrack, public ::testing::WithParamInterface<const char*> {};

TEST_P(ClaimedRate, IsNotBelievedWhenPicturesComeAtAnother) {
  int fed = 0;
  Feeder feeder(make_track(MediaKind::video),
                kTestPicture + " ! capssetter caps=video/x-raw,framerate=" + GetParam(),
                [&](Ref<GstBuffer> buffer) {
                  waiter_.change([&] { fed++; });
                  return buffer;
                });
  waiter_.wait([&] { return fed > 35; });
  auto began = std::chrono::steady_clock::now();
  auto held = hold({Codec::h264});
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_frames(12);
  double rate = 0;
  gst_structure_get_double(stats(held).get(), "framerate", &rate);
  EXPECT_NEAR(rate, 30, 3);
  EXPECT_TRUE(held->sink->frames().front().keyframe);
  size_t keyframes = held->sink->keyframes();
  EXPECT_LE(keyframes, 1 + governed_keyframes(began));
}

INSTANTIATE_TEST_SUITE_P(Each, ClaimedRate, ::testing::Values("90000/1", "1/1", "0/1"));

// Lumas of the corners: 200 and 150 above, 100 and 50 below.
Ref<GstBuffer> with_corners(Ref<GstBuffer> picture) {
  Ref<GstBuffer> own = adopt(gst_buffer_new_allocate(nullptr, 160 * 120 * 3 / 2, nullptr));
  gst_buffer_memset(own.get(), 0, 128, 160 * 120 * 3 / 2);
  for (int y = 0; y < 120; y++) {
    gst_buffer_memset(own.get(), y * 160, y < 60 ? 200 : 100, 80);
    gst_buffer_memset(own.get(), y * 160 + 80, y < 60 ? 150 : 50, 80);
  }
  GST_BUFFER_PTS(own.get()) = GST_BUFFER_PTS(picture.get());
  return own;
}

struct Turn {
  GstVideoOrientationMethod orientation;
  int left, right;  // lumas at the ends of the upright picture's first line
};

class Turned : public RawTrack, public ::testing::WithParamInterface<Turn> {};

TEST_P(Turned, PicturesAreSentUpright) {
  auto [orientation, left, right] = GetParam();
  bool lies =
      orientation != GST_VIDEO_ORIENTATION_180 && orientation != GST_VIDEO_ORIENTATION_HORIZ &&
      orientation != GST_VIDEO_ORIENTATION_VERT && orientation != GST_VIDEO_ORIENTATION_IDENTITY;
  make_track(MediaKind::video).set_orientation(orientation);
  Feeder feeder(track(),
                "videotestsrc is-live=true ! "
                "video/x-raw,format=I420,width=160,height=120,framerate=30/1",
                with_corners);
  wait_for_input();
  auto held = hold({Codec::h264});
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_frames(2);
  auto received = receive(held->format, held->sink->frames());
  EXPECT_EQ(received.width, lies ? 120 : 160);
  EXPECT_EQ(received.height, lies ? 160 : 120);
  EXPECT_NEAR(received.first_pixels.at(8), left, 8);
  EXPECT_NEAR(received.first_pixels.at(received.width - 8), right, 8);
}

INSTANTIATE_TEST_SUITE_P(Each, Turned,
                         ::testing::Values(Turn{GST_VIDEO_ORIENTATION_IDENTITY, 200, 150},
                                           Turn{GST_VIDEO_ORIENTATION_90R, 100, 200},
                                           Turn{GST_VIDEO_ORIENTATION_180, 50, 100},
                                           Turn{GST_VIDEO_ORIENTATION_90L, 150, 50},
                                           Turn{GST_VIDEO_ORIENTATION_HORIZ, 150, 200},
                                           Turn{GST_VIDEO_ORIENTATION_VERT, 100, 50},
                                           Turn{GST_VIDEO_ORIENTATION_UL_LR, 200, 100},
                                           Turn{GST_VIDEO_ORIENTATION_UR_LL, 50, 150}));

TEST_F(RawTrack, PicturesThatAreTurnedInMidStreamAreUprightToo) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto held = hold({Codec::h264});
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_frames(2);
  track().set_orientation(GST_VIDEO_ORIENTATION_90R);
  wait_for_width(*held, 240);
  auto received = receive(held->format, held->sink->frames());
  EXPECT_EQ(received.width, 240);
  EXPECT_EQ(received.height, 320);
  EXPECT_EQ(held->lost, "");
}

// As audio interfaces and `interleave` give it: nobody knows which channel is left.
class Unpositioned : public RawTrack, public ::testing::WithParamInterface<const char*> {};

TEST_P(Unpositioned, SoundIsMixedDown) {
  Feeder feeder(make_track(MediaKind::audio), GetParam());
  wait_for_input();
  for (Codec codec : {Codec::opus, Codec::pcmu}) {
    auto held = hold({codec});
    ASSERT_EQ(held->error, "");
    held->sink->wait_for_frames(4);
    auto received = receive(held->format, held->sink->frames());
    EXPECT_EQ(received.error, "");
    EXPECT_EQ(received.channels, codec == Codec::opus ? 2 : 1);
    release(held);
  }
  EXPECT_TRUE(warnings_.empty()) << warnings_.front();
}

INSTANTIATE_TEST_SUITE_P(
    Each, Unpositioned,
    ::testing::Values(
        "audiotestsrc is-live=true ! audio/x-raw,channels=2,channel-mask=(bitmask)0",
        "audiotestsrc is-live=true ! audio/x-raw,channels=3,channel-mask=(bitmask)0",
        "audiotestsrc is-live=true ! audio/x-raw,channels=16,channel-mask=(bitmask)0",
        "audiotestsrc is-live=true ! audio/x-raw,channels=6,channel-mask=(bitmask)0 ! "
        "capssetter replace=true caps=\"audio/x-raw,format=S16LE,layout=interleaved,rate=44100,"
        "channels=6\"",
        // A bin of its own: interleave asks downstream with its lock held, and a bin that changes
        // its state locks the element behind it before interleave (GStreamer 1.22).
        "( audiotestsrc is-live=true ! i.sink_0 audiotestsrc is-live=true ! i.sink_1 "
        "audiotestsrc is-live=true ! i.sink_2 interleave name=i )"));

}  // namespace
}  // namespace webcast
