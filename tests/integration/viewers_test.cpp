// webcastsink with viewers in other processes: who gets what, and what they are told.
#include <gtest/gtest.h>

#include "tests/integration/viewer_process.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

class Viewers : public testing::Test {
 protected:
  void launch(const std::string& text) {
    sink = std::make_unique<SinkPipeline>(text);
    url = sink->play_and_listen();
    ASSERT_FALSE(url.empty());
  }
  std::string connected_codec() {
    auto message = sink->wait_for("webcast-viewer-connected");
    return message ? field(*message, "codec") : "nobody connected";
  }
  std::unique_ptr<SinkPipeline> sink;
  std::string url;
};

TEST_F(Viewers, AViewerWithAnOfferIsAnsweredAndGetsPictureAndSound) {
  launch(kVideo + kSink + kAudio + "s.");
  auto viewer = watch(url, {"--frames", "30"});
  EXPECT_EQ(viewer->wait_exit(kPatience), 0);
  auto last = viewer->wait_line_with("\"progress\"", kPatience);
  EXPECT_EQ(connected_codec(), "H264");
}

TEST_F(Viewers, SoundArrivesBesideThePicture) {
  launch(kVideo + kSink + kAudio + "s.");
  auto viewer = watch(url);
  auto line = viewer->wait_line(
      [](const std::string& l) {
        return json_field(l, "event") == "progress" && json_field(l, "video_frames") != "0" &&
               json_field(l, "audio_packets") != "0";
      },
      kPatience);
  EXPECT_TRUE(line);
}

std::string warning_of(SinkPipeline& sink, const std::string& wanted) {
  std::string warning;
  do {
    warning = sink.wait_for_warning();
  } while (!warning.empty() && warning.find(wanted) == std::string::npos);
  return warning;
}

// An encoder of sound that cannot be linked.
gboolean cut_off_sound(GstElement*, const char* rendition, GstElement* encoder, gpointer) {
  if (std::string(rendition) != "opus") return FALSE;
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(encoder, "src"));
  gst_element_remove_pad(encoder, pad.get());
  return TRUE;
}

TEST_F(Viewers, WhereTheSoundCannotBeMadeThePicturePlaysWithAWarning) {
  sink = std::make_unique<SinkPipeline>(kVideo + kSink + kAudio + "s.");
  g_signal_connect(sink->sink(), "encoder-setup", G_CALLBACK(cut_off_sound), nullptr);
  url = sink->play_and_listen();
  auto viewer = watch(url);
  EXPECT_TRUE(receives(*viewer, 30));
  EXPECT_NE(warning_of(*sink, "A viewer gets no audio"), "");
}

TEST_F(Viewers, WithoutAnEncoderForSoundThePicturePlaysWithAWarning) {
  g_setenv("GST_PLUGIN_FEATURE_RANK", "opusenc:NONE,avenc_opus:NONE", TRUE);
  sink = std::make_unique<SinkPipeline>(kVideo + kSink + kAudio + "s.");
  ASSERT_TRUE(sink->play());
  EXPECT_NE(warning_of(*sink, "Viewers get no audio"), "") << "at the start";
  auto listening = sink->wait_for("webcast-listening");
  ASSERT_TRUE(listening);
  auto viewer = watch(field(*listening, "url"));
  EXPECT_TRUE(receives(*viewer, 30));
  g_unsetenv("GST_PLUGIN_FEATURE_RANK");
}

// x264enc answers a request for a keyframe by refreshing, not by an IDR.
TEST_F(Viewers, AStreamWithoutKeyframesIsToldAndEncodedAnew) {
  launch(kVideo +
         "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 "
         "intra-refresh=true ! video/x-h264,profile=constrained-baseline ! " +
         kSink);
  EXPECT_NE(warning_of(*sink, "shows no keyframe"), "");
  auto viewer = watch(url);
  EXPECT_TRUE(receives(*viewer, 30));
}

