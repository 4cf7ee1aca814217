// webcastsink under seeks, rates and segments: it keeps the pace that any sink keeps.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/sink_pipeline.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kFlush = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE);

// Pictures and sound that are not live; a seek says how much of them.
const std::string kSources =
    "videotestsrc ! video/x-raw,width=64,height=64,framerate=15/1 ! "
    "webcastsink name=s location=listen://127.0.0.1:0 "
    "audiotestsrc name=sound samplesperbuffer=2400 ! audio/x-raw,rate=48000 ! s.";

class Seeks : public testing::Test {
 protected:
  bool seek(double rate, GstSeekFlags flags, GstClockTime from, GstClockTime to) {
    return gst_element_seek(pipeline.pipeline(), rate, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET,
                            static_cast<gint64>(from), GST_SEEK_TYPE_SET, static_cast<gint64>(to));
  }
  bool rewind() { return seek(1, kFlush, 0, GST_SECOND); }
  // A lower bound, which no slowness breaks: the clock holds the last picture back.
  void expect_it_took(Clock::time_point since, std::chrono::milliseconds least) {
    EXPECT_GE(Clock::now() - since, least);
  }
  // To PLAYING, with one second of the sources.
  void play_a_second() {
    ASSERT_TRUE(pipeline.pause());
    ASSERT_TRUE(rewind());
    ASSERT_TRUE(pipeline.play());
  }
  SinkPipeline pipeline{kSources};
};

TEST_F(Seeks, FlushingAtTheEndPlaysAnotherRoundAtTheSamePace) {
  play_a_second();
  ASSERT_TRUE(pipeline.wait_for_end());
  for (int round = 0; round < 2; round++) {
    auto began = Clock::now();
    ASSERT_TRUE(rewind());
    ASSERT_TRUE(pipeline.wait_for_end());
    expect_it_took(began, std::chrono::milliseconds(900));
  }
}

TEST_F(Seeks, FlushingInMidPlayKeepsThePaceToo) {
  play_a_second();
  auto began = Clock::now();
  for (int seeks = 0; seeks < 5; seeks++)
    ASSERT_TRUE(rewind());
  ASSERT_TRUE(pipeline.wait_for_end());
  expect_it_took(began, std::chrono::milliseconds(900));
}

TEST_F(Seeks, BackwardsPlaysAtTheSamePace) {
  play_a_second();
  ASSERT_TRUE(pipeline.wait_for_end());
  auto began = Clock::now();
  ASSERT_TRUE(seek(-1, kFlush, 0, GST_SECOND));
  // Of the sound, which is not sent.
  EXPECT_NE(pipeline.wait_for_warning().find("backwards"), std::string::npos);
  ASSERT_TRUE(pipeline.wait_for_end());
  expect_it_took(began, std::chrono::milliseconds(900));
}

TEST_F(Seeks, SegmentsFollowEachOtherAtTheSamePace) {
  ASSERT_TRUE(pipeline.pause());
  auto flags = static_cast<GstSeekFlags>(kFlush | GST_SEEK_FLAG_SEGMENT);
  ASSERT_TRUE(seek(1, flags, 0, GST_SECOND / 2));
  auto began = Clock::now();
  ASSERT_TRUE(pipeline.play());
  // The sources are ahead by what the queues hold: the end tells how long all took.
  for (int segment = 0; segment < 3; segment++) {
    ASSERT_TRUE(pipeline.wait_for_message(GST_MESSAGE_SEGMENT_DONE));
    ASSERT_TRUE(
        seek(1, segment < 2 ? GST_SEEK_FLAG_SEGMENT : GST_SEEK_FLAG_NONE, 0, GST_SECOND / 2));
  }
  ASSERT_TRUE(pipeline.wait_for_end());
  expect_it_took(began, std::chrono::milliseconds(1900));
}

TEST_F(Seeks, AfterAFlushAPadWithoutDataHoldsNobodyUpAtTheNextStart) {
  play_a_second();
  ASSERT_TRUE(pipeline.wait_for_end());
  gst_element_send_event(pipeline.pipeline(), gst_event_new_flush_start());
  pipeline.stop();
  pipeline.drop_messages();
  GstElement* sound = pipeline.element("sound");
  gst_element_set_locked_state(sound, TRUE);
  ASSERT_TRUE(pipeline.play());
  EXPECT_EQ(gst_element_get_state(pipeline.pipeline(), nullptr, nullptr, 10 * GST_SECOND),
            GST_STATE_CHANGE_SUCCESS);
  gst_element_set_locked_state(sound, FALSE);
}

}  // namespace
