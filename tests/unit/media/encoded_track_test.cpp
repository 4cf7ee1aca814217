// Encoded input: passed through where a viewer takes it, transcoded where not.
#include "plugins/gst/mapped_buffer.hpp"
#include "tests/unit/media/received.hpp"
#include "tests/unit/media/track_fixture.hpp"

namespace webcast {
namespace {

const std::string kTestPicture =
    "videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! ";
const std::string kSimple =
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! video/x-h264,";
const std::string kHigh =
    "x264enc tune=zerolatency speed-preset=veryfast key-int-max=10 ! video/x-h264,profile=high,";
const std::string kBaseline = kSimple + "profile=constrained-baseline,";
const std::string kWithBFrames =
    "x264enc bframes=2 b-adapt=false rc-lookahead=5 speed-preset=veryfast key-int-max=15 ! "
    "video/x-h264,profile=main,";

class EncodedTrack : public TrackTest {
 protected:
  // Nobody outside the test may touch a feeder that is gone.
  ~EncodedTrack() override { stop_track(); }
  std::shared_ptr<Held> play(std::vector<Codec> preference, ViewerCodecs viewer) {
    wait_for_input();
    auto held = hold(std::move(preference), std::move(viewer));
    if (held->error.empty()) held->sink->wait_for_frames(12);
    return held;
  }
  // All of it can be decoded, from the first frame on.
  void expect_decodable(const std::shared_ptr<Held>& held) {
    auto frames = held->sink->frames();
    EXPECT_TRUE(frames.front().keyframe);
    auto received = receive(held->format, frames);
    EXPECT_EQ(received.error, "");
    EXPECT_EQ(received.buffers, frames.size());
  }
  const std::vector<Codec> all_{Codec::h264, Codec::vp8, Codec::vp9};
  const ViewerCodecs chromium_ = only({h264("42e01f"), {Codec::vp8, {}}, {Codec::vp9, {}}});
  const ViewerCodecs firefox_ = only({{Codec::vp8, {}}, {Codec::vp9, {}}});
};

TEST_F(EncodedTrack, WhatHasToBeTurnedIsNotPassedOn) {
  make_track(MediaKind::video).set_orientation(GST_VIDEO_ORIENTATION_90L);
  Feeder feeder(track(), kTestPicture + kBaseline + "alignment=au,stream-format=byte-stream");
  auto held = play(all_, chromium_);
  ASSERT_EQ(held->error, "");
  EXPECT_EQ(held->name, "h264");
  auto received = receive(held->format, held->sink->frames());
  EXPECT_EQ(received.width, 240);
  EXPECT_EQ(received.height, 320);
  // Posted before the lease is asked for.
  track().set_orientation(GST_VIDEO_ORIENTATION_IDENTITY);
  EXPECT_EQ(hold(all_, chromium_)->name, "h264-passthrough");
}

TEST_F(EncodedTrack, PassesThroughWithTheRealProfileLevelId) {
  Feeder feeder(make_track(MediaKind::video),
                kTestPicture + kBaseline + "stream-format=byte-stream");
  auto held = play(all_, chromium_);
  ASSERT_EQ(held->error, "");
  EXPECT_EQ(held->name, "h264-passthrough");
  EXPECT_EQ(held->format.parameters["profile-level-id"].substr(0, 4), "42c0");
  EXPECT_TRUE(encoders_.empty());
  EXPECT_EQ(track().encoded_input(), Codec::h264);
  EXPECT_EQ(track().describe_input(), "H264 320x240");
  EXPECT_GE(upstream_keyframes_, 1);
  expect_decodable(held);
}

TEST_F(EncodedTrack, ParameterSetsOutOfBandArePutBeforeEachKeyframe) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture + kBaseline + "stream-format=avc");
  auto held = play(all_, chromium_);
  ASSERT_EQ(held->error, "");
  EXPECT_EQ(held->name, "h264-passthrough");
  expect_decodable(held);
}

