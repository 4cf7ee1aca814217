// Leases, linger, keyframes on request, the end of the stream, and that nothing is left behind.
#include <algorithm>

#include "plugins/media/media_rendition.hpp"
#include "tests/support/sink_pipeline.hpp"
#include "tests/unit/media/track_fixture.hpp"

namespace webcast {
namespace {

const char* const kTestPicture =
    "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=30/1";
const char* const kLimited =
    "videotestsrc is-live=true num-buffers=40 ! video/x-raw,width=320,height=240,framerate=30/1";

class Lifecycle : public TrackTest {
 protected:
  ~Lifecycle() override { stop_track(); }
  void wait_until_no_rendition_runs() {
    // Looked at on the control thread, where it changes.
    Timer timer;
    bool none = false;
    control_.call([&] {
      timer = control_.every(std::chrono::milliseconds(20), [&] {
        bool empty = track().renditions().empty();
        waiter_.change([&] { none = empty; });
      });
    });
    waiter_.wait([&] { return none; });
    control_.call([&] { timer.cancel(); });
  }
  guint64 frames(const std::shared_ptr<Held>& held) {
    guint64 count = 0;
    gst_structure_get_uint64(stats(held).get(), "frames", &count);
    return count;
  }
};

TEST_F(Lifecycle, NothingIsEncodedWhileNobodyWatches) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  EXPECT_EQ(rendition_count(), 0u);
  auto held = hold({Codec::h264});
  held->sink->wait_for_frames(2);
  EXPECT_EQ(rendition_count(), 1u);
  release(held);
  // It lingers: a viewer who comes back finds the same encoder.
  EXPECT_EQ(rendition_count(), 1u);
  auto again = hold({Codec::h264});
  EXPECT_EQ(encoders_.size(), 1u);
  EXPECT_EQ(again->format.ssrc, held->format.ssrc);
  again->sink->wait_for_frames(1);
  release(again);
  wait_until_no_rendition_runs();
}

TEST_F(Lifecycle, OneEncoderServesAllViewers) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  std::vector<std::shared_ptr<Held>> viewers;
  for (int i = 0; i < 20; i++)
    viewers.push_back(hold({Codec::h264}));
  for (const auto& viewer : viewers)
    viewer->sink->wait_for_frames(3);
  EXPECT_EQ(encoders_.size(), 1u);
  EXPECT_EQ(rendition_count(), 1u);
  // The very same packets.
  auto one = viewers.front()->sink->frames(), other = viewers.back()->sink->frames();
  bool shared = false;
  for (const RtpFrame& frame : one)
    shared = shared || frame.packets == other.front().packets;
  EXPECT_TRUE(shared);
  guint subscribers = 0;
  gst_structure_get_uint(stats(viewers.front()).get(), "subscribers", &subscribers);
  EXPECT_EQ(subscribers, 20u);
}

TEST_F(Lifecycle, ARequestYieldsAKeyframe) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  for (Codec codec : {Codec::h264, Codec::vp8, Codec::vp9}) {
    auto held = hold({codec});
    held->sink->wait_for_frames(3);
    for (size_t i = 0; i < 2; i++) {
      size_t before = held->sink->keyframes();
      control_.call([&] { held->lease->rendition().request_keyframe(); });
      held->sink->wait_for_keyframes(before + 1);
    }
    release(held);
  }
}

