// Encoded input that shows no keyframes: known in time, told, and decoded where it can be.
#include "plugins/media/keyframe_sight.hpp"

#include "tests/unit/media/received.hpp"
#include "tests/unit/media/track_fixture.hpp"

namespace webcast {
namespace {

using Time = KeyframeSight::Time;

constexpr Time kFrame{33};

// Pictures from `from` until `until`; the verdicts that changed something.
int changes(KeyframeSight& sight, Time from, Time until) {
  int changed = 0;
  for (Time now = from; now < until; now += kFrame)
    changed += sight.picture(now).changed;
  return changed;
}

TEST(KeyframeSight, IsLostWithinFiveSecondsOfPicturesAndToldOnce) {
  KeyframeSight sight;
  sight.wanted(Time(1000));
  EXPECT_EQ(changes(sight, Time(1000), Time(4900)), 0);
  EXPECT_EQ(changes(sight, Time(4900), Time(6000)), 1);
  EXPECT_TRUE(sight.lost());
  sight.wanted(Time(6000));
  EXPECT_EQ(changes(sight, Time(6000), Time(20000)), 0);
}

TEST(KeyframeSight, AKeyframeInTimeLeavesNothingToSay) {
  KeyframeSight sight;
  sight.wanted(Time(0));
  EXPECT_EQ(changes(sight, Time(0), Time(3900)), 0);
  EXPECT_FALSE(sight.keyframe().changed);
  EXPECT_EQ(changes(sight, Time(3900), Time(60000)), 0);
}

TEST(KeyframeSight, NobodyWhoWaitsIsNoReasonToMissOne) {
  KeyframeSight sight;
  EXPECT_EQ(changes(sight, Time(0), Time(3600000)), 0);
}

TEST(KeyframeSight, AKeyframeThatComesLateIsTold) {
  KeyframeSight sight;
  sight.wanted(Time(0));
  EXPECT_EQ(changes(sight, Time(0), Time(9000)), 1);
  EXPECT_TRUE(sight.keyframe().changed);
  EXPECT_FALSE(sight.lost());
  EXPECT_FALSE(sight.keyframe().changed);
}

TEST(KeyframeSight, APauseSaysNothingAboutKeyframes) {
  KeyframeSight sight;
  sight.wanted(Time(0));
  EXPECT_EQ(changes(sight, Time(0), Time(1000)), 0);
  EXPECT_FALSE(sight.picture(Time(60000)).changed);
  EXPECT_EQ(changes(sight, Time(60033), Time(63900)), 0);
  EXPECT_EQ(changes(sight, Time(63900), Time(64900)), 1);
}

TEST(KeyframeSight, ARequestThatNobodyRepeatsIsRepeatedEachSecond) {
  KeyframeSight sight;
  sight.wanted(Time(0));
  int asked = 0;
  for (Time now(0); now < Time(3500); now += Time(100))
    asked += sight.picture(now).ask;
  EXPECT_EQ(asked, 3);
  // A rendition's governor asks each half second.
  asked = 0;
  for (Time now(3500); now < Time(6000); now += Time(500)) {
    sight.wanted(now);
    asked += sight.picture(now).ask;
  }
  EXPECT_EQ(asked, 0);
  sight.keyframe();
  EXPECT_FALSE(sight.picture(Time(60000)).ask);
}

class Keyless : public TrackTest {
 protected:
  ~Keyless() override { stop_track(); }

  void feed(const std::string& encoder, TrackSettings settings = {}, Feeder::Edit edit = {}) {
    make_track(MediaKind::video, settings);
    auto counted = [this, edit = std::move(edit)](Ref<GstBuffer> buffer) {
      waiter_.change([&] { fed_++; });
      return edit ? edit(std::move(buffer)) : buffer;
    };
    feeder_ = std::make_unique<Feeder>(track(),
                                       "videotestsrc is-live=true ! video/x-raw,format=I420,"
                                       "width=160,height=120,framerate=30/1 ! " +
                                           encoder,
                                       std::move(counted));
  }
  std::shared_ptr<Held> hold_any() {
    return hold({Codec::h264, Codec::vp8}, only({h264("42e01f"), {Codec::vp8, {}}}));
  }
  // From here on the encoder makes a keyframe when it is asked for one.
  void answer() {
    control_.call([this] {
      answers_ = true;
      on_upstream_keyframe_ = [this] {
        if (answers_) feeder_->send_force_keyframe();
      };
    });
  }
  // Who comes after the first picture, with which a keyframe came.
  std::shared_ptr<Held> hold_waiting() {
    wait_for_input();
    // The first keyframe may still be on its way, behind what told of it.
    waiter_.wait([this] { return fed_ >= 15; });
    auto held = hold_any();
    control_.call([&] {
      held->lease->when_stuck(
          [this](const Error& error) { waiter_.change([&] { stuck_ = error.sentence; }); });
    });
    return held;
  }
  // Who comes when the keyframe of an earlier viewer is gone; `deaf`: and no other follows.
  std::shared_ptr<Held> hold_late(bool deaf) {
    first_ = hold_waiting();
    first_->sink->wait_for_frames(10);
    answers_ = !deaf;
    // A keyframe that was asked for before this may be under way.
    first_->sink->wait_for_frames(first_->sink->count() + 45);
    return hold_waiting();
  }

