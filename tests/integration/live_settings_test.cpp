// Properties that are set while the element runs: they take effect, or are refused with a warning.
#include <gtest/gtest.h>

#include "tests/integration/whep_viewer.hpp"

namespace webcast::test {
namespace {

const std::string kLoopback = " local-addresses=\"<127.0.0.1>\" location=listen://127.0.0.1:0 ";

void set(SinkPipeline& pipeline, const char* property, const char* value) {
  g_object_set(pipeline.sink(), property, value, nullptr);
}

// What a viewer's request gets.
unsigned status_of(uint16_t port, const std::string& more_headers = "") {
  return TestClient(port).get("/watch/live", more_headers).status;
}

class Came : public WhepViewer {
 public:
  Came(uint16_t port, std::string token) : WhepViewer(port), token_(std::move(token)) {}
  Reply request(const std::string& method, const std::string& path, const std::string& body = "") {
    return WhepViewer::request(
        method, path, body,
        "Content-Type: application/sdp\r\nAuthorization: Bearer " + token_ + "\r\n");
  }
  // Connected when it returns with 201.
  Reply watch() {
    std::promise<std::string> promise;
    auto made = promise.get_future();
    viewer.on_description = [&](bool, const std::string& sdp) { promise.set_value(sdp); };
    viewer.offer({{"video", "VP8"}});
    if (made.wait_for(kPatience) != std::future_status::ready) return {};
    std::string offer = made.get() + more_of_offer;
    viewer.on_description = nullptr;
    Reply reply;
    SinkPipeline::eventually([&] {
      reply = request("POST", "/whep/live", offer);
      return reply.status != 409;
    });
    if (reply.status == 201) viewer.take_answer(reply.body);
    return reply;
  }

  std::string more_of_offer;  // in its last medium