// Who posted an offer and was not heard of since: the encoder has told its format, that is all.
TEST_F(Lifecycle, AnEncoderRestsWhileNobodyCanBeReached) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto meanwhile = hold({Codec::vp8});
  for (Codec codec : {Codec::h264, Codec::vp9}) {
    auto held = hold({codec});
    control_.call([&] { held->lease->set_reachable(false); });
    meanwhile->sink->wait_for_frames(meanwhile->sink->count() + 5);
    guint64 before = frames(held);
    meanwhile->sink->wait_for_frames(meanwhile->sink->count() + 20);
    EXPECT_LE(frames(held), before + 8) << "those under way may still come";
    // Another one who cannot be reached wakes nobody.
    auto silent = hold({codec});
    control_.call([&] { silent->lease->set_reachable(false); });
    meanwhile->sink->wait_for_frames(meanwhile->sink->count() + 5);
    guint64 asleep = frames(held);
    meanwhile->sink->wait_for_frames(meanwhile->sink->count() + 20);
    EXPECT_LE(frames(held), asleep + 8);
    size_t keyframes = held->sink->keyframes();
    control_.call([&] { held->lease->set_reachable(true); });
    held->sink->wait_for_keyframes(keyframes + 1);
    held->sink->wait_for_frames(held->sink->count() + 3);
    release(silent);
    release(held);
  }
}

TEST_F(Lifecycle, ForceKeyframeReachesAllRenditions) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto h264 = hold({Codec::h264}), vp8 = hold({Codec::vp8});
  h264->sink->wait_for_frames(1);
  vp8->sink->wait_for_frames(1);
  size_t before_h264 = h264->sink->keyframes(), before_vp8 = vp8->sink->keyframes();
  control_.call([&] { track().force_keyframe(); });
  h264->sink->wait_for_keyframes(before_h264 + 1);
  vp8->sink->wait_for_keyframes(before_vp8 + 1);
}

TEST_F(Lifecycle, ACrowdCostsTheOthersNoKeyframeEach) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto began = std::chrono::steady_clock::now();
  auto first = hold({Codec::h264});
  first->sink->wait_for_frames(3);
  std::vector<std::shared_ptr<Held>> crowd;
  for (int i = 0; i < 200; i++)
    crowd.push_back(hold({Codec::h264}));
  for (const auto& viewer : crowd)
    viewer->sink->wait_for_frames(1);
  // As many as fit into the time that it took, one each 500 ms, and the one at the start.
  size_t keyframes = first->sink->keyframes();
  EXPECT_LE(keyframes, 2 + governed_keyframes(began));
}

// A screen that does not change gives no pictures: the last one answers, once for each request.
TEST_F(Lifecycle, ASourceThatIsIdleStillGetsItsViewersAPicture) {
  bool first = true;
  Feeder feeder(make_track(MediaKind::video), kTestPicture, [&first](Ref<GstBuffer> buffer) {
    return std::exchange(first, false) ? buffer : Ref<GstBuffer>();
  });
  wait_for_input();
  for (Codec codec : {Codec::h264, Codec::vp8}) {
    auto one = hold({codec}), other = hold({codec});
    ASSERT_EQ(one->error + other->error, "");
    one->sink->wait_for_keyframes(1);
    other->sink->wait_for_keyframes(1);
  }
}

TEST_F(Lifecycle, OneRequestYieldsOneKeyframeOfASlowSource) {
  Feeder feeder(make_track(MediaKind::video),
                "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=1/1");
  wait_for_input();
  auto held = hold({Codec::h264});
  held->sink->wait_for_keyframes(1);
  held->sink->wait_for_frames(2);
  auto frames = held->sink->frames();
  held->sink->wait_for_frames(frames.size() + 2);
  frames = held->sink->frames();
  EXPECT_FALSE(frames[frames.size() - 1].keyframe);
  EXPECT_FALSE(frames[frames.size() - 2].keyframe);
}