// Removes SPS (7) and PPS (8) from all access units but the first.
Ref<GstBuffer> without_parameter_sets(const Ref<GstBuffer>& buffer) {
  std::vector<guint8> kept;
  {
    MappedBuffer mapped(buffer.get());
    auto bytes = mapped.bytes();
    auto start_at = [&](size_t i) {
      return i + 3 < bytes.size() && !bytes[i] && !bytes[i + 1] && bytes[i + 2] == 1;
    };
    bool keep = true;
    for (size_t i = 0; i < bytes.size(); i++) {
      if (start_at(i)) keep = (bytes[i + 3] & 0x1f) != 7 && (bytes[i + 3] & 0x1f) != 8;
      if (keep) kept.push_back(bytes[i]);
    }
  }
  Ref<GstBuffer> copy = adopt(gst_buffer_new_memdup(kept.data(), kept.size()));
  gst_buffer_copy_into(copy.get(), buffer.get(), GST_BUFFER_COPY_METADATA, 0,
                       static_cast<gsize>(-1));
  return copy;
}

TEST_F(EncodedTrack, ParameterSetsThatCameOnceAreRepeated) {
  bool first = true;
  Feeder feeder(make_track(MediaKind::video),
                kTestPicture + kBaseline + "stream-format=byte-stream",
                [&first](Ref<GstBuffer> buffer) {
                  return std::exchange(first, false) ? buffer : without_parameter_sets(buffer);
                });
  auto held = play(all_, chromium_);
  ASSERT_EQ(held->error, "");
  EXPECT_EQ(held->name, "h264-passthrough");
  expect_decodable(held);
}

TEST_F(EncodedTrack, AProfileThatTheViewerHasPassesThrough) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture + kHigh + "stream-format=avc");
  auto held = play(all_, only({h264("42e01f"), h264("64001f")}));
  ASSERT_EQ(held->error, "");
  EXPECT_EQ(held->name, "h264-passthrough");
  EXPECT_EQ(held->format.parameters["profile-level-id"].substr(0, 2), "64");
  expect_decodable(held);
}

TEST_F(EncodedTrack, AProfileThatTheViewerLacksIsTranscoded) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture + kHigh + "stream-format=avc");
  auto held = play(all_, chromium_);
  ASSERT_EQ(held->error, "");
  EXPECT_EQ(held->name, "h264");
  EXPECT_EQ(held->format.parameters["profile-level-id"].substr(0, 2), "42");
  expect_decodable(held);
}

TEST_F(EncodedTrack, BFramesAreTranscodedAway) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture + kWithBFrames + "stream-format=avc");
  auto held = play(all_, only({h264("42e01f"), h264("4d001f")}));
  ASSERT_EQ(held->error, "");
  EXPECT_EQ(held->name, "h264");
  auto frames = held->sink->frames();
  for (size_t i = 1; i < frames.size(); i++)
    EXPECT_GT(frames[i].time, frames[i - 1].time);
  expect_decodable(held);
}

TEST_F(EncodedTrack, TranscodeNeverTellsTheViewerWhyNot) {
  TrackSettings settings;
  settings.transcode = Transcode::never;
  Feeder feeder(make_track(MediaKind::video, settings),
                kTestPicture + kWithBFrames + "stream-format=avc");
  auto held = play(all_, only({h264("42e01f"), h264("4d001f")}));
  EXPECT_NE(held->error.find("B-frames"), std::string::npos) << held->error;
  EXPECT_NE(held->error.find("transcode=never"), std::string::npos) << held->error;
}

TEST_F(EncodedTrack, AViewerWithoutTheCodecGetsAnotherAtTheSameTime) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture + kBaseline + "stream-format=avc");
  auto first = play(all_, chromium_);
  auto second = play(all_, firefox_);
  ASSERT_EQ(first->error + second->error, "");
  EXPECT_EQ(first->name, "h264-passthrough");
  EXPECT_EQ(second->name, "vp8");
  expect_decodable(second);
  size_t before = first->sink->count();
  first->sink->wait_for_frames(before + 3);
}

TEST_F(EncodedTrack, BFramesThatBeginInMidStreamMoveTheViewersOn) {
  make_track(MediaKind::video);
  std::shared_ptr<Held> held;
  {
    Feeder feeder(track(), kTestPicture + kBaseline + "stream-format=byte-stream");
    held = play(all_, only({h264("42e01f"), h264("4d001f")}));
    EXPECT_EQ(held->name, "h264-passthrough");
  }
  Feeder feeder(track(), kTestPicture + kWithBFrames + "stream-format=byte-stream");
  waiter_.wait([&] { return !held->lost.empty(); });
  EXPECT_NE(held->lost.find("B-frames"), std::string::npos) << held->lost;
  auto next = play(all_, chromium_);
  EXPECT_EQ(next->name, "h264");
}

