// webcastsrc as an element: states, properties, messages. No publisher.
#include <gtest/gtest.h>

#include "tests/support/sink_pipeline.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

constexpr const char* kListen = " location=listen://127.0.0.1:0 ";

std::string error_of(const std::string& settings) {
  SinkPipeline pipeline(std::string("webcastsrc") + kListen + settings);
  EXPECT_FALSE(pipeline.play()) << settings;
  return pipeline.wait_for_error();
}

TEST(WebcastSrc, CreatesAndDropsWithoutATrace) {
  for (int i = 0; i < 20; i++)
    ASSERT_TRUE(make_element("webcastsrc"));
}

TEST(WebcastSrc, DefaultsAreThoseOfTheDocumentation) {
  Ref<GstElement> source = make_element("webcastsrc");
  gchar *location = nullptr, *stream = nullptr, *video = nullptr, *audio = nullptr;
  guint latency = 0;
  gboolean decode = FALSE, retransmission = FALSE;
  g_object_get(source.get(), "location", &location, "stream", &stream, "video-codecs", &video,
               "audio-codecs", &audio, "latency", &latency, "decode", &decode, "retransmission",
               &retransmission, nullptr);
  EXPECT_STREQ(location, "listen://127.0.0.1:8080");
  EXPECT_STREQ(stream, "live");
  EXPECT_STREQ(video, "H264,VP8,VP9,AV1,H265");
  EXPECT_STREQ(audio, "OPUS,PCMA,PCMU");
  EXPECT_EQ(latency, 200u);
  EXPECT_TRUE(decode);
  EXPECT_TRUE(retransmission);
  for (gchar* text : {location, stream, video, audio})
    g_free(text);
}

TEST(WebcastSrc, ASecretCannotBeReadBack) {
  Ref<GstElement> source = make_element("webcastsrc");
  for (const char* name : {"publish-token", "view-token"}) {
    GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(source.get()), name);
    ASSERT_NE(spec, nullptr) << name;
    EXPECT_FALSE(spec->flags & G_PARAM_READABLE) << name;
  }
}

TEST(WebcastSrc, BadSettingsAreErrorsThatNameThePropertyAndTheRemedy) {
  EXPECT_NE(error_of("stream=a/b").find("stream"), std::string::npos);
  EXPECT_NE(error_of("video-codecs=DIVX").find("DIVX"), std::string::npos);
  EXPECT_NE(error_of("audio-codecs=VP8").find("VP8"), std::string::npos);
  EXPECT_NE(error_of("min-port=6000 max-port=5000").find("min-port"), std::string::npos);
  EXPECT_NE(error_of("tls-key=/nowhere.pem").find("tls-certificate"), std::string::npos);
  EXPECT_NE(error_of("location=gopher://x").find("gopher"), std::string::npos);
  EXPECT_NE(error_of("location=whip://127.0.0.1:1/x").find("publishing"), std::string::npos);
  EXPECT_NE(error_of("location=whep:///x").find("whep://HOST/PATH"), std::string::npos);
  std::string error = error_of("location=whep://user:s3cret@127.0.0.1:1/x");
  EXPECT_NE(error.find("view-token"), std::string::npos);
  EXPECT_EQ(error.find("s3cret"), std::string::npos);
}

TEST(WebcastSrc, IsTheUriSourceForWhepAndNoOtherLocation) {
  for (const char* uri : {"whep://127.0.0.1:1/x", "wheps://host.example/a%20b?c=d"}) {
    GError* error = nullptr;
    GstElement* made = gst_element_make_from_uri(GST_URI_SRC, uri, nullptr, &error);
    ASSERT_NE(made, nullptr) << error->message;
    Ref<GstElement> source = adopt(GST_ELEMENT(gst_object_ref_sink(made)));
    EXPECT_STREQ(G_OBJECT_TYPE_NAME(source.get()), "WebcastSrc");
    std::unique_ptr<gchar, decltype(&g_free)> back(
        gst_uri_handler_get_uri(GST_URI_HANDLER(source.get())), g_free);
    // What stands behind a ? may be a secret.
    std::string path = std::string(uri).substr(0, std::string(uri).find('?'));
    EXPECT_EQ(std::string(back.get()).substr(0, path.size()), path);
  }
  EXPECT_FALSE(gst_uri_protocol_is_supported(GST_URI_SRC, "ws"));
  Ref<GstElement> source = make_element("webcastsrc");
  EXPECT_EQ(gst_uri_handler_get_uri(GST_URI_HANDLER(source.get())), nullptr) << "it listens";
}