  std::atomic<bool> answers_{false};
  int fed_ = 0;
  std::unique_ptr<Feeder> feeder_;
  std::shared_ptr<Held> first_;  // watches on
  std::string stuck_;
};

const std::string kConstrained =
    " ! video/x-h264,stream-format=byte-stream,profile=constrained-baseline";
const std::string kOneIdr =
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=100000 "
    "option-string=scenecut=0" +
    kConstrained;
const std::string kIntraRefresh =
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=20 intra-refresh=true" +
    kConstrained;

TEST_F(Keyless, OneIdrIsToldOnceAndTheViewerStays) {
  feed(kOneIdr);
  answer();
  auto late = hold_late(true);
  waiter_.wait([&] { return !warnings_.empty(); });
  EXPECT_NE(warnings_[0].find("key-int-max"), std::string::npos) << warnings_[0];
  EXPECT_NE(warnings_[0].find("video_0"), std::string::npos) << warnings_[0];
  bool lacks = false;
  control_.call([&] { lacks = track().lacks_keyframes(); });
  EXPECT_TRUE(lacks);
  EXPECT_GE(upstream_keyframes_, 2);
  EXPECT_EQ(late->lost, "");
  EXPECT_EQ(late->sink->count(), 0u);
  // The encoder makes one after all: it serves who waited, and there is nothing to say any more.
  feeder_->send_force_keyframe();
  late->sink->wait_for_frames(5);
  EXPECT_TRUE(late->sink->frames().front().keyframe);
  control_.call([&] { lacks = track().lacks_keyframes(); });
  EXPECT_FALSE(lacks);
  EXPECT_EQ(warnings_.size(), 1u);
}

TEST_F(Keyless, AnEncoderThatAnswersIsAskedAndNothingIsSaid) {
  feed(kOneIdr);
  answer();
  auto late = hold_late(false);
  late->sink->wait_for_frames(150);  // longer than anybody's patience
  EXPECT_EQ(late->name, "h264-passthrough");
  EXPECT_TRUE(warnings_.empty()) << warnings_.front();
  EXPECT_EQ(late->lost + stuck_, "");
}

TEST_F(Keyless, IntraRefreshIsDecodedFromARecoveryPointAndEncoded) {
  feed(kIntraRefresh);
  auto late = hold_waiting();
  // On a machine that stands still for seconds it is known before the first one comes.
  bool came_first = late->name == "h264-passthrough";
  waiter_.wait([&] { return !(came_first && stuck_.empty()) && !warnings_.empty(); });
  auto next = hold_any();
  ASSERT_EQ(next->error, "");
  EXPECT_EQ(next->name, "h264");
  next->sink->wait_for_frames(20);
  auto received = receive(next->format, next->sink->frames());
  EXPECT_EQ(received.error, "");
  EXPECT_EQ(received.width, 160);
  // Colour bars, and not the grey of a picture that has not recovered: white is where they begin.
  ASSERT_FALSE(received.first_pixels.empty());
  EXPECT_GT(received.first_pixels.front(), 170);
  bool lacks = true;
  control_.call([&] { lacks = track().lacks_keyframes(); });
  EXPECT_FALSE(lacks);
  EXPECT_EQ(late->lost, "");
  EXPECT_EQ(warnings_.size(), 1u);
}

TEST_F(Keyless, NothingIsEncodedWhereThatIsNotAllowed) {
  feed(kIntraRefresh, {Transcode::never});
  auto late = hold_waiting();
  waiter_.wait([&] { return !warnings_.empty(); });
  EXPECT_EQ(hold_any()->name, "h264-passthrough");
  EXPECT_EQ(stuck_, "");
  EXPECT_TRUE(encoders_.empty());
  bool lacks = false;
  control_.call([&] { lacks = track().lacks_keyframes(); });
  EXPECT_TRUE(lacks);
}

struct Stream {
  const char* name;
  const char* encoder;
};

class FromTheMiddle : public Keyless, public ::testing::WithParamInterface<Stream> {};

// Without its first keyframe nothing is known of it, and nobody watches yet.
TEST_P(FromTheMiddle, IsAskedForAKeyframeAndTold) {
  // The feeder outlives this function.
  feed(GetParam().encoder, {}, [count = 0](Ref<GstBuffer> buffer) mutable {
    return count++ ? buffer : Ref<GstBuffer>();
  });
  waiter_.wait([&] { return !warnings_.empty(); });
  EXPECT_GE(upstream_keyframes_, 2);
  bool lacks = false, known = true;
  control_.call([&] {
    lacks = track().lacks_keyframes();
    known = track().has_input();
  });
  EXPECT_TRUE(lacks);
  EXPECT_FALSE(known);
  feeder_->send_force_keyframe();
  wait_for_input();
  auto held = hold({Codec::h264, Codec::vp8, Codec::vp9},
                   only({h264("42e01f"), {Codec::vp8, {}}, {Codec::vp9, {}}}));
  EXPECT_EQ(held->error, "");
  EXPECT_EQ(warnings_.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Each, FromTheMiddle,
    ::testing::Values(Stream{"h264", kOneIdr.c_str()},
                      Stream{"vp8", "vp8enc deadline=1 keyframe-max-dist=100000"},
                      Stream{"vp9", "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=100000"}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace webcast
