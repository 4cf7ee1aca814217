// webcastsink under seeks, rates and segments: it keeps the pace that any sink keeps.
#include <gtest/gtest.h>
#include <unistd.h>

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

// A second of pictures, as a file; gone with this.
class RecordedSecond {
 public:
  RecordedSecond() {
    char* name = nullptr;
    close(g_file_open_tmp("webcast-XXXXXX.webm", &name, nullptr));
    name_ = name;
    g_free(name);
    std::string launch =
        "videotestsrc num-buffers=15 ! video/x-raw,width=64,height=64,framerate=15/1 ! "
        "vp8enc deadline=1 ! webmmux ! filesink location=" +
        name_;
    Ref<GstElement> recorder = adopt(gst_parse_launch(launch.c_str(), nullptr));
    EXPECT_TRUE(ends_well(recorder.get()));
    gst_element_set_state(recorder.get(), GST_STATE_NULL);
  }
  ~RecordedSecond() { unlink(name_.c_str()); }
  std::string uri() const { return "file://" + name_; }

  static bool ends_well(GstElement* pipeline) {
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    Ref<GstBus> bus = adopt(gst_element_get_bus(pipeline));
    Ref<GstMessage> last = adopt(gst_bus_timed_pop_filtered(
        bus.get(), 30 * GST_SECOND,
        static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
    return last && GST_MESSAGE_TYPE(last.get()) == GST_MESSAGE_EOS;
  }

 private:
  std::string name_;
};

TEST(Gapless, FilesThatAPlayerJoinsKeepThePaceAndLoseNoPicture) {
  constexpr int kFiles = 3;
  RecordedSecond file;
  Ref<GstElement> player = make_element("playbin3");
  GstElement* sink = gst_parse_bin_from_description(
      "queue name=before ! webcastsink location=listen://127.0.0.1:0", TRUE, nullptr);
  g_object_set(player.get(), "uri", file.uri().c_str(), "video-sink", sink, nullptr);
  struct Seen {
    std::atomic<int> files{1}, pictures{0};
    std::string uri{};
  } seen{.uri = file.uri()};
  auto on_about_to_finish = +[](GstElement* playbin, Seen* self) {
    if (self->files == kFiles) return;
    self->files++;
    g_object_set(playbin, "uri", self->uri.c_str(), nullptr);
  };
  g_signal_connect(player.get(), "about-to-finish", G_CALLBACK(on_about_to_finish), &seen);
  Ref<GstElement> before = adopt(gst_bin_get_by_name(GST_BIN(sink), "before"));
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(before.get(), "src"));
  auto count = +[](GstPad*, GstPadProbeInfo*, gpointer self) {
    static_cast<Seen*>(self)->pictures++;
    return GST_PAD_PROBE_OK;
  };
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, count, &seen, nullptr);
  auto began = Clock::now();
  EXPECT_TRUE(RecordedSecond::ends_well(player.get()));
  EXPECT_GE(Clock::now() - began, std::chrono::milliseconds(kFiles * 1000 - 100));
  EXPECT_EQ(seen.files, kFiles);
  EXPECT_EQ(seen.pictures, kFiles * 15);
  gst_element_set_state(player.get(), GST_STATE_NULL);
}

}  // namespace