 private:
  std::string token_;
};

TEST(LiveSettings, WhoCameByATokenThatIsRevokedLeaves) {
  SinkPipeline sink(kVideo + "webcastsink name=s view-token=one-s3cret" + kLoopback);
  uint16_t port = port_of(sink.play_and_listen());
  Came first(port, "one-s3cret");
  Reply created = first.watch();
  ASSERT_EQ(created.status, 201u) << created.body;
  ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
  TestClient page(port);
  ASSERT_TRUE(page.upgrade("/ws?token=one-s3cret"));

  set(sink, "view-token", "two-s3cret");
  auto removed = sink.wait_for("webcast-viewer-removed");
  ASSERT_TRUE(removed);
  EXPECT_EQ(field(*removed, "reason"), "the view-token changed");
  EXPECT_TRUE(page.receive_text_with("not valid any more"));
  EXPECT_TRUE(page.ends());
  EXPECT_EQ(first.request("DELETE", created.header("location")).status, 401u);
  EXPECT_EQ(status_of(port, "Authorization: Bearer one-s3cret\r\n"), 401u);
  Came second(port, "two-s3cret");
  ASSERT_EQ(second.watch().status, 201u);
  EXPECT_TRUE(sink.wait_for("webcast-viewer-connected"));
  EXPECT_EQ(sink.viewers(), 1u);
}

TEST(LiveSettings, ATokenWhereThereWasNoneIsAskedForAndTakenBack) {
  SinkPipeline sink(kVideo + "webcastsink name=s" + kLoopback);
  uint16_t port = port_of(sink.play_and_listen());
  WhepViewer viewer(port);
  ASSERT_EQ(viewer.watch({{"video", "VP8"}}).status, 201u);
  ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
  set(sink, "view-token", "one-s3cret");
  ASSERT_TRUE(sink.wait_for("webcast-viewer-removed")) << "it came by none";
  // The viewer is told before the server asks for it.
  EXPECT_TRUE(SinkPipeline::eventually([&] { return status_of(port) == 401; }));
  Came second(port, "one-s3cret");
  ASSERT_EQ(second.watch().status, 201u);
  ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
  set(sink, "view-token", nullptr);
  EXPECT_TRUE(SinkPipeline::eventually([&] { return status_of(port) == 200; }));
  EXPECT_EQ(sink.viewers(), 1u) << "everybody may watch";
}

TEST(LiveSettings, APublisherByATokenThatIsRevokedLeaves) {
  SinkPipeline source("webcastsrc name=s publish-token=one-s3cret" + kLoopback);
  std::string url = source.play_and_listen();
  SinkPipeline client(kVideo +
                      "webcastsink name=s publish-token=one-s3cret"
                      " local-addresses=\"<127.0.0.1>\" location=whip" +
                      url.substr(4) + "whip/live");
  ASSERT_TRUE(client.play());
  ASSERT_TRUE(source.wait_for("webcast-publisher-connected"));
  set(source, "publish-token", "two-s3cret");
  auto removed = source.wait_for("webcast-publisher-removed");
  ASSERT_TRUE(removed);
  EXPECT_EQ(field(*removed, "reason"), "the publish-token changed");
  std::string warning;
  while (warning.find("does not take the publish-token") == std::string::npos) {
    warning = client.wait_for_warning();
    ASSERT_NE(warning, "");
  }
  set(client, "publish-token", "two-s3cret");
  EXPECT_TRUE(source.wait_for("webcast-publisher-connected")) << "the next attempt shows it";
}

TEST(LiveSettings, FewerViewersLetNobodyElseIn) {
  SinkPipeline sink(kVideo + "webcastsink name=s" + kLoopback);
  uint16_t port = port_of(sink.play_and_listen());
  WhepViewer first(port), second(port), third(port);
  ASSERT_EQ(first.watch({{"video", "VP8"}}).status, 201u);
  ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
  g_object_set(sink.sink(), "max-viewers", 1u, nullptr);
  EXPECT_EQ(second.watch({{"video", "VP8"}}).status, 503u);
  EXPECT_EQ(sink.viewers(), 1u);
  g_object_set(sink.sink(), "max-viewers", 0u, nullptr);
  EXPECT_EQ(third.watch({{"video", "VP8"}}).status, 201u);
}

TEST(LiveSettings, OriginsTakeEffectOrAreRefused) {
  SinkPipeline sink(kVideo + "webcastsink name=s" + kLoopback);
  uint16_t port = port_of(sink.play_and_listen());
  const std::string page = "Origin: https://a.example\r\n";
  EXPECT_EQ(status_of(port, page), 403u);
  set(sink, "allow-origins", "https://a.example");
  EXPECT_TRUE(SinkPipeline::eventually([&] { return status_of(port, page) == 200; }));
  set(sink, "allow-origins", "a.example");
  EXPECT_NE(sink.wait_for_warning().find("https://a.example"), std::string::npos);
  gchar* kept = nullptr;
  g_object_get(sink.sink(), "allow-origins", &kept, nullptr);
  EXPECT_STREQ(kept, "https://a.example");
  g_free(kept);
  EXPECT_EQ(status_of(port, page), 200u);
}

bool refuses_candidates(SinkPipeline& pipeline) {
  return SinkPipeline::eventually([&] {
    char* text = gst_structure_to_string(pipeline.stats().get());
    std::string stats = text;
    g_free(text);
    std::erase(stats, '\\');
    return stats.find("candidates-refused") != std::string::npos &&
           stats.find("candidates-refused=(uint)0") == std::string::npos;
  });
}

// With pages of a site a listener on loopback is no longer for this machine alone.
TEST(LiveSettings, WithOriginsNobodysWordLeadsIntoThisMachine) {
  SinkPipeline sink(kVideo + "webcastsink name=s location=listen://127.0.0.1:0");
  uint16_t port = port_of(sink.play_and_listen());
  set(sink, "allow-origins", "https://a.example");
  ASSERT_TRUE(SinkPipeline::eventually(
      [&] { return status_of(port, "Origin: https://a.example\r\n") == 200; }));
  Came viewer(port, "");
  viewer.more_of_offer = "a=candidate:77 1 udp 2122260223 127.0.0.1 9 typ host\r\n";
  ASSERT_EQ(viewer.watch().status, 201u);
  EXPECT_TRUE(refuses_candidates(sink));
}

TEST(LiveSettings, WithOriginsNoPublishersWordLeadsIntoThisMachineEither) {
  SinkPipeline source("webcastsrc name=s location=listen://127.0.0.1:0");
  std::string url = source.play_and_listen();
  set(source, "allow-origins", "https://a.example");
  SinkPipeline client(kVideo + "webcastsink name=s local-addresses=\"<127.0.0.1>\" location=whip" +
                      url.substr(4) + "whip/live");
  ASSERT_TRUE(client.play());
  EXPECT_TRUE(refuses_candidates(source));
}

// Each property says by its flags whether it may change; what may not is refused aloud.
TEST(LiveSettings, WhatCannotChangeIsRefusedWithAWarning) {
  for (std::string element : {kVideo + "webcastsink", std::string("webcastsrc")}) {
    SinkPipeline pipeline(element + " name=s" + kLoopback);
    pipeline.play_and_listen();
    guint count = 0;
    GParamSpec** specs =
        g_object_class_list_properties(G_OBJECT_GET_CLASS(pipeline.sink()), &count);
    for (guint i = 0; i < count; i++) {
      GParamSpec* spec = specs[i];
      bool own = spec->owner_type == G_OBJECT_TYPE(pipeline.sink());
      if (!own || !(spec->flags & G_PARAM_WRITABLE)) continue;
      pipeline.drop_messages();
      g_object_set_property(G_OBJECT(pipeline.sink()), spec->name,
                            g_param_spec_get_default_value(spec));
      if (spec->flags & GST_PARAM_MUTABLE_PLAYING) continue;
      EXPECT_EQ(pipeline.wait_for_warning().find(spec->name), 0u) << spec->name;
    }
    g_free(specs);
    pipeline.stop();
    set(pipeline, "stream", "other");
    gchar* stream = nullptr;
    g_object_get(pipeline.sink(), "stream", &stream, nullptr);
    EXPECT_STREQ(stream, "other") << "it is stopped";
    g_free(stream);
  }
}

}  // namespace
}  // namespace webcast::test
