// A pad of webcastsrc between frames that somebody brings and an appsink.
#include "plugins/reception/source_pad.hpp"

#include <gst/app/gstappsink.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace webcast {
namespace {

constexpr GstClockTime kFrame = 33 * GST_MSECOND;
// A latency with which nothing is missing yet, however long a test is held up.
constexpr GstClockTime kNoGaps = 1000 * 3600 * GST_SECOND;

class SourcePadTest : public testing::Test {
 protected:
  void SetUp() override {
    gst_init(nullptr, nullptr);
    pipeline_ = adopt(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))));
    source_ = gst_bin_new(nullptr);
    sink_ = gst_element_factory_make("appsink", nullptr);
    g_object_set(sink_, "sync", FALSE, "async", FALSE, nullptr);
    gst_bin_add_many(GST_BIN(pipeline_.get()), source_, sink_, nullptr);
    g_signal_connect(source_, "pad-added", G_CALLBACK(link), sink_);
    gst_element_set_start_time(pipeline_.get(), GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(pipeline_.get(), 0);
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    templ_ = adopt(gst_pad_template_new("video_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
                                        adopt(gst_caps_new_any()).get()));
    gst_object_ref_sink(templ_.get());
    SourcePadEvents events;
    events.first_frame = [] {};
    events.want_keyframe = [this] { wishes_++; };
    events.overrun = [this] { overruns_++; };
    events.ended = [] {};
    events.failed = [](GstFlowReturn) {};
    pad_ = SourcePad::create(source_, templ_.get(), "video_0", MediaKind::video, raw_, latency_,
                             events);
    pad_->set_playing(true);
  }
  void TearDown() override {
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    pad_->remove();
  }
  static void link(GstElement*, GstPad* pad, gpointer sink) {
    Ref<GstPad> target = adopt(gst_element_get_static_pad(static_cast<GstElement*>(sink), "sink"));
    gst_pad_link(pad, target.get());
  }
  void push(GstClockTime time, bool keyframe) {
    Ref<GstBuffer> buffer = adopt(gst_buffer_new_allocate(nullptr, 10, nullptr));
    GST_BUFFER_PTS(buffer.get()) = time;
    if (!keyframe) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    Ref<GstSample> sample = adopt(gst_sample_new(buffer.get(), caps_.get(), &segment, nullptr));
    pad_->push(sample.get());
  }
  // When the next frame is to be shown; none: nothing came.
  GstClockTime next() {
    Ref<GstSample> sample =
        adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(sink_), 60 * GST_SECOND));
    return sample ? GST_BUFFER_PTS(gst_sample_get_buffer(sample.get())) : GST_CLOCK_TIME_NONE;
  }

  GstClockTime clock_time() {
    return gst_clock_get_time(adopt(gst_element_get_clock(source_)).get());
  }

  bool raw_ = false;
  GstClockTime latency_ = kNoGaps;
  std::atomic<int> wishes_{0}, overruns_{0};
  GstElement *source_ = nullptr, *sink_ = nullptr;
  Ref<GstElement> pipeline_;
  Ref<GstPadTemplate> templ_;
  Ref<GstCaps> caps_ = adopt(gst_caps_new_empty_simple("video/x-h264"));
  std::shared_ptr<SourcePad> pad_;
};

class RawSourcePadTest : public SourcePadTest {
 protected:
  RawSourcePadTest() { raw_ = true; }
};

TEST_F(SourcePadTest, WhatHasNoTimeHasThatOfWhatCameBefore) {
  push(kFrame, true);
  pad_->show();
  push(2 * kFrame, false);
  push(GST_CLOCK_TIME_NONE, true);
  push(3 * kFrame, false);
  EXPECT_EQ(next(), kFrame);
  EXPECT_EQ(next(), 2 * kFrame);
  EXPECT_EQ(next(), 2 * kFrame);
  EXPECT_EQ(next(), 3 * kFrame);
  EXPECT_EQ(pad_->frames_dropped(), 0u);
}

TEST_F(SourcePadTest, AFirstFrameWithoutATimeIsOfNow) {
  push(GST_CLOCK_TIME_NONE, true);
  pad_->show();
  EXPECT_TRUE(GST_CLOCK_TIME_IS_VALID(next()));
}

TEST_F(SourcePadTest, WishesForAKeyframeAsLongAsItWaitsForOne) {
  for (int i = 0; i < 3; i++)
    push(kFrame * i, false);
  EXPECT_EQ(wishes_, 3) << "one of them may be lost";
  EXPECT_EQ(pad_->frames_dropped(), 3u);
  push(3 * kFrame, true);
  push(4 * kFrame, false);
  EXPECT_EQ(wishes_, 3);
  pad_->show();
  EXPECT_EQ(next(), 3 * kFrame);
}

TEST_F(SourcePadTest, WhatIsDroppedBehindASlowPadIsCountedAndSaidOnce) {
  push(0, true);  // not shown: nobody takes it
  for (GstClockTime i = 1; i <= 90; i++)
    push(i * kFrame, false);
  EXPECT_GT(pad_->frames_dropped(), 30u);
  EXPECT_EQ(overruns_, 1);
}