// The last picture is repeated for a viewer who waits for one. It must not be for an encoder that
// rests: what comes with a latency would be late behind it, for everybody.
TEST_F(Lifecycle, WhoCannotBeReachedCostsNoPictureOfASlowSource) {
  guint64 fed = 0;
  Feeder feeder(make_track(MediaKind::video),
                "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=4/1",
                [&](Ref<GstBuffer> buffer) {
                  // Captured 200 ms ago.
                  GST_BUFFER_PTS(buffer.get()) -= 200 * GST_MSECOND;
                  waiter_.change([&] { fed++; });
                  return buffer;
                });
  wait_for_input();
  auto watching = hold({Codec::vp8});
  auto absent = hold({Codec::h264});
  control_.call([&] { absent->lease->set_reachable(false); });
  watching->sink->wait_for_frames(watching->sink->count() + 4);
  guint64 fed_before = 0;
  waiter_.change([&] { fed_before = fed; });
  size_t before = watching->sink->count();
  watching->sink->wait_for_frames(before + 10);
  size_t fed_since = 0;
  waiter_.change([&] { fed_since = fed - fed_before; });
  // Of two one is dropped where some are late; the last few may be in the encoder.
  watching->sink->wait_for_frames(before + fed_since - 2);
  waiter_.change([&] { fed_since = fed - fed_before; });
  EXPECT_LE(fed_since, watching->sink->count() - before + 4) << "some were dropped as late";
}

TEST_F(Lifecycle, StatisticsTellWhatIsMade) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto held = hold({Codec::vp8});
  held->sink->wait_for_frames(5);
  auto structure = stats(held);
  EXPECT_STREQ(gst_structure_get_string(structure.get(), "codec"), "VP8");
  EXPECT_STREQ(gst_structure_get_string(structure.get(), "rendition"), "vp8");
  EXPECT_STREQ(gst_structure_get_string(structure.get(), "encoder"), "vp8enc");
  EXPECT_STREQ(gst_structure_get_string(structure.get(), "state"), "running");
  int width = 0, height = 0;
  double rate = 0;
  guint bitrate = 0;
  gst_structure_get_int(structure.get(), "width", &width);
  gst_structure_get_int(structure.get(), "height", &height);
  gst_structure_get_double(structure.get(), "framerate", &rate);
  gst_structure_get_uint(structure.get(), "bitrate", &bitrate);
  EXPECT_EQ(width, 320);
  EXPECT_EQ(height, 240);
  EXPECT_EQ(rate, 30);
  EXPECT_GT(bitrate, 0u);
  EXPECT_GE(frames(held), 5u);
}

// Pictures of 30 a second that are missing between the first and the last. A source that is held up
// has its last one repeated, with a time of its own: what was under way meanwhile is late, and no
// more missing than what was never taken.
size_t missing(const std::vector<RtpFrame>& frames) {
  constexpr GstClockTime kPeriod = GST_SECOND / 30, kNear = 2 * GST_MSECOND;
  auto in_step = [](const RtpFrame& a, const RtpFrame& b) {
    GstClockTime beside = (std::max(a.time, b.time) - std::min(a.time, b.time)) % kPeriod;
    return std::min(beside, kPeriod - beside) < kNear;
  };
  auto in_step_with = [&](const RtpFrame& one) {
    return std::count_if(frames.begin(), frames.end(),
                         [&](const RtpFrame& other) { return in_step(one, other); });
  };
  const RtpFrame& of_source = *std::max_element(
      frames.begin(), frames.end(),
      [&](const RtpFrame& a, const RtpFrame& b) { return in_step_with(a) < in_step_with(b); });
  size_t count = 0;
  for (size_t i = 1; i < frames.size(); i++) {
    EXPECT_GT(frames[i].time, frames[i - 1].time);
    GstClockTime apart = frames[i].time - frames[i - 1].time;
    if (in_step(frames[i], of_source) && apart > kPeriod) count += (apart + kNear) / kPeriod - 1;
  }
  return count;
}

TEST_F(Lifecycle, AllThatWasFedLeavesBeforeDrained) {
  Feeder feeder(make_track(MediaKind::video), kLimited);
  wait_for_input();
  auto held = hold({Codec::h264});
  feeder.wait_for_end();
  waiter_.wait([&] { return drained_ == 1; });
  auto frames = held->sink->frames();
  ASSERT_GT(frames.size(), 1u);
  // A busy machine's encoder may drop some, and says so; nothing else is missing.
  guint64 dropped = 0;
  gst_structure_get_uint64(stats(held).get(), "dropped", &dropped);
  EXPECT_LE(missing(frames), dropped);
  EXPECT_EQ(held->lost, "");
}