// Until its first input a live compositor makes pictures of 1x1.
TEST_F(Viewers, WhoComesBeforeAMixersFirstInputGetsItsPictures) {
  launch(
      "videotestsrc is-live=true ! video/x-raw,width=320,height=240 ! valve name=input drop=true "
      "! compositor force-live=true ! " +
      kSink + "video-codecs=VP8");
  auto viewer = watch(url, {"--no-audio"});
  ASSERT_TRUE(receives(*viewer, 10));
  auto line = viewer->wait_line_with("progress", kPatience);
  ASSERT_TRUE(line);
  g_object_set(sink->element("input"), "drop", FALSE, nullptr);
  // As many bytes as no blank pictures have in the time that a test may take.
  auto bytes = [&](const std::string& progress) {
    return g_ascii_strtoull(json_field(progress, "video_bytes").c_str(), nullptr, 10);
  };
  guint64 before = bytes(*line);
  while (line && bytes(*line) < before + 200'000)
    line = viewer->wait_line_with("progress", kPatience);
  EXPECT_TRUE(line) << "the pictures of the input never came";
}

TEST_F(Viewers, APictureWhoseTagSaysThatItLiesIsSentUpright) {
  launch(kVideo + "taginject tags=\"image-orientation=rotate-90\" ! " + kSink);
  auto viewer = watch(url, {"--no-audio"});
  EXPECT_TRUE(receives(*viewer, 10));
  std::unique_ptr<char, decltype(&g_free)> text(gst_structure_to_string(sink->stats().get()),
                                                g_free);
  EXPECT_NE(std::string(text.get()).find("width\\=\\(int\\)240"), std::string::npos) << text.get();
}

TEST_F(Viewers, APlainViewerIsSentAnOffer) {
  launch(kVideo + kSink + kAudio + "s.");
  auto viewer = watch(url, {"--plain"});
  auto description = viewer->wait_line_with("\"description\"", kPatience);
  ASSERT_TRUE(description);
  EXPECT_EQ(json_field(*description, "type"), "offer");
  EXPECT_TRUE(receives(*viewer, 30));
}

TEST_F(Viewers, EachGetsACodecThatItHas) {
  launch(kVideo + kSink);
  auto first = watch(url, {"--codecs", "H264", "--no-audio"});
  EXPECT_EQ(connected_codec(), "H264");
  auto second = watch(url, {"--codecs", "VP8", "--no-audio"});
  EXPECT_EQ(connected_codec(), "VP8");
  auto third = watch(url, {"--codecs", "VP9", "--no-audio"});
  EXPECT_EQ(connected_codec(), "VP9");
  EXPECT_TRUE(receives(*first, 30));
  EXPECT_TRUE(receives(*second, 30));
  EXPECT_TRUE(receives(*third, 30));
  EXPECT_EQ(sink->viewers(), 3u);
}

TEST_F(Viewers, AViewerWithoutACommonCodecIsToldWhyNot) {
  launch(kVideo + kSink + "video-codecs=VP8");
  auto viewer = watch(url, {"--codecs", "H264", "--no-audio"});
  auto ended = viewer->wait_line_with("\"ended\"", kPatience);
  ASSERT_TRUE(ended);
  EXPECT_FALSE(json_field(*ended, "error").empty()) << *ended;
}

TEST_F(Viewers, OneEncoderServesAllWhoTakeItsCodec) {
  launch(kVideo + kSink);
  std::vector<std::unique_ptr<Process>> viewers;
  for (int i = 0; i < 4; i++)
    viewers.push_back(watch(url, {"--no-audio"}));
  for (auto& viewer : viewers)
    EXPECT_TRUE(receives(*viewer, 15));
  StructurePtr stats = sink->stats();
  const GValue* renditions = gst_structure_get_value(stats.get(), "renditions");
  EXPECT_EQ(gst_value_array_get_size(renditions), 1u);
}

TEST_F(Viewers, NobodyWatchingMeansNobodyEncodes) {
  launch(kVideo + kSink);
  auto running = [&] {
    StructurePtr stats = sink->stats();
    return gst_value_array_get_size(gst_structure_get_value(stats.get(), "renditions"));
  };
  EXPECT_EQ(running(), 0u);
  auto viewer = watch(url, {"--no-audio"});
  ASSERT_TRUE(receives(*viewer, 1));
  EXPECT_EQ(running(), 1u);
  viewer.reset();
  // First it is missed, then its encoder waits for a next one.
  EXPECT_TRUE(SinkPipeline::eventually([&] { return running() == 0; }, std::chrono::seconds(90)));
}

TEST_F(Viewers, StatisticsTellWhatAViewerGets) {
  launch(kVideo + kSink);
  auto viewer = watch(url, {"--no-audio"});
  auto connected = sink->wait_for("webcast-viewer-connected");
  ASSERT_TRUE(connected);
  std::string id = field(*connected, "id");
  ASSERT_TRUE(receives(*viewer, 60));
  auto read = [&] {
    GstStructure* stats = nullptr;
    g_signal_emit_by_name(sink->sink(), "viewer-stats", id.c_str(), &stats);
    return StructurePtr(stats);
  };
  // Loss, jitter and round trip come with the viewer's receiver reports.
  ASSERT_TRUE(SinkPipeline::eventually([&] {
    StructurePtr stats = read();
    const GValue* media = gst_structure_get_value(stats.get(), "media");
    const GstStructure* video = gst_value_get_structure(gst_value_array_get_value(media, 0));
    double round_trip = 0;
    gst_structure_get_double(video, "round-trip-ms", &round_trip);
    return round_trip > 0;
  }));
  StructurePtr stats = read();
  const GstStructure* video = gst_value_get_structure(
      gst_value_array_get_value(gst_structure_get_value(stats.get(), "media"), 0));
  EXPECT_STREQ(gst_structure_get_string(video, "codec"), "H264");
  EXPECT_STREQ(gst_structure_get_string(video, "rendition"), "h264");
  guint64 packets = 0;
  guint bitrate = 0;
  gst_structure_get_uint64(video, "packets", &packets);
  gst_structure_get_uint(video, "bitrate", &bitrate);
  EXPECT_GE(packets, 60u);
  EXPECT_GT(bitrate, 1000u);
  for (const char* name : {"jitter-ms", "fraction-lost", "packets-lost", "nack-count", "pli-count",
                           "frames-dropped", "retransmitted"})
    EXPECT_TRUE(gst_structure_has_field(video, name)) << name;
  gint setup = -1;
  gst_structure_get_int(stats.get(), "setup-ms", &setup);
  EXPECT_GE(setup, 0);
}

TEST_F(Viewers, TheFullHouseTurnsTheNextOneAway) {
  launch(kVideo + kSink + "max-viewers=1");
  auto first = watch(url);
  ASSERT_TRUE(receives(*first, 1));
  auto second = watch(url);
  auto ended = second->wait_line_with("\"ended\"", kPatience);
  ASSERT_TRUE(ended);
  EXPECT_NE(json_field(*ended, "error").find("full"), std::string::npos);
  EXPECT_TRUE(receives(*first, 30));
}

TEST_F(Viewers, ADisconnectedViewerIsToldTheReason) {
  launch(kVideo + kSink);
  auto viewer = watch(url);
  ASSERT_TRUE(receives(*viewer, 1));
  auto connected = sink->wait_for("webcast-viewer-connected");
  gboolean found = FALSE;
  g_signal_emit_by_name(sink->sink(), "disconnect-viewer", field(*connected, "id").c_str(),
                        "closing time", &found);
  EXPECT_TRUE(found);
  auto ended = viewer->wait_line_with("\"ended\"", kPatience);
  ASSERT_TRUE(ended);
  EXPECT_EQ(json_field(*ended, "error"), "closing time");
  auto removed = sink->wait_for("webcast-viewer-removed");
  EXPECT_EQ(field(*removed, "reason"), "closing time");
}

TEST_F(Viewers, AViewerWhoClosesThePageIsRemovedAtOnce) {
  launch(kVideo + kSink);
  auto viewer = watch(url, {"--frames", "5"});
  EXPECT_EQ(viewer->wait_exit(kPatience), 0);
  EXPECT_TRUE(sink->wait_for("webcast-viewer-removed"));
  EXPECT_TRUE(SinkPipeline::eventually([&] { return sink->viewers() == 0; }));
}

TEST_F(Viewers, AReleasedPadTakesOnlyItsOwnMediaAway) {
  launch(kVideo + kSink + "audiotestsrc is-live=true name=sound ! s.");
  auto viewer = watch(url);
  ASSERT_TRUE(receives(*viewer, 5));
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(sink->sink(), "audio_0"));
  ASSERT_TRUE(pad);
  GstElement* sound = sink->element("sound");
  gst_element_set_locked_state(sound, TRUE);
  gst_element_set_state(sound, GST_STATE_NULL);
  gst_element_release_request_pad(sink->sink(), pad.get());
  EXPECT_TRUE(receives(*viewer, 60));
  EXPECT_EQ(sink->viewers(), 1u);
}

