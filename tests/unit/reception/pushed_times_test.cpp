#include "plugins/reception/pushed_times.hpp"

#include <gtest/gtest.h>

#include "plugins/gst/gst_ref.hpp"

namespace webcast {
namespace {

GstClockTime kept(PushedTimes& times, GstClockTime time) {
  Ref<GstBuffer> buffer = adopt(gst_buffer_new());
  GST_BUFFER_PTS(buffer.get()) = time;
  times.keep_in_order(buffer.get());
  times.pushed(buffer.get());
  return GST_BUFFER_PTS(buffer.get());
}

TEST(PushedTimes, EncodedPicturesOfBeforeAGapHaveTimesOfTheirOwnBehindIt) {
  PushedTimes times(true);
  EXPECT_EQ(kept(times, 1 * GST_SECOND), 1 * GST_SECOND);
  times.pushed_gap_until(5 * GST_SECOND);
  GstClockTime before = 0;
  for (GstClockTime late : {4'900, 4'940, 4'980, 5'020}) {
    GstClockTime time = kept(times, late * GST_MSECOND);
    EXPECT_GE(time, 5 * GST_SECOND) << late;
    EXPECT_GT(time, before) << late;
    before = time;
  }
  EXPECT_EQ(before, 5'020 * GST_MSECOND);
}

TEST(PushedTimes, EncodedPicturesMayBeShownInAnotherOrder) {
  PushedTimes times(true);
  for (GstClockTime time : {1'000, 1'120, 1'040, 1'080, 1'160})
    EXPECT_EQ(kept(times, time * GST_MSECOND), time * GST_MSECOND);
}

TEST(PushedTimes, NoOtherTimeGoesBack) {
  PushedTimes times(false);
  EXPECT_EQ(kept(times, 2 * GST_SECOND), 2 * GST_SECOND);
  EXPECT_EQ(kept(times, 1 * GST_SECOND), 2 * GST_SECOND);
}

TEST(PushedTimes, MoreThanAThousandPicturesASecondDoNotMoveWhatFollows) {
  PushedTimes times(true);
  times.pushed_gap_until(10 * GST_SECOND);
  for (GstClockTime i = 0; i < 100'000; i++) {  // in 10 s
    GstClockTime time = 10 * GST_SECOND + i * GST_MSECOND / 10;
    EXPECT_LE(kept(times, time), time + 6 * GST_SECOND) << i;
    EXPECT_GE(times.position(), time) << i;
  }
  EXPECT_EQ(kept(times, 27 * GST_SECOND), 27 * GST_SECOND) << "of another publisher";
}

}  // namespace
}  // namespace webcast
