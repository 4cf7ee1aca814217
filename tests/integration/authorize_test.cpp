// The signal `authorize` of both elements, with clients that come by each way.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "tests/integration/relay/relay_process.hpp"
#include "tests/integration/whep_viewer.hpp"
#include "tests/support/memory_signaler.hpp"

namespace webcast::test {
namespace {

constexpr const char* kRefused = "Refused by the application";
const std::string kLoopback = " local-addresses=\"<127.0.0.1>\" ";
const std::string kListen = " location=listen://127.0.0.1:0 ";
const std::string kAskingSink = kVideo + " webcastsink name=s" + kLoopback;
const std::string kAskingSource = "webcastsrc name=s" + kLoopback;

// An application that decides, and what it was asked.
class Application {
 public:
  explicit Application(SinkPipeline& pipeline, bool allows) : allows_(allows) {
    g_signal_connect(pipeline.sink(), "authorize", G_CALLBACK(decide), this);
  }
  std::string asked(const char* name) {
    std::lock_guard lock(mutex_);
    const char* text =
        requests_.empty() ? nullptr : gst_structure_get_string(requests_.back().get(), name);
    return text ? text : "";
  }
  bool token_valid() {
    std::lock_guard lock(mutex_);
    gboolean valid = FALSE;
    return !requests_.empty() &&
           gst_structure_get_boolean(requests_.back().get(), "token-valid", &valid) && valid;
  }
  size_t times() {
    std::lock_guard lock(mutex_);
    return requests_.size();
  }
  std::atomic<bool> allows_;

 private:
  static gboolean decide(GstElement* element, GstStructure* request, gpointer data) {
    auto* self = static_cast<Application*>(data);
    // What takes the element's lock, and what waits for the thread that we are on.
    char* stream = nullptr;
    GstStructure* stats = nullptr;
    g_object_get(element, "stream", &stream, "stats", &stats, nullptr);
    EXPECT_STREQ(stream, gst_structure_get_string(request, "stream"));
    EXPECT_NE(stats, nullptr);
    g_free(stream);
    gst_structure_free(stats);
    std::lock_guard lock(self->mutex_);
    self->requests_.emplace_back(gst_structure_copy(request));
    return self->allows_;
  }