TEST(WebcastSrc, AUriThatIsNoneOrComesTooLateIsRefused) {
  Ref<GstElement> source = make_element("webcastsrc");
  auto refused = [&](const char* uri) {
    GError* error = nullptr;
    gboolean taken = gst_uri_handler_set_uri(GST_URI_HANDLER(source.get()), uri, &error);
    EXPECT_FALSE(taken) << uri;
    int code = error ? error->code : -1;
    g_clear_error(&error);
    return code;
  };
  EXPECT_EQ(refused("whep:///nowhere"), GST_URI_ERROR_BAD_URI);
  EXPECT_EQ(refused("whep://user:s3cret@host/x"), GST_URI_ERROR_BAD_URI);
  ASSERT_TRUE(gst_uri_handler_set_uri(GST_URI_HANDLER(source.get()), "whep://127.0.0.1:1/a,b",
                                      nullptr));
  EXPECT_NE(gst_element_set_state(source.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE)
      << "a comma in it does not begin another location";
  EXPECT_EQ(refused("whep://127.0.0.1:1/other"), GST_URI_ERROR_BAD_STATE);
  gst_element_set_state(source.get(), GST_STATE_NULL);
}

TEST(WebcastSrc, IsLiveAndSaysWhereItListens) {
  SinkPipeline pipeline(std::string("webcastsrc") + kListen);
  EXPECT_EQ(gst_element_set_state(pipeline.pipeline(), GST_STATE_PAUSED),
            GST_STATE_CHANGE_NO_PREROLL);
  EXPECT_EQ(pipeline.play_and_listen().rfind("http://127.0.0.1:", 0), 0u);
}

TEST(WebcastSrc, FiftyTimesUpAndDownLeavesNothingBehind) {
  SinkPipeline pipeline(std::string("webcastsrc") + kListen);
  pipeline.play_and_listen();
  pipeline.stop();
  ProcessCensus before = census();
  for (int i = 0; i < 50; i++) {
    ASSERT_FALSE(pipeline.play_and_listen().empty()) << i;
    pipeline.stop();
  }
  EXPECT_EQ(left_behind(before.threads + 1, before.descriptors + 1), "");
}

TEST(WebcastSrc, TwoSourcesOfOneNameOnOneAddressAreAnError) {
  SinkPipeline first(std::string("webcastsrc stream=one") + kListen);
  std::string url = first.play_and_listen();
  std::string port = url.substr(url.rfind(':') + 1);
  port.pop_back();
  SinkPipeline second("webcastsrc stream=one location=listen://127.0.0.1:" + port);
  EXPECT_FALSE(second.play());
  EXPECT_NE(second.wait_for_error().find("one"), std::string::npos);
}

TEST(WebcastSrc, StatisticsTellTheStreamsName) {
  SinkPipeline pipeline(std::string("webcastsrc stream=cam") + kListen);
  ASSERT_FALSE(pipeline.play_and_listen().empty());
  StructurePtr stats = pipeline.stats();
  EXPECT_STREQ(gst_structure_get_string(stats.get(), "stream"), "cam");
  EXPECT_STREQ(gst_structure_get_string(stats.get(), "state"), "waiting");
}

TEST(WebcastSrc, ReadsOfItsUriHoldNoSecret) {
  auto source = adopt(gst_element_factory_make("webcastsrc", nullptr));
  ASSERT_TRUE(
      gst_uri_handler_set_uri(GST_URI_HANDLER(source.get()), "whep://h/x?key=s3cret", nullptr));
  char* uri = gst_uri_handler_get_uri(GST_URI_HANDLER(source.get()));
  EXPECT_STREQ(uri, "whep://h/x?key=***");
  g_free(uri);
}

}  // namespace