TEST_F(Viewers, ANewSizeInMidStreamGoesOnPlaying) {
  launch(
      "videotestsrc is-live=true ! capsfilter name=filter "
      "caps=video/x-raw,width=320,height=240,framerate=30/1 ! " +
      kSink);
  auto viewer = watch(url, {"--no-audio"});
  ASSERT_TRUE(receives(*viewer, 15));
  Ref<GstCaps> caps =
      adopt(gst_caps_from_string("video/x-raw,width=641,height=361,framerate=15/1"));
  g_object_set(sink->element("filter"), "caps", caps.get(), nullptr);
  EXPECT_TRUE(receives(*viewer, 60));
  EXPECT_EQ(sink->viewers(), 1u);
}

TEST_F(Viewers, APauseIsAPauseForTheViewerToo) {
  launch("videotestsrc ! video/x-raw,width=320,height=240,framerate=30/1 ! " + kSink);
  auto viewer = watch(url, {"--no-audio"});
  ASSERT_TRUE(receives(*viewer, 15));
  ASSERT_TRUE(sink->pause());
  gst_element_get_state(sink->pipeline(), nullptr, nullptr, 5 * GST_SECOND);
  ASSERT_TRUE(sink->play());
  EXPECT_TRUE(receives(*viewer, 60));
}