  std::mutex mutex_;
  std::vector<StructurePtr> requests_;
};

// A viewer by WebSocket that asks for the stream; its session, or nothing.
std::string ask(TestClient& viewer, const std::string& headers = "",
                const std::string& path = "/ws") {
  if (!viewer.upgrade(path, headers)) return "";
  viewer.send_text(R"({"type":"setProtocolVersion","version":"v1_1"})");
  viewer.send_text(R"({"type":"setPeerStatus","roles":["listener"],"meta":null})");
  viewer.send_text(R"({"type":"list"})");
  auto told = viewer.receive_text_with("\"name\":\"live\"");
  if (!told) return "";
  bool listed = told->find("producers") != std::string::npos;
  size_t id = told->find(listed ? "\"id\":\"" : "\"peerId\":\"");
  if (id == std::string::npos) return "";
  std::string producer = told->substr(told->find(":\"", id) + 2, 36);
  viewer.send_text(R"({"type":"startSession","peerId":")" + producer + R"("})");
  auto started = viewer.receive_text_with("sessionStarted");
  return started ? member(*started, "sessionId") : "";
}

TEST(Authorize, TheApplicationIsToldWhoAsks) {
  SinkPipeline sink(kAskingSink + kListen + "view-token=look-s3cret allow-origins=*");
  Application application(sink, true);
  uint16_t port = port_of(sink.play_and_listen());
  TestClient viewer(port);
  std::string session =
      ask(viewer, "Origin: https://a.example\r\nAuthorization: Bearer look-s3cret\r\n");
  ASSERT_NE(session, "");
  ASSERT_TRUE(viewer.receive_text_with("offer"));
  EXPECT_EQ(application.asked("id"), session);
  EXPECT_EQ(application.asked("stream"), "live");
  EXPECT_EQ(application.asked("role"), "view");
  EXPECT_EQ(application.asked("signaler"), "listen://127.0.0.1:0");
  EXPECT_EQ(application.asked("address"), "127.0.0.1");
  EXPECT_EQ(application.asked("origin"), "https://a.example");
  EXPECT_EQ(application.asked("token"), "look-s3cret");
  EXPECT_EQ(application.asked("peer").size(), 36u);
  EXPECT_TRUE(application.token_valid());
}

TEST(Authorize, ARefusedViewerIsToldSoAndTheOthersGoOn) {
  SinkPipeline sink(kAskingSink + kListen);
  Application application(sink, true);
  std::string url = sink.play_and_listen();
  auto first = watch(url, {"--no-audio"});
  ASSERT_TRUE(receives(*first, 10));
  application.allows_ = false;
  TestClient second(port_of(url));
  std::string session = ask(second, "", "/ws?token=own-s3cret");
  ASSERT_NE(session, "");
  auto ended = second.receive_text_with("endSession");
  ASSERT_TRUE(ended);
  EXPECT_EQ(member(*ended, "sessionId"), session);
  EXPECT_EQ(member(*ended, "error"), kRefused);
  EXPECT_EQ(application.asked("token"), "own-s3cret") << "a token of the application's";
  EXPECT_FALSE(application.token_valid());
  EXPECT_TRUE(receives(*first, 60));
  EXPECT_EQ(sink.viewers(), 1u);
  EXPECT_EQ(sink.wait_for_error(std::chrono::milliseconds(1)), "");
}

TEST(Authorize, NothingIsMadeForWhoIsRefused) {
  SinkPipeline sink(kAskingSink + kListen);
  Application application(sink, false);
  unsigned added = 0;
  g_signal_connect_swapped(sink.sink(), "viewer-added",
                           G_CALLBACK(+[](unsigned* count) { ++*count; }), &added);
  uint16_t port = port_of(sink.play_and_listen());
  TestClient viewer(port);
  ASSERT_NE(ask(viewer), "");
  ASSERT_TRUE(viewer.receive_text_with(kRefused));
  EXPECT_EQ(application.times(), 1u);
  StructurePtr stats = sink.stats();
  EXPECT_EQ(gst_value_array_get_size(gst_structure_get_value(stats.get(), "renditions")), 0u);
  EXPECT_EQ(gst_value_array_get_size(gst_structure_get_value(stats.get(), "viewer-stats")), 0u);
  sink.stop();
  EXPECT_EQ(added, 0u);
}

TEST(Authorize, ByWhepItIs403) {
  SinkPipeline sink(kAskingSink + kListen);
  Application application(sink, false);
  WhepViewer whep(port_of(sink.play_and_listen()));
  Reply refused = whep.watch({{"video", "VP8"}});
  EXPECT_EQ(refused.status, 403u) << refused.body;
  EXPECT_NE(refused.body.find(kRefused), std::string::npos) << refused.body;
  EXPECT_EQ(application.asked("address"), "127.0.0.1");
}

TEST(Authorize, TheFirstOfSeveralHandlersThatRefusesDecides) {
  SinkPipeline sink(kAskingSink + kListen);
  Application first(sink, true), second(sink, false), third(sink, true);
  TestClient viewer(port_of(sink.play_and_listen()));
  ASSERT_NE(ask(viewer), "");
  EXPECT_TRUE(viewer.receive_text_with(kRefused));
  EXPECT_EQ(first.times(), 1u);
  EXPECT_EQ(second.times(), 1u);
  EXPECT_EQ(third.times(), 0u);
}

TEST(Authorize, APublisherIsRefusedByWhipAndByWebSocket) {
  SinkPipeline source(kAskingSource + kListen);
  Application application(source, false);
  std::string url = source.play_and_listen();
  SinkPipeline client(kAskingSink + "location=whip" + url.substr(4) + "whip/live");
  Application asked_by_client(client, false);
  ASSERT_TRUE(client.play());
  std::string warning = client.wait_for_warning();
  EXPECT_NE(warning.find("403"), std::string::npos) << warning;
  EXPECT_NE(warning.find(kRefused), std::string::npos) << warning;
  EXPECT_EQ(application.asked("role"), "publish");
  EXPECT_EQ(application.asked("address"), "127.0.0.1");
  client.stop();
  EXPECT_EQ(asked_by_client.times(), 0u) << "who began the session itself is not asked";

  const char* program = g_getenv("WEBCAST_TEST_PUBLISHER");
  std::vector<std::string> command = {program ? program : "webcast-test-publisher", "--url",
                                      "ws" + url.substr(4) + "ws"};
  {
    Process refused(command);
    auto ended = refused.wait_line_with("\"ended\"", kPatience);
    ASSERT_TRUE(ended);
    EXPECT_EQ(json_field(*ended, "error"), kRefused);
  }
  application.allows_ = true;
  Process taken(command);
  EXPECT_TRUE(source.wait_for("webcast-publisher-connected"));
}

TEST(Authorize, ThroughARelayOnlyThePeerIsKnown) {
  RelayProcess relay;
  SinkPipeline sink(kAskingSink + "location=" + relay.location());
  Application application(sink, false);
  ASSERT_TRUE(sink.play());
  WhepViewer whep(relay.port());
  Reply refused = whep.watch({{"video", "VP8"}});
  EXPECT_EQ(refused.status, 403u) << refused.body;
  EXPECT_EQ(application.asked("address"), "");
  EXPECT_EQ(application.asked("peer").size(), 36u);
  EXPECT_EQ(application.asked("signaler"), relay.location());
}

TEST(Authorize, ASessionByASignalerOfTheApplicationsIsAskedForToo) {
  MemorySignaler memory;
  SinkPipeline sink(kAskingSink);
  g_object_set(sink.sink(), "signaler", memory.object(), nullptr);
  Application application(sink, false);
  ASSERT_TRUE(sink.play());
  webcast_signaler_request_session(memory.object(), "S", "somebody", nullptr);
  auto ended = memory.wait_for(SignalerCall::What::end);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->text, kRefused);
  EXPECT_EQ(application.asked("peer"), "somebody");
  EXPECT_EQ(application.asked("signaler"), "TestSignaler");
  sink.stop();
}

}  // namespace
}  // namespace webcast::test
