// webcastsrc with publishers in other processes: what comes out of its pads, and what it tells.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "tests/integration/viewer_process.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

constexpr const char* kSource =
    "webcastsrc name=s location=listen://127.0.0.1:0 local-addresses=\"<127.0.0.1>\" ";

// Counts what comes out of one pad.
struct Outlet {
  std::atomic<unsigned> buffers{0}, keyframes{0}, shared_times{0}, gaps{0}, ends{0}, segments{0},
      odd_times{0};
  std::mutex mutex;
  std::string caps;
  GstClockTime last_time = 0;

  std::string last_caps() {
    std::lock_guard lock(mutex);
    return caps;
  }
};

GstPadProbeReturn on_data(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto& outlet = *static_cast<Outlet*>(data);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    std::lock_guard lock(outlet.mutex);
    if (!GST_BUFFER_PTS_IS_VALID(buffer) || GST_BUFFER_PTS(buffer) < outlet.last_time)
      outlet.odd_times++;
    else if (GST_BUFFER_PTS(buffer) == std::exchange(outlet.last_time, GST_BUFFER_PTS(buffer)))
      outlet.shared_times++;
    if (!GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT)) outlet.keyframes++;
    outlet.buffers++;
    return GST_PAD_PROBE_OK;
  }
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) == GST_EVENT_GAP) outlet.gaps++;
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) outlet.ends++;
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) outlet.segments++;
  if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
    GstCaps* caps = nullptr;
    gst_event_parse_caps(event, &caps);
    std::unique_ptr<char, decltype(&g_free)> text(gst_caps_to_string(caps), g_free);
    std::lock_guard lock(outlet.mutex);
    outlet.caps = text.get();
  }
  return GST_PAD_PROBE_OK;
}

class Source : public testing::Test {
 protected:
  // Every pad that comes is counted, and linked to a fakesink unless it is among `unlinked`.
  void launch(const std::string& settings = "", std::set<std::string> unlinked = {}) {
    unlinked_ = std::move(unlinked);
    outlets_.clear();
    source = std::make_unique<SinkPipeline>(kSource + settings);
    g_signal_connect(source->sink(), "pad-added", G_CALLBACK(on_pad_added), this);
    g_signal_connect(source->sink(), "pad-removed", G_CALLBACK(on_pad_removed), this);
    url = source->play_and_listen();
    ASSERT_FALSE(url.empty());
  }
  void TearDown() override { source.reset(); }
  // As a page does that is closed; one that is killed is noticed later.
  void end(std::unique_ptr<Process>& publisher) {
    publisher->say("stop");
    ASSERT_TRUE(source->wait_for("webcast-publisher-removed"));
    publisher.reset();
  }