TEST_F(Viewers, ALongPauseCostsNobodyHisPlace) {
  launch(kVideo + kSink);
  auto viewer = watch(url, {"--no-audio", "--seconds", "120"});
  ASSERT_TRUE(receives(*viewer, 15));
  ASSERT_TRUE(sink->pause());
  // Longer than a viewer may be silent.
  EXPECT_FALSE(sink->wait_for("webcast-viewer-removed", std::chrono::seconds(30)));
  ASSERT_TRUE(sink->play());
  EXPECT_TRUE(receives(*viewer, 60));
}

// Pictures that are not live, from their start; of a second, or without an end.
bool rewind(GstElement* pipeline, GstClockTime end = GST_SECOND) {
  return gst_element_seek(pipeline, 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
                          GST_SEEK_TYPE_SET, static_cast<gint64>(end));
}
const std::string kRecorded =
    "videotestsrc ! video/x-raw,width=320,height=240,framerate=30/1 ! " + kSink;

TEST_F(Viewers, TheEndOfAFileIsTold) {
  launch(kRecorded);
  auto viewer = watch(url, {"--no-audio"});
  ASSERT_TRUE(receives(*viewer, 1));
  ASSERT_TRUE(rewind(sink->pipeline()));
  auto ended = viewer->wait_line_with("\"ended\"", kPatience);
  ASSERT_TRUE(ended);
  EXPECT_EQ(json_field(*ended, "error"), "");
  EXPECT_TRUE(sink->wait_for_end());
}

TEST_F(Viewers, WhoPlaysAFileAgainAtItsEndKeepsThem) {
  launch(kRecorded);
  auto viewer = watch(url, {"--no-audio"});
  ASSERT_TRUE(receives(*viewer, 1));
  ASSERT_TRUE(rewind(sink->pipeline()));
  for (int round = 0; round < 3; round++) {
    ASSERT_TRUE(sink->wait_for_end());
    ASSERT_TRUE(rewind(sink->pipeline()));
  }
  // More than one round has.
  EXPECT_TRUE(receives(*viewer, 45));
  EXPECT_EQ(sink->viewers(), 1u);
}

TEST_F(Viewers, AStreamThatBeginsAgainLongAfterItsEndIsLiveAgain) {
  launch(kRecorded);
  auto first = watch(url, {"--no-audio"});
  ASSERT_TRUE(receives(*first, 1));
  ASSERT_TRUE(rewind(sink->pipeline()));
  auto removed = sink->wait_for("webcast-viewer-removed");
  ASSERT_TRUE(removed);
  EXPECT_EQ(field(*removed, "reason"), "the stream ended");
  // Whoever comes has all the time it takes.
  ASSERT_TRUE(rewind(sink->pipeline(), GST_CLOCK_TIME_NONE));
  auto second = watch(url, {"--no-audio"});
  EXPECT_TRUE(receives(*second, 5));
}

TEST_F(Viewers, BytesWithoutTimesAreAPictureToo) {
  launch(
      "filesrc location=/dev/zero ! "
      "video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! " +
      kSink);
  auto viewer = watch(url, {"--no-audio"});
  EXPECT_TRUE(receives(*viewer, 30));
}

TEST_F(Viewers, APipelineWithoutAClockIsWatchedAllTheSame) {
  sink = std::make_unique<SinkPipeline>(kVideo + "identity sleep-time=30000 ! " + kSink);
  gst_pipeline_use_clock(GST_PIPELINE(sink->pipeline()), nullptr);
  url = sink->play_and_listen();
  auto viewer = watch(url, {"--no-audio"});
  EXPECT_TRUE(receives(*viewer, 30));
}

}  // namespace
