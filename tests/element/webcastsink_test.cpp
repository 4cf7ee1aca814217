// webcastsink as an element: pads, properties, states, messages. No viewer.
#include <gst/check/gstharness.h>
#include <gtest/gtest.h>

#include "tests/support/sink_pipeline.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

constexpr const char* kListen = " location=listen://127.0.0.1:0 ";
constexpr const char* kLiveVideo =
    "videotestsrc is-live=true ! video/x-raw,width=320,height=240 ! ";

std::string error_of(const std::string& settings) {
  SinkPipeline pipeline(std::string(kLiveVideo) + "webcastsink" + kListen + settings);
  EXPECT_FALSE(pipeline.play()) << settings;
  return pipeline.wait_for_error();
}

TEST(WebcastSink, CreatesAndDropsWithoutATrace) {
  for (int i = 0; i < 20; i++) {
    Ref<GstElement> sink = make_element("webcastsink");
    ASSERT_TRUE(sink);
  }
}

TEST(WebcastSink, DefaultsAreThoseOfTheDocumentation) {
  Ref<GstElement> sink = make_element("webcastsink");
  gchar *location = nullptr, *stream = nullptr, *codecs = nullptr;
  guint bitrate = 0;
  gint playout = 0;
  gboolean retransmission = FALSE;
  g_object_get(sink.get(), "location", &location, "stream", &stream, "video-codecs", &codecs,
               "start-bitrate", &bitrate, "playout-delay", &playout, "retransmission",
               &retransmission, nullptr);
  EXPECT_STREQ(location, "listen://127.0.0.1:8080");
  EXPECT_STREQ(stream, "live");
  EXPECT_STREQ(codecs, "H264,VP8,VP9,AV1,H265");
  EXPECT_EQ(bitrate, 2'000'000u);
  EXPECT_EQ(playout, -1);
  EXPECT_TRUE(retransmission);
  g_free(location);
  g_free(stream);
  g_free(codecs);
}

TEST(WebcastSink, EveryPropertyKeepsWhatItIsGiven) {
  Ref<GstElement> sink = make_element("webcastsink");
  gst_util_set_object_arg(G_OBJECT(sink.get()), "local-addresses", "<127.0.0.1, 10.0.0.1>");
  gst_util_set_object_arg(G_OBJECT(sink.get()), "ice-transport-policy", "relay");
  gst_util_set_object_arg(G_OBJECT(sink.get()), "transcode", "never");
  g_object_set(sink.get(), "min-port", 5000u, "max-port", 5100u, "allow-origins",
               "https://a.example, https://b.example", "trusted-proxies", "127.0.0.1, 10.0.0.0/8",
               nullptr);
  GValue addresses = G_VALUE_INIT;
  g_value_init(&addresses, GST_TYPE_ARRAY);
  g_object_get_property(G_OBJECT(sink.get()), "local-addresses", &addresses);
  ASSERT_EQ(gst_value_array_get_size(&addresses), 2u);
  EXPECT_STREQ(g_value_get_string(gst_value_array_get_value(&addresses, 1)), "10.0.0.1");
  g_value_unset(&addresses);
  guint min = 0, max = 0;
  gint policy = 0, transcode = 0;
  gchar *origins = nullptr, *proxies = nullptr;
  g_object_get(sink.get(), "min-port", &min, "max-port", &max, "ice-transport-policy", &policy,
               "transcode", &transcode, "allow-origins", &origins, "trusted-proxies", &proxies,
               nullptr);
  EXPECT_EQ(min, 5000u);
  EXPECT_EQ(max, 5100u);
  EXPECT_EQ(policy, 1);
  EXPECT_EQ(transcode, 1);
  EXPECT_STREQ(origins, "https://a.example,https://b.example");
  EXPECT_STREQ(proxies, "127.0.0.1,10.0.0.0/8");
  g_free(origins);
  g_free(proxies);
}

TEST(WebcastSink, ASecretCannotBeReadBack) {
  Ref<GstElement> sink = make_element("webcastsink");
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(sink.get()), "view-token");
  ASSERT_NE(spec, nullptr);
  EXPECT_FALSE(spec->flags & G_PARAM_READABLE);
}

TEST(WebcastSink, NumbersItsPadsAndRefusesADoubleName) {
  Ref<GstElement> sink = make_element("webcastsink");
  auto request = [&](const char* name) {
    return adopt(gst_element_request_pad_simple(sink.get(), name));
  };
  Ref<GstPad> first = request("video_%u"), second = request("video_%u"),
              audio = request("audio_%u");
  EXPECT_STREQ(GST_PAD_NAME(first.get()), "video_0");
  EXPECT_STREQ(GST_PAD_NAME(second.get()), "video_1");
  EXPECT_STREQ(GST_PAD_NAME(audio.get()), "audio_0");
  Ref<GstPad> seventh = request("video_7");
  EXPECT_STREQ(GST_PAD_NAME(seventh.get()), "video_7");
  gst_element_release_request_pad(sink.get(), first.get());
  EXPECT_EQ(GST_ELEMENT(sink.get())->numpads, 3);
}