  std::unique_ptr<Process> publish(const std::vector<std::string>& arguments = {}) {
    const char* program = g_getenv("WEBCAST_TEST_PUBLISHER");
    std::vector<std::string> command = {program ? program : "webcast-test-publisher", "--url",
                                        "ws" + url.substr(4) + "ws"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return std::make_unique<Process>(command);
  }

  static void on_pad_added(GstElement* element, GstPad* pad, gpointer data) {
    auto* self = static_cast<Source*>(data);
    self->pads_added++;
    Outlet& outlet = self->outlet(GST_PAD_NAME(pad));
    gst_pad_add_probe(pad,
                      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER |
                                                   GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
                      on_data, &outlet, nullptr);
    if (self->unlinked_.count(GST_PAD_NAME(pad))) return;
    Ref<GstElement> parent = adopt(GST_ELEMENT(gst_element_get_parent(element)));
    GstElement* sink = gst_element_factory_make("fakesink", nullptr);
    g_object_set(sink, "sync", TRUE, "async", FALSE, nullptr);
    gst_bin_add(GST_BIN(parent.get()), sink);
    gst_element_sync_state_with_parent(sink);
    Ref<GstPad> target = adopt(gst_element_get_static_pad(sink, "sink"));
    gst_pad_link(pad, target.get());
  }
  static void on_pad_removed(GstElement*, GstPad*, gpointer data) {
    static_cast<Source*>(data)->pads_removed++;
  }

  Outlet& outlet(const std::string& name) {
    std::lock_guard lock(mutex_);
    return outlets_[name];
  }
  // Waits for so many more buffers on the pad.
  bool more(const std::string& name, unsigned count) {
    unsigned before = outlet(name).buffers;
    return SinkPipeline::eventually([&] { return outlet(name).buffers >= before + count; });
  }
  bool has_caps(const std::string& name, const std::string& part) {
    return SinkPipeline::eventually(
        [&] { return outlet(name).last_caps().find(part) != std::string::npos; });
  }

  std::unique_ptr<SinkPipeline> source;
  std::string url;
  std::atomic<unsigned> pads_added{0}, pads_removed{0};

 private:
  std::set<std::string> unlinked_;
  std::mutex mutex_;
  std::map<std::string, Outlet> outlets_;
};

TEST_F(Source, GivesRawPictureAndSoundOfEachCodec) {
  for (const char* codec : {"VP8", "VP9", "H264"}) {
    launch();
    auto publisher = publish({"--codec", codec});
    auto connected = source->wait_for("webcast-publisher-connected");
    ASSERT_TRUE(connected) << codec;
    EXPECT_EQ(field(*connected, "video-codec"), codec);
    EXPECT_EQ(field(*connected, "audio-codec"), "OPUS");
    EXPECT_TRUE(more("video_0", 30)) << codec;
    EXPECT_TRUE(more("audio_0", 30)) << codec;
    EXPECT_TRUE(has_caps("video_0", "video/x-raw")) << codec;
    EXPECT_TRUE(has_caps("audio_0", "audio/x-raw")) << codec;
    EXPECT_EQ(outlet("video_0").odd_times, 0u) << codec;
    source.reset();
  }
}

TEST_F(Source, GivesTheEncodedStreamWhenNotToDecode) {
  launch("decode=false");
  auto publisher = publish({"--codec", "H264", "--audio", "PCMU"});
  EXPECT_TRUE(more("video_0", 30));
  EXPECT_TRUE(more("audio_0", 30));
  EXPECT_TRUE(has_caps("video_0", "video/x-h264"));
  EXPECT_TRUE(has_caps("audio_0", "audio/x-mulaw"));
}

// x264enc makes a delimiter and several slices of a picture, and rtph264pay puts the parameter sets
// before each slice of a keyframe: still each picture is one buffer.
TEST_F(Source, EncodedKeyframesInMidStreamAreWholeAndHaveTimesOfTheirOwn) {
  launch("decode=false");
  auto publisher = publish({"--codec", "H264", "--audio", "", "--keyframes", "5"});
  ASSERT_TRUE(more("video_0", 60));
  Outlet& pictures = outlet("video_0");
  unsigned before = pictures.buffers, keyframes = pictures.keyframes;
  ASSERT_TRUE(more("video_0", 60));
  EXPECT_EQ(pictures.odd_times, 0u);
  EXPECT_EQ(pictures.shared_times, 0u) << "pieces of a picture";
  EXPECT_GE((pictures.keyframes - keyframes + 1) * 5, pictures.buffers - before)
      << "none is dropped";
}

TEST_F(Source, APublisherThatIsKilledAndComesBackGoesOnOnTheSamePads) {
  launch();
  auto publisher = publish();
  ASSERT_TRUE(more("video_0", 10));
  ASSERT_TRUE(more("audio_0", 10));
  publisher.reset();
  ASSERT_TRUE(source->wait_for("webcast-publisher-removed"));
  unsigned gaps = outlet("video_0").gaps;
  EXPECT_TRUE(SinkPipeline::eventually([&] { return outlet("video_0").gaps > gaps + 1; }))
      << "something keeps downstream going";
  auto again = publish({"--codec", "VP9"});
  EXPECT_TRUE(more("video_0", 30)) << "another codec is no other pad";
  EXPECT_TRUE(more("audio_0", 30));
  EXPECT_EQ(pads_added, 2u);
  EXPECT_EQ(pads_removed, 0u);
  EXPECT_EQ(outlet("video_0").ends, 0u);
  EXPECT_EQ(outlet("video_0").odd_times, 0u);
}

TEST_F(Source, TracksThatComeAndGoArePadsThatComeAndGo) {
  launch();
  auto publisher = publish({"--audio", ""});
  ASSERT_TRUE(more("video_0", 10));
  EXPECT_EQ(pads_added, 1u);
  end(publisher);
  publisher = publish();
  ASSERT_TRUE(more("audio_0", 10));
  EXPECT_EQ(pads_added, 2u);
  end(publisher);
  publisher = publish({"--codec", ""});
  EXPECT_TRUE(SinkPipeline::eventually([&] { return pads_removed == 1; }));
  EXPECT_EQ(outlet("video_0").ends, 1u);
  EXPECT_TRUE(more("audio_0", 10));
}

TEST_F(Source, ASecondPublisherIsRefusedWithASentenceAndTheFirstGoesOn) {
  launch();
  auto first = publish();
  ASSERT_TRUE(more("video_0", 10));
  auto second = publish();
  auto ended = second->wait_line_with("\"ended\"", kPatience);
  ASSERT_TRUE(ended);
  EXPECT_NE(json_field(*ended, "error").find("Somebody else publishes"), std::string::npos);
  EXPECT_TRUE(more("video_0", 30));
}

TEST_F(Source, APadThatNobodyLinkedDisturbsNoOther) {
  launch("", {"audio_0"});
  auto publisher = publish();
  EXPECT_TRUE(more("video_0", 60));
  EXPECT_TRUE(more("audio_0", 1)) << "it is there, and its data are dropped";
}

TEST_F(Source, ANewSizeInMidStreamIsNewCaps) {
  launch();
  auto publisher = publish();
  ASSERT_TRUE(more("video_0", 10));
  EXPECT_TRUE(has_caps("video_0", "width=(int)320"));
  publisher->say("size 640x360");
  EXPECT_TRUE(has_caps("video_0", "width=(int)640"));
  EXPECT_TRUE(more("video_0", 10));
  EXPECT_EQ(pads_added, 2u);
}

TEST_F(Source, AFalsifiedFingerprintNeverGetsABufferOut) {
  for (const char* how : {"bad", "none", "sha1"}) {
    launch();
    auto publisher = publish({"--fingerprint", how});
    auto ended = publisher->wait_line_with("\"ended\"", kPatience);
    ASSERT_TRUE(ended) << how;
    EXPECT_NE(json_field(*ended, "error").find("fingerprint"), std::string::npos) << *ended;
    EXPECT_NE(json_field(*ended, "error").find("publisher"), std::string::npos) << *ended;
    EXPECT_TRUE(source->wait_for("webcast-publisher-removed"));
    EXPECT_EQ(pads_added, 0u) << how;
    source.reset();
  }
}

TEST_F(Source, APublisherWithoutACommonCodecIsToldBothLists) {
  launch("video-codecs=VP8");
  auto publisher = publish({"--codec", "H264"});
  auto ended = publisher->wait_line_with("\"ended\"", kPatience);
  ASSERT_TRUE(ended);
  EXPECT_NE(json_field(*ended, "error").find("H264"), std::string::npos);
  EXPECT_NE(json_field(*ended, "error").find("VP8"), std::string::npos);
}

TEST_F(Source, APublisherThatStopsAndStartsAgainOnOneSocketIsTakenAgain) {
  launch();
  auto publisher = publish();
  ASSERT_TRUE(more("video_0", 10));
  for (int i = 0; i < 3; i++) {
    publisher->say("stop");
    ASSERT_TRUE(source->wait_for("webcast-publisher-removed"));
    publisher->say("start");
    ASSERT_TRUE(source->wait_for("webcast-publisher-connected"));
    ASSERT_TRUE(more("video_0", 10)) << i;
  }
  EXPECT_EQ(pads_added, 2u);
}

TEST_F(Source, UpAndDownWithAPublisherLeavesNothingBehind) {
  ProcessCensus before{};
  for (int i = 0; i < 6; i++) {
    launch();
    auto publisher = publish();
    // Every other time in the middle of negotiation.
    if (i % 2 == 0) {
      ASSERT_TRUE(more("video_0", 5)) << i;
    } else {
      ASSERT_TRUE(publisher->wait_line_with("\"session\"", kPatience));
    }
    source->stop();
    publisher.reset();
    source.reset();
    if (i == 1) before = census();
  }
  EXPECT_EQ(left_behind(before.threads + 1, before.descriptors + 2), "");
}

TEST_F(Source, WhatIsLostIsAskedForAgain) {
  launch();
  auto publisher = publish({"--lose", "15", "--audio", ""});
  ASSERT_TRUE(more("video_0", 90));
  auto asked = publisher->wait_line(
      [](const std::string& line) {
        return json_field(line, "event") == "feedback" && json_field(line, "nacks") != "0";
      },
      kPatience);
  EXPECT_TRUE(asked);
  EXPECT_TRUE(more("video_0", 60));
}

TEST_F(Source, EachLossIsAskedFor) {
  launch();
  auto publisher = publish({"--lose", "6", "--audio", ""});
  std::string last;
  int lost_before = 0, asked_before = 0;
  auto many = publisher->wait_line(
      [&](const std::string& line) {
        if (json_field(line, "event") != "feedback") return false;
        last = line;
        int lost = std::atoi(json_field(line, "lost").c_str());
        int asked = std::atoi(json_field(line, "asked").c_str());
        // Those of the last moment are on their way. Where a busy machine stood still and some are
        // too late to be asked for, it is counted anew; a share that never is never passes.
        bool all = asked - asked_before >= lost - lost_before - 4;
        if (all && lost - lost_before >= 40) return true;
        if (!all) lost_before = lost, asked_before = asked;
        return false;
      },
      std::chrono::minutes(3));
  EXPECT_TRUE(many) << last;
  g_print("%s\n", last.c_str());
}

TEST_F(Source, WithoutRetransmissionALossIsAKeyframe) {
  launch("retransmission=false");
  // Without sound: in step with it, one of so many could always be a packet of sound.
  auto publisher = publish({"--lose", "40", "--audio", ""});
  auto asked = publisher->wait_line(
      [](const std::string& line) {
        return json_field(line, "event") == "feedback" && json_field(line, "plis") != "0";
      },
      kPatience);
  ASSERT_TRUE(asked);
  EXPECT_EQ(json_field(*asked, "nacks"), "0");
  EXPECT_TRUE(more("video_0", 30)) << "it goes on at the keyframe that was asked for";
}

TEST_F(Source, TheLatencyIsTheOneThatWasSet) {
  launch("latency=700");
  auto publisher = publish({"--audio", ""});
  ASSERT_TRUE(more("video_0", 1));
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(source->sink(), "video_0"));
  ASSERT_TRUE(pad);
  GstQuery* query = gst_query_new_latency();
  gboolean live = FALSE;
  GstClockTime min = 0, max = 0;
  ASSERT_TRUE(gst_pad_query(pad.get(), query));
  gst_query_parse_latency(query, &live, &min, &max);
  gst_query_unref(query);
  EXPECT_TRUE(live);
  EXPECT_EQ(min, 700 * GST_MSECOND);
  EXPECT_GT(max, min);
}

TEST_F(Source, PausesAndGoesOn) {
  launch();
  auto publisher = publish();
  ASSERT_TRUE(more("video_0", 10));
  ASSERT_TRUE(source->pause());
  gst_element_get_state(source->pipeline(), nullptr, nullptr, 5 * GST_SECOND);
  unsigned paused = outlet("video_0").buffers;
  ASSERT_TRUE(source->play());
  EXPECT_TRUE(SinkPipeline::eventually([&] { return outlet("video_0").buffers > paused + 30; }));
  EXPECT_EQ(outlet("video_0").odd_times, 0u);
}

TEST_F(Source, SinkAndSourceShareAListener) {
  launch("stream=in");
  std::string port = url.substr(url.rfind(':') + 1);
  port.pop_back();
  SinkPipeline sink(kVideo + "webcastsink stream=out local-addresses=\"<127.0.0.1>\" " +
                    "location=listen://127.0.0.1:" + port);
  ASSERT_EQ(sink.play_and_listen(), url);
  auto publisher = publish({"--stream", "in"});
  auto viewer = watch(url, {"--stream", "out", "--no-audio"});
  EXPECT_TRUE(more("video_0", 30));
  EXPECT_TRUE(receives(*viewer, 30));
}

}  // namespace
