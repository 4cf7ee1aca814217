// webcastsrc: picture and sound that left the publisher together come out with the same time.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include "tests/integration/viewer_process.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

// A watchdog. On a machine that is busy the publisher makes less of its media than time goes by.
constexpr auto kLongPatience = std::chrono::minutes(2);

// When the pictures turned white, or the sound loud.
struct Onsets {
  std::mutex mutex;
  std::vector<GstClockTime> times;
  bool on = true;  // until it was off once

  void note(bool now_on, GstClockTime time) {
    std::lock_guard lock(mutex);
    if (now_on && !on) times.push_back(time);
    on = now_on;
  }
  std::vector<GstClockTime> all() {
    std::lock_guard lock(mutex);
    return times;
  }
};

GstPadProbeReturn on_picture(GstPad*, GstPadProbeInfo* info, gpointer data) {
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  guint8 luma = 0;  // a pixel in the middle of the first line, which has no padding before it
  gst_buffer_extract(buffer, 160, &luma, 1);
  static_cast<Onsets*>(data)->note(luma > 180, GST_BUFFER_PTS(buffer));
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn on_sound(GstPad*, GstPadProbeInfo* info, gpointer data) {
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return GST_PAD_PROBE_OK;
  int peak = 0;
  for (gsize i = 0; i + 1 < map.size; i += 2)
    peak = std::max(peak, std::abs(static_cast<gint16>(map.data[i] | map.data[i + 1] << 8)));
  gst_buffer_unmap(buffer, &map);
  static_cast<Onsets*>(data)->note(peak > 8000, GST_BUFFER_PTS(buffer));
  return GST_PAD_PROBE_OK;
}

TEST(SourceSync, APictureAndASoundOfOneMomentHaveOneTime) {
  Onsets pictures, sounds;
  SinkPipeline source(
      "webcastsrc name=s location=listen://127.0.0.1:0 local-addresses=\"<127.0.0.1>\" "
      "s.video_0 ! queue ! video/x-raw,format=I420 ! identity name=picture ! fakesink async=false "
      "s.audio_0 ! queue ! audio/x-raw,format=S16LE ! identity name=sound ! fakesink async=false");
  auto watch = [&](const char* name, GstPadProbeCallback callback, Onsets* onsets) {
    Ref<GstPad> pad = adopt(gst_element_get_static_pad(source.element(name), "src"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, callback, onsets, nullptr);
  };
  watch("picture", on_picture, &pictures);
  watch("sound", on_sound, &sounds);
  std::string url = source.play_and_listen();
  ASSERT_FALSE(url.empty());
  const char* program = g_getenv("WEBCAST_TEST_PUBLISHER");
  Process publisher({program ? program : "webcast-test-publisher", "--url",
                     "ws" + url.substr(4) + "ws", "--beat"});
  // Long enough for sender reports: from then on rtpbin knows the sender's own clock.
  ASSERT_TRUE(SinkPipeline::eventually(
      [&] { return pictures.all().size() >= 8 && sounds.all().size() >= 8; }, kLongPatience));
  std::vector<GstClockTimeDiff> apart;
  for (GstClockTime picture : pictures.all()) {
    GstClockTimeDiff nearest = GST_SECOND;
    for (GstClockTime sound : sounds.all())
      nearest = std::min(nearest, std::abs(GST_CLOCK_DIFF(sound, picture)));
    apart.push_back(nearest);
  }
  // The middle one: before the first report a picture may be later, by what its encoder takes.
  std::nth_element(apart.begin(), apart.begin() + 4, apart.end());
  g_print("picture and sound are %d ms apart\n", static_cast<int>(apart[4] / GST_MSECOND));
  // A frame of the picture (33 ms), a buffer of sound (23 ms), and a packet of it (20 ms).
  EXPECT_LT(apart[4], 120 * static_cast<GstClockTimeDiff>(GST_MSECOND));
}

// Times of one pad, in the order in which they came.
struct Times {
  std::atomic<unsigned> frames{0}, back{0}, ahead{0};
  GstClockTime last = 0;
  GstElement* element = nullptr;
};

GstPadProbeReturn on_time(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto& times = *static_cast<Times*>(data);
  GstClockTime time = GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info));
  if (time < times.last) times.back++;
  times.last = std::max(times.last, time);
  // Nothing was captured later than now, however slow the machine is; a few packets of rounding.
  if (time > gst_element_get_current_running_time(times.element) + 100 * GST_MSECOND) times.ahead++;
  times.frames++;
  return GST_PAD_PROBE_OK;
}

void keeps_times_of_what_was_held_up(const char* pad, const char* other_medium) {
  SinkPipeline source(
      "webcastsrc name=s location=listen://127.0.0.1:0 local-addresses=\"<127.0.0.1>\" s." +
      std::string(pad) + " ! queue ! identity name=medium ! fakesink async=false");
  Times times;
  times.element = source.element("medium");
  Ref<GstPad> outlet = adopt(gst_element_get_static_pad(times.element, "src"));
  gst_pad_add_probe(outlet.get(), GST_PAD_PROBE_TYPE_BUFFER, on_time, &times, nullptr);
  std::string url = source.play_and_listen();
  ASSERT_FALSE(url.empty());
  const char* program = g_getenv("WEBCAST_TEST_PUBLISHER");
  Process publisher({program ? program : "webcast-test-publisher", "--url",
                     "ws" + url.substr(4) + "ws", other_medium, ""});
  auto more = [&](unsigned count) {
    unsigned before = times.frames;
    return SinkPipeline::eventually([&] { return times.frames >= before + count; }, kLongPatience);
  };
  ASSERT_TRUE(more(60));
  publisher.say("stall 1800");
  ASSERT_TRUE(more(120));
  EXPECT_EQ(times.back, 0u);
  EXPECT_EQ(times.ahead, 0u);
}

// Each alone: together one waits for the other's encoder.
TEST(SourceSync, SoundThatWasHeldUpOnTheWayKeepsItsTimes) {
  keeps_times_of_what_was_held_up("audio_0", "--codec");
}

TEST(SourceSync, PicturesThatWereHeldUpOnTheWayKeepTheirTimes) {
  keeps_times_of_what_was_held_up("video_0", "--audio");
}

}  // namespace