TEST(WebcastSink, TakesRawAndEncodedCapsAndNothingElse) {
  Ref<GstElement> sink = make_element("webcastsink");
  Ref<GstPad> video = adopt(gst_element_request_pad_simple(sink.get(), "video_%u"));
  for (const char* text :
       {"video/x-raw,format=Y444,width=641,height=359,framerate=30/1",
        "video/x-raw,format=I420_10LE,width=640,height=360,framerate=0/1",
        "video/x-raw(memory:GLMemory),format=RGBA,width=640,height=360,framerate=30/1",
        "video/x-h264,stream-format=avc,alignment=au", "video/x-vp8", "video/x-vp9", "image/jpeg"}) {
    Ref<GstCaps> caps = adopt(gst_caps_from_string(text));
    EXPECT_TRUE(gst_pad_query_accept_caps(video.get(), caps.get())) << text;
  }
  Ref<GstCaps> audio =
      adopt(gst_caps_from_string("audio/x-raw,format=S16LE,rate=48000,channels=2"));
  EXPECT_FALSE(gst_pad_query_accept_caps(video.get(), audio.get()));
}

TEST(WebcastSink, BadSettingsAreErrorsThatNameThePropertyAndTheRemedy) {
  EXPECT_NE(error_of("stream=a/b").find("stream"), std::string::npos);
  EXPECT_NE(error_of("video-codecs=H264,DIVX").find("DIVX"), std::string::npos);
  EXPECT_NE(error_of("video-codecs=\"\"").find("video-codecs"), std::string::npos);
  EXPECT_NE(error_of("audio-codecs=VP8").find("VP8"), std::string::npos);
  EXPECT_NE(error_of("min-port=6000 max-port=5000").find("min-port"), std::string::npos);
  EXPECT_NE(error_of("local-addresses=\"<nonsense>\"").find("nonsense"), std::string::npos);
  EXPECT_NE(error_of("stun-server=example.org").find("stun://"), std::string::npos);
  EXPECT_NE(error_of("ice-transport-policy=relay").find("turn-servers"), std::string::npos);
  EXPECT_NE(error_of("tls-key=/nowhere.pem").find("tls-certificate"), std::string::npos);
}

TEST(WebcastSink, AnUnknownOrMalformedLocationIsAnError) {
  EXPECT_NE(error_of("location=gopher://x").find("gopher"), std::string::npos);
  EXPECT_NE(error_of("location=listen://127.0.0.1:99999").find("99999"), std::string::npos);
  EXPECT_NE(error_of("location=listen://203.0.113.7:0").find("203.0.113.7"), std::string::npos);
}

TEST(WebcastSink, SaysWhereItListens) {
  SinkPipeline pipeline(std::string(kLiveVideo) + "webcastsink" + kListen);
  std::string url = pipeline.play_and_listen();
  EXPECT_EQ(url.rfind("http://127.0.0.1:", 0), 0u) << url;
  EXPECT_NE(url, "http://127.0.0.1:0/");
}

TEST(WebcastSink, AnOccupiedPortIsAClearErrorAndTheElementDoesNotStart) {
  SinkPipeline first(std::string(kLiveVideo) + "webcastsink" + kListen);
  std::string url = first.play_and_listen();
  std::string port = url.substr(url.rfind(':') + 1);
  port.pop_back();
  // Another host part is another listener, on the same port of all addresses.
  SinkPipeline second(std::string(kLiveVideo) + "webcastsink location=listen://:" + port);
  EXPECT_FALSE(second.play());
  std::string error = second.wait_for_error();
  EXPECT_NE(error.find(port), std::string::npos) << error;
}

TEST(WebcastSink, TwoSinksOfOneProcessShareOneAddress) {
  SinkPipeline first(std::string(kLiveVideo) + "webcastsink stream=one" + kListen);
  std::string url = first.play_and_listen();
  std::string port = url.substr(url.rfind(':') + 1);
  port.pop_back();
  std::string location = " location=listen://127.0.0.1:" + port;
  SinkPipeline second(std::string(kLiveVideo) + "webcastsink stream=two" + location);
  EXPECT_EQ(second.play_and_listen().rfind("http://127.0.0.1:" + port, 0), 0u);
  SinkPipeline third(std::string(kLiveVideo) + "webcastsink stream=two" + location);
  EXPECT_FALSE(third.play());
  EXPECT_NE(third.wait_for_error().find("two"), std::string::npos);
}