TEST_F(EncodedTrack, AnotherSizeInMidStreamStaysWithTheViewer) {
  make_track(MediaKind::video);
  std::shared_ptr<Held> held;
  for (const char* size : {"width=320,height=240", "width=640,height=360"}) {
    Feeder feeder(track(), std::string("videotestsrc is-live=true ! video/x-raw,framerate=30/1,") +
                               size + " ! " + kBaseline + "stream-format=byte-stream");
    if (!held) held = play(all_, chromium_);
    size_t keyframes = held->sink->keyframes();
    held->sink->wait_for_keyframes(keyframes + 2);
  }
  EXPECT_EQ(held->lost, "");
  auto received = receive(held->format, held->sink->frames());
  EXPECT_EQ(received.error, "");
  EXPECT_EQ(received.width, 640);
}

struct PassedCodec {
  Codec codec;
  MediaKind kind;
  const char* chain;
  const char* name;
};

class AnyCodec : public EncodedTrack, public ::testing::WithParamInterface<PassedCodec> {};

TEST_P(AnyCodec, PassesThrough) {
  const PassedCodec& given = GetParam();
  std::string source = given.kind == MediaKind::video
                           ? kTestPicture
                           : "audiotestsrc is-live=true samplesperbuffer=480 ! audioconvert ! "
                             "audioresample ! ";
  Feeder feeder(make_track(given.kind), source + given.chain);
  on_upstream_keyframe_ = [&] { feeder.send_force_keyframe(); };
  auto held = play({given.codec}, only({{given.codec, {}}}));
  ASSERT_EQ(held->error, "");
  EXPECT_EQ(held->name, given.name);
  expect_decodable(held);
  stop_track();
}

INSTANTIATE_TEST_SUITE_P(
    Each, AnyCodec,
    ::testing::Values(PassedCodec{Codec::vp8, MediaKind::video,
                                  "vp8enc deadline=1 keyframe-max-dist=10", "vp8-passthrough"},
                      PassedCodec{Codec::vp9, MediaKind::video,
                                  "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=10",
                                  "vp9-passthrough"},
                      PassedCodec{Codec::h265, MediaKind::video,
                                  "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10",
                                  "h265-passthrough"},
                      PassedCodec{Codec::opus, MediaKind::audio, "opusenc", "opus-passthrough"},
                      PassedCodec{Codec::pcma, MediaKind::audio,
                                  "audio/x-raw,rate=8000,channels=1 ! alawenc", "pcma-passthrough"},
                      PassedCodec{Codec::pcmu, MediaKind::audio,
                                  "audio/x-raw,rate=8000,channels=1 ! mulawenc",
                                  "pcmu-passthrough"}));

struct Transcoded {
  MediaKind kind;
  const char* chain;
  Codec to;
};

class AnyTranscoding : public EncodedTrack, public ::testing::WithParamInterface<Transcoded> {};

TEST_P(AnyTranscoding, Plays) {
  const Transcoded& given = GetParam();
  std::string source = given.kind == MediaKind::video
                           ? kTestPicture
                           : "audiotestsrc is-live=true ! audioconvert ! audioresample ! ";
  Feeder feeder(make_track(given.kind), source + given.chain);
  on_upstream_keyframe_ = [&] { feeder.send_force_keyframe(); };
  auto held = play({given.to}, given.to == Codec::h264 ? chromium_ : only({{given.to, {}}}));
  ASSERT_EQ(held->error, "");
  expect_decodable(held);
  stop_track();
}

INSTANTIATE_TEST_SUITE_P(
    Each, AnyTranscoding,
    ::testing::Values(
        Transcoded{MediaKind::video, "vp8enc deadline=1 keyframe-max-dist=10", Codec::h264},
        Transcoded{MediaKind::video, "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=10",
                   Codec::vp8},
        Transcoded{MediaKind::video,
                   "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=10", Codec::h264},
        Transcoded{MediaKind::audio, "audio/x-raw,rate=44100,channels=1 ! mulawenc", Codec::opus},
        Transcoded{MediaKind::audio, "audio/x-raw,rate=48000,channels=6 ! opusenc", Codec::opus}));

}  // namespace
}  // namespace webcast