TEST_F(Lifecycle, DrainedComesWithoutViewersToo) {
  Feeder feeder(make_track(MediaKind::video), kLimited);
  feeder.wait_for_end();
  waiter_.wait([&] { return drained_ == 1; });
}

TEST_F(Lifecycle, DrainedComesAfterTranscoding) {
  Feeder feeder(make_track(MediaKind::video),
                std::string(kLimited) + " ! x264enc bframes=2 key-int-max=5 speed-preset=veryfast");
  wait_for_input();
  auto held = hold({Codec::vp8}, only({{Codec::vp8, {}}}));
  EXPECT_EQ(held->name, "vp8");
  feeder.wait_for_end();
  waiter_.wait([&] { return drained_ == 1; });
  // How many depends on the machine: the viewer begins at a keyframe, and a live source drops.
  EXPECT_GT(held->sink->count(), 0u);
}

TEST_F(Lifecycle, FeedingAfterTheEndBeginsAnew) {
  make_track(MediaKind::video);
  std::shared_ptr<Held> held;
  {
    Feeder feeder(track(), kLimited);
    wait_for_input();
    held = hold({Codec::h264});
    feeder.wait_for_end();
    waiter_.wait([&] { return drained_ == 1; });
  }
  size_t keyframes = held->sink->keyframes();
  Feeder feeder(track(), kTestPicture);
  held->sink->wait_for_keyframes(keyframes + 1);
  EXPECT_EQ(held->lost, "");
}

TEST_F(Lifecycle, StopTellsTheLeases) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto held = hold({Codec::h264});
  stop_track();
  EXPECT_NE(held->lost, "");
  EXPECT_EQ(rendition_count(), 0u);
  EXPECT_FALSE(try_lease({Codec::h264}));
}

TEST_F(Lifecycle, ALeaseBeforeAnyInputIsRefused) {
  make_track(MediaKind::video);
  auto lease = try_lease({Codec::h264});
  ASSERT_FALSE(lease);
  EXPECT_FALSE(lease.error().sentence.empty());
}

TEST_F(Lifecycle, ALeaseMayEndInTheMiddleOfTheStart) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  for (int i = 0; i < 20; i++) {
    auto lease = try_lease({Codec::h264, Codec::vp8});
    ASSERT_TRUE(lease);
    auto ended = std::make_shared<bool>(false);
    control_.call([&] {
      // Told at once where the rendition of the round before still lingers.
      (*lease)->when_ready([ended](Result<void>) { EXPECT_FALSE(*ended) << "told after its end"; });
      *ended = true;
      lease->reset();
    });
  }
}

TEST_F(Lifecycle, StartAndStopFiftyTimesLeavesNothingBehind) {
  test::ProcessCensus before;
  for (int i = 0; i < 55; i++) {
    // The first rounds load plugins and fill thread pools.
    if (i == 5) {
      before = test::census();
    }
    int changes = 0;
    waiter_.look([&] {
      changes = input_changes_;
      return true;
    });
    make_track(MediaKind::video);
    Feeder feeder(track(), i % 2 ? kTestPicture
                                 : "videotestsrc is-live=true ! "
                                   "video/x-raw,format=I420,width=64,height=64,framerate=60/1 ! "
                                   "x264enc bframes=2 speed-preset=ultrafast key-int-max=5");
    wait_for_input(changes + 1);
    auto lease = try_lease({Codec::h264, Codec::vp8}, only({h264("42e01f"), {Codec::vp8, {}}}));
    ASSERT_TRUE(lease);
    // In the middle of the start, or after some frames.
    if (i % 3) {
      auto held = hold({Codec::vp8}, only({{Codec::vp8, {}}}));
      held->sink->wait_for_frames(1);
      stop_track();
      release(held);
    } else {
      stop_track();
    }
    control_.call([&] { lease->reset(); });
  }
  EXPECT_EQ(test::left_behind(before.threads + 2, before.descriptors + 2), "");
}

}  // namespace
}  // namespace webcast