// With the pipeline gone as well: a stopped appsink may keep its last frame, and with it a pool.
void go_up_and_down(int times) {
  SinkPipeline pipeline(std::string(kLiveVideo) + "webcastsink" + kListen);
  for (int i = 0; i < times; i++) {
    ASSERT_FALSE(pipeline.play_and_listen().empty()) << i;
    pipeline.stop();
  }
}

TEST(WebcastSink, FiftyTimesUpAndDownLeavesNothingBehind) {
  go_up_and_down(1);
  ProcessCensus before = census();
  go_up_and_down(50);
  EXPECT_EQ(left_behind(before.threads + 1, before.descriptors), "");
}

TEST(WebcastSink, EndOfStreamReachesTheBus) {
  SinkPipeline pipeline(std::string("videotestsrc num-buffers=10 ! webcastsink name=s") + kListen +
                        "audiotestsrc num-buffers=10 ! s.");
  ASSERT_TRUE(pipeline.play());
  EXPECT_TRUE(pipeline.wait_for_end());
}

TEST(WebcastSink, ASourceThatIsNotLiveIsPlayedAtItsOwnPace) {
  SinkPipeline pipeline(std::string("videotestsrc num-buffers=15 ! video/x-raw,framerate=15/1 ! "
                                    "webcastsink") +
                        kListen);
  auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(pipeline.play());
  ASSERT_TRUE(pipeline.wait_for_end());
  // The clock holds the last frame back until 14/15 s: a lower bound, which no slowness breaks.
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(900));
}

TEST(WebcastSink, PausesAndGoesOn) {
  SinkPipeline pipeline(std::string("videotestsrc num-buffers=30 ! video/x-raw,framerate=30/1 ! "
                                    "webcastsink") +
                        kListen);
  ASSERT_FALSE(pipeline.play_and_listen().empty());
  ASSERT_TRUE(pipeline.pause());
  gst_element_get_state(pipeline.pipeline(), nullptr, nullptr, 5 * GST_SECOND);
  ASSERT_TRUE(pipeline.play());
  EXPECT_TRUE(pipeline.wait_for_end());
}

TEST(WebcastSink, APadWithoutDataHoldsNobodyUp) {
  SinkPipeline pipeline(std::string(kLiveVideo) + "webcastsink name=s" + kListen);
  Ref<GstPad> silent = adopt(gst_element_request_pad_simple(pipeline.sink(), "audio_%u"));
  ASSERT_FALSE(pipeline.play_and_listen().empty());
  EXPECT_EQ(gst_element_get_state(pipeline.pipeline(), nullptr, nullptr, 10 * GST_SECOND),
            GST_STATE_CHANGE_SUCCESS);
}

TEST(WebcastSink, PadsComeAndGoWhilePlaying) {
  SinkPipeline pipeline(std::string(kLiveVideo) + "webcastsink name=s" + kListen);
  ASSERT_FALSE(pipeline.play_and_listen().empty());
  for (int i = 0; i < 5; i++) {
    Ref<GstPad> pad = adopt(gst_element_request_pad_simple(pipeline.sink(), "audio_%u"));
    ASSERT_TRUE(pad);
    gst_element_release_request_pad(pipeline.sink(), pad.get());
  }
  EXPECT_EQ(GST_ELEMENT(pipeline.sink())->numpads, 1);
}

TEST(WebcastSink, TimedTextHoldsNobodyUpAndComesAndGoes) {
  SinkPipeline pipeline(std::string(kLiveVideo) + "webcastsink name=s" + kListen);
  Ref<GstPad> early = adopt(gst_element_request_pad_simple(pipeline.sink(), "text_%u"));
  ASSERT_TRUE(early);
  EXPECT_STREQ(GST_PAD_NAME(early.get()), "text_0");
  for (int i = 0; i < 3; i++) {
    ASSERT_FALSE(pipeline.play_and_listen().empty());
    Ref<GstPad> late = adopt(gst_element_request_pad_simple(pipeline.sink(), "text_7"));
    ASSERT_TRUE(late);
    EXPECT_FALSE(gst_element_request_pad_simple(pipeline.sink(), "text_7"));
    gst_element_release_request_pad(pipeline.sink(), late.get());
    pipeline.stop();
    pipeline.drop_messages();
  }
  gst_element_release_request_pad(pipeline.sink(), early.get());
}

TEST(WebcastSink, StatisticsTellTheStreamsName) {
  SinkPipeline pipeline(std::string(kLiveVideo) + "webcastsink stream=cam" + kListen);
  EXPECT_STREQ(gst_structure_get_name(pipeline.stats().get()), "webcast-stats");
  ASSERT_FALSE(pipeline.play_and_listen().empty());
  EXPECT_STREQ(gst_structure_get_string(pipeline.stats().get(), "stream"), "cam");
  EXPECT_EQ(pipeline.viewers(), 0u);
}