TEST_F(SourcePadTest, NothingComesBehindAnEnd) {
  push(0, true);
  pad_->show();
  EXPECT_EQ(next(), 0u);
  pad_->finish();
  push(kFrame, true);
  Ref<GstSample> sample = adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(sink_), 60 * GST_SECOND));
  EXPECT_FALSE(sample);
  EXPECT_TRUE(gst_app_sink_is_eos(GST_APP_SINK(sink_)));
}

TEST_F(SourcePadTest, AnEndBeforeAllFramesHasTheCapsThatWereExpected) {
  Ref<GstCaps> expected = adopt(gst_caps_new_empty_simple("video/x-vp8"));
  pad_->expect(expected);
  pad_->show();
  pad_->finish();
  EXPECT_FALSE(GST_CLOCK_TIME_IS_VALID(next()));
  EXPECT_TRUE(gst_app_sink_is_eos(GST_APP_SINK(sink_)));
  Ref<GstCaps> caps = adopt(gst_pad_get_current_caps(pad_->pad()));
  ASSERT_TRUE(caps);
  EXPECT_TRUE(gst_caps_is_equal(caps.get(), expected.get()));
}

TEST_F(SourcePadTest, TheFirstFrameKnowsBetterThanWhatWasExpected) {
  pad_->expect(adopt(gst_caps_new_empty_simple("video/x-vp8")));
  push(kFrame, true);
  pad_->show();
  Ref<GstCaps> caps = adopt(gst_pad_get_current_caps(pad_->pad()));
  ASSERT_TRUE(caps);
  EXPECT_TRUE(gst_caps_is_equal(caps.get(), caps_.get()));
  EXPECT_EQ(next(), kFrame);
}

TEST_F(SourcePadTest, AnEventIsInOrderWithTheFrames) {
  push(0, true);
  Ref<GstEvent> event =
      adopt(gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty("chapter")));
  EXPECT_TRUE(pad_->send(event.get()));
  push(kFrame, false);
  std::atomic<int> order{0};
  std::atomic<int> event_at{-1};
  struct Seen {
    std::atomic<int>&order, &event_at;
  } seen{order, event_at};
  Ref<GstPad> target = adopt(gst_element_get_static_pad(sink_, "sink"));
  gst_pad_add_probe(
      target.get(),
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
      [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        auto& at = *static_cast<Seen*>(data);
        if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
          at.order++;
        else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_CUSTOM_DOWNSTREAM)
          at.event_at = at.order.load();
        return GST_PAD_PROBE_OK;
      },
      &seen, nullptr);
  pad_->show();
  EXPECT_EQ(next(), 0u);
  EXPECT_EQ(next(), kFrame);
  EXPECT_EQ(event_at, 1);
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

// A seek of a file beside it, with a flush: the pipeline counts from zero again.
TEST_F(RawSourcePadTest, FollowsARunningTimeThatBeginsAnew) {
  GstClockTime now = clock_time();
  push(now, true);
  pad_->show();
  EXPECT_EQ(next(), now);
  gst_element_set_base_time(source_, now);
  push(now + kFrame, false);
  EXPECT_EQ(next(), kFrame);
}

TEST_F(RawSourcePadTest, APauseLetsNoTimeGoBack) {
  GstClockTime now = clock_time();
  push(now, true);
  pad_->show();
  EXPECT_EQ(next(), now);
  push(now + kFrame, false);
  EXPECT_EQ(next(), now + kFrame);
  gst_element_set_base_time(source_, 10 * GST_MSECOND);
  push(now + kFrame + 5 * GST_MSECOND, false);
  EXPECT_EQ(next(), now + kFrame) << "not 5 ms before it";
}

class GapsTest : public SourcePadTest {
 protected:
  GapsTest() { latency_ = 0; }
};

// Nobody sends any more, and a flush took the preroll of what is behind the pad.
TEST_F(GapsTest, GapsFillARunningTimeThatBeginsAnew) {
  GstClockTime now = clock_time();
  push(now, true);
  pad_->show();
  EXPECT_EQ(next(), now);
  std::promise<void> told;
  auto gap = told.get_future();
  auto on_event = +[](GstPad*, GstPadProbeInfo* info, gpointer data) {
    GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
    GstClockTime start = GST_CLOCK_TIME_NONE;
    if (GST_EVENT_TYPE(event) == GST_EVENT_GAP) gst_event_parse_gap(event, &start, nullptr);
    if (start != 0) return GST_PAD_PROBE_OK;
    static_cast<std::promise<void>*>(data)->set_value();
    return GST_PAD_PROBE_REMOVE;
  };
  gst_pad_add_probe(pad_->pad(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, &told, nullptr);
  gst_element_set_base_time(source_, now - 10 * GST_SECOND);
  EXPECT_EQ(gap.wait_for(std::chrono::seconds(60)), std::future_status::ready);
}

TEST_F(SourcePadTest, GoesOnAfterAFlush) {
  push(0, true);
  pad_->show();
  EXPECT_EQ(next(), 0u);
  Ref<GstEvent> start = adopt(gst_event_new_flush_start());
  Ref<GstEvent> stop = adopt(gst_event_new_flush_stop(FALSE));
  EXPECT_TRUE(pad_->send(start.get()));
  EXPECT_TRUE(pad_->send(stop.get()));
  push(kFrame, false);
  EXPECT_EQ(wishes_, 1) << "what was flushed was what it builds on";
  push(2 * kFrame, true);
  EXPECT_EQ(next(), 2 * kFrame);
}

}  // namespace
}  // namespace webcast