TEST(WebcastSink, ActionsOnUnknownViewersDoNoHarm) {
  SinkPipeline pipeline(std::string(kLiveVideo) + "webcastsink" + kListen);
  gboolean found = TRUE;
  GstStructure* stats = nullptr;
  g_signal_emit_by_name(pipeline.sink(), "disconnect-viewer", "nobody", "x", &found);
  EXPECT_FALSE(found);
  ASSERT_FALSE(pipeline.play_and_listen().empty());
  g_signal_emit_by_name(pipeline.sink(), "disconnect-viewer", "nobody", "x", &found);
  EXPECT_FALSE(found);
  g_signal_emit_by_name(pipeline.sink(), "viewer-stats", "nobody", &stats);
  EXPECT_EQ(stats, nullptr);
  g_signal_emit_by_name(pipeline.sink(), "force-keyframe");
}

TEST(WebcastSink, SaysNothingToNobody) {
  auto say = [](GstElement* sink) {
    auto data = adopt(g_bytes_new("x", 1));
    gboolean taken = TRUE;
    g_signal_emit_by_name(sink, "send-message", "", "", data.get(), TRUE, &taken);
    return taken != FALSE;
  };
  SinkPipeline silent(std::string(kLiveVideo) + "webcastsink" + kListen);
  EXPECT_FALSE(say(silent.sink())) << "not started";
  ASSERT_TRUE(silent.play());
  EXPECT_FALSE(say(silent.sink())) << "data-channels is false";
  SinkPipeline open(std::string(kLiveVideo) + "webcastsink data-channels=true" + kListen);
  ASSERT_TRUE(open.play());
  EXPECT_TRUE(say(open.sink())) << "all of nobody took it";
  gboolean taken = TRUE;
  g_signal_emit_by_name(open.sink(), "send-message", "", "", nullptr, FALSE, &taken);
  EXPECT_FALSE(taken);
}

TEST(WebcastSink, AHarnessMayPushIntoIt) {
  // Set before the harness has it, which starts it at once.
  Ref<GstElement> sink = make_element("webcastsink");
  g_object_set(sink.get(), "location", "listen://127.0.0.1:0", nullptr);
  GstHarness* harness = gst_harness_new_with_element(sink.get(), "video_%u", nullptr);
  gst_harness_set_src_caps_str(harness,
                               "video/x-raw,format=I420,width=16,height=16,framerate=30/1");
  gst_harness_set_live(harness, FALSE);
  gst_harness_use_systemclock(harness);
  gst_harness_play(harness);
  for (int i = 0; i < 5; i++) {
    GstBuffer* buffer = gst_harness_create_buffer(harness, 16 * 16 * 3 / 2);
    GST_BUFFER_PTS(buffer) = i * 33 * GST_MSECOND;
    EXPECT_EQ(gst_harness_push(harness, buffer), GST_FLOW_OK);
  }
  EXPECT_TRUE(gst_harness_push_event(harness, gst_event_new_eos()));
  gst_harness_teardown(harness);
}

TEST(WebcastSink, ReadsAndDumpsHoldNoSecret) {
  auto element = adopt(gst_parse_launch(
      "webcastsink location=\"listen://:1,wss://h/?token=s3cret\" view-token=s3cret "
      "publish-token=s3cret turn-secret=s3cret headers=\"headers,X-Key=s3cret\" "
      "turn-servers=\"<\\\"turn://u:s3cret@h:1\\\">\"",
      nullptr));
  ASSERT_TRUE(element);
  guint count = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element.get()), &count);
  for (guint i = 0; i < count; i++) {
    if (!(specs[i]->flags & G_PARAM_READABLE)) continue;
    GValue value = G_VALUE_INIT;
    g_value_init(&value, specs[i]->value_type);
    g_object_get_property(G_OBJECT(element.get()), specs[i]->name, &value);
    char* text = g_strdup_value_contents(&value);
    EXPECT_EQ(std::string(text).find("s3cret"), std::string::npos) << specs[i]->name;
    g_free(text);
    g_value_unset(&value);
  }
  g_free(specs);
  char* dump = gst_debug_bin_to_dot_data(GST_BIN(element.get()), GST_DEBUG_GRAPH_SHOW_FULL_PARAMS);
  EXPECT_EQ(std::string(dump).find("s3cret"), std::string::npos);
  g_free(dump);
  char* location = nullptr;
  g_object_get(element.get(), "location", &location, nullptr);
  EXPECT_STREQ(location, "listen://:1,wss://h/?token=***");
  g_free(location);
}

}  // namespace
