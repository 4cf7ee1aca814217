// listen:// as the element uses it: signalers on a control thread, viewers on real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/server/signaler_under_test.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;

class ListenTest : public testing::Test {
 protected:
  ControlThread control_{"test-control"};
  const std::string any_port_ = "listen://127.0.0.1:0";
};

TEST_F(ListenTest, AViewerIsAskedForAnsweredAndEnded) {
  Sink sink(control_, any_port_, "live");
  ASSERT_TRUE(sink.start());
  TestClient viewer(sink.listening_port());
  ASSERT_TRUE(viewer.upgrade());
  viewer.send_text(R"({"type":"setProtocolVersion","version":"v1_1"})");
  std::string session = start_session(viewer, "live", "v=0 viewer");
  auto requested = sink.next("requested");
  ASSERT_TRUE(requested);
  EXPECT_EQ(requested->session, session);
  EXPECT_EQ(requested->text, "v=0 viewer");

  sink.run([&](Signaler& s) {
    s.send_description(session, false, "v=0 sink");
    s.send_candidate(session, 2, "candidate:1");
  });
  EXPECT_TRUE(viewer.receive_text_with("v=0 sink"));
  EXPECT_TRUE(viewer.receive_text_with(R"("sdpMLineIndex":2)"));
  viewer.send_text(R"({"type":"peer","sessionId":")" + session +
                   R"(","ice":{"candidate":"candidate:2","sdpMLineIndex":1}})");
  EXPECT_EQ(sink.next("candidate").value().text, "1 candidate:2");

  sink.run([&](Signaler& s) { s.end_session(session, "No encoder was found."); });
  EXPECT_THAT(*viewer.receive_text_with("endSession"),
              HasSubstr(R"("error":"No encoder was found.")"));
  session = start_session(viewer, "live");
  ASSERT_TRUE(sink.next("requested"));
  sink.run([&](Signaler& s) { s.end_session(session, std::nullopt); });
  EXPECT_THAT(*viewer.receive_text_with("endSession"), HasSubstr(R"("error":null)"));
}

TEST_F(ListenTest, TheSinkOffersToAPlainViewerAndTakesItsAnswer) {
  Sink sink(control_, any_port_, "live");
  ASSERT_TRUE(sink.start());
  TestClient viewer(sink.listening_port());
  ASSERT_TRUE(viewer.upgrade());
  std::string session = start_session(viewer, "live");
  ASSERT_TRUE(sink.next("requested"));
  sink.run([&](Signaler& s) { s.send_description(session, true, "v=0 sink"); });
  EXPECT_THAT(*viewer.receive_text_with("v=0 sink"), HasSubstr(R"("type":"offer")"));
  viewer.send_text(R"({"type":"peer","sessionId":")" + session +
                   R"(","sdp":{"type":"answer","sdp":"v=0 viewer"}})");
  EXPECT_EQ(sink.next("answer").value().text, "v=0 viewer");
  viewer.send_text(R"({"type":"endSession","sessionId":")" + session + R"("})");
  EXPECT_EQ(sink.next("ended").value().session, session);
}

TEST_F(ListenTest, WhoWaitsIsToldWhenTheStreamGoesLive) {
  Sink sink(control_, any_port_, "live");
  ASSERT_TRUE(sink.start(false));
  TestClient viewer(sink.listening_port());
  ASSERT_TRUE(viewer.upgrade());
  EXPECT_EQ(start_session(viewer, "live"), "");
  viewer.send_text(R"({"type":"setPeerStatus","roles":["listener"],"meta":null})");
  ASSERT_TRUE(viewer.receive_text_with("listener"));
  sink.set_live(true);
  EXPECT_THAT(viewer.receive_text_with(R"("roles":["producer"])").value_or(""),
              HasSubstr(R"("meta":{"name":"live","video":0,"audio":0})"));
  std::string session = start_session(viewer, "live");
  EXPECT_NE(session, "");
  sink.set_live(false);
  EXPECT_TRUE(viewer.receive_text_with(R"("roles":[])"));
  EXPECT_EQ(sink.next("ended").value().session, session)
      << "a stream that is not live has no sessions";
}

TEST_F(ListenTest, TwoStreamsShareOneAddress) {
  Sink first(control_, any_port_, "one");
  ASSERT_TRUE(first.start());
  uint16_t port = first.listening_port();
  std::string address = "listen://127.0.0.1:" + std::to_string(port);
  auto second = std::make_unique<Sink>(control_, address, "two");
  ASSERT_TRUE(second->start()) << second->error().sentence;
  EXPECT_EQ(second->listening_port(), port);

  TestClient viewer(port);
  ASSERT_TRUE(viewer.upgrade());
  EXPECT_NE(start_session(viewer, "two"), "");
  EXPECT_TRUE(second->next("requested"));
  EXPECT_NE(start_session(viewer, "one"), "");
  EXPECT_TRUE(first.next("requested"));
  EXPECT_THAT(TestClient(port).get("/api/streams").body, HasSubstr(R"("name":"two")"));

  first.stop();
  EXPECT_EQ(TestClient(port).get("/healthz").status, 200u) << "the second one is still there";
  second->stop();
  EXPECT_FALSE(TestClient(port).connected()) << "the last one closes the port";
}

TEST_F(ListenTest, TheSameNameTwiceIsAnError) {
  Sink first(control_, any_port_, "live");
  ASSERT_TRUE(first.start());
  std::string address = "listen://127.0.0.1:" + std::to_string(first.listening_port());
  Sink second(control_, address, "live");
  ASSERT_FALSE(second.start());
  EXPECT_EQ(second.error().code, ErrorCode::in_use);
  EXPECT_THAT(second.error().sentence, HasSubstr(address + ": "));
  EXPECT_THAT(second.error().sentence, HasSubstr("another name"));
}

// Asks the consumer `stream` to take a session; its id, or nothing.
std::string bring_session(TestClient& publisher, const std::string& stream) {
  publisher.send_text(R"({"type":"listConsumers"})");
  auto list = publisher.receive_text_with("\"consumers\"");
  if (!list) return "";
  size_t name = list->find("{\"name\":\"" + stream + "\"");
  size_t id = list->rfind("\"id\":\"", name);
  if (name == std::string::npos || id == std::string::npos) return "";
  publisher.send_text(R"({"type":"startSession","peerId":")" + list->substr(id + 6, 36) + "\"}");
  auto started = publisher.receive_text_with("\"sessionId\"");
  return started ? member(*started, "sessionId") : "";
}

TEST_F(ListenTest, AConsumerTakesWhatAPublisherBrings) {
  Sink source(control_, any_port_, "live", {}, SignalerRole::consumer);
  ASSERT_TRUE(source.start());
  uint16_t port = source.listening_port();
  EXPECT_EQ(TestClient(port).get("/").header("location"), "/publish/live");
  TestClient publisher(port);
  ASSERT_TRUE(publisher.upgrade());
  std::string session = bring_session(publisher, "live");
  auto requested = source.next("requested");
  ASSERT_TRUE(requested);
  EXPECT_EQ(requested->session, session);
  publisher.send_text(R"({"type":"peer","sessionId":")" + session +
                      R"(","sdp":{"type":"offer","sdp":"v=0 an offer"}})");
  auto offer = source.next("offer");
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->text, "v=0 an offer");
  source.run([&](Signaler& signaler) { signaler.send_description(session, false, "v=0 answer"); });
  auto answer = publisher.receive_text_with("v=0 answer");
  ASSERT_TRUE(answer);
  EXPECT_THAT(*answer, HasSubstr("\"answer\""));
  publisher.drop();
}

TEST_F(ListenTest, ASinkAndASourceShareAnAddressEachWithItsToken) {
  Sink sink(control_, any_port_, "out", {.view_token = "watch-s3cret"});
  ASSERT_TRUE(sink.start());
  uint16_t port = sink.listening_port();
  std::string address = "listen://127.0.0.1:" + std::to_string(port);
  {
    Sink source(control_, address, "in", {.publish_token = "bring-s3cret"}, SignalerRole::consumer);
    ASSERT_TRUE(source.start());
    EXPECT_EQ(TestClient(port).get("/publish/in?token=watch-s3cret").status, 401u);
    EXPECT_EQ(TestClient(port).get("/publish/in?token=bring-s3cret").status, 200u);
    TestClient viewer(port), publisher(port);
    ASSERT_TRUE(viewer.upgrade("/ws?token=watch-s3cret"));
    ASSERT_TRUE(publisher.upgrade("/ws?token=bring-s3cret"));
    for (TestClient* client : {&viewer, &publisher})
      client->send_text(R"({"type":"listConsumers"})");
    EXPECT_TRUE(viewer.receive_text_with("\"consumers\":[]")) << "they are no business of its";
    auto list = publisher.receive_text_with("\"consumers\"");
    ASSERT_TRUE(list);
    size_t id = list->find("\"id\":\"");
    ASSERT_NE(id, std::string::npos);
    viewer.send_text(R"({"type":"startSession","peerId":")" + list->substr(id + 6, 36) + "\"}");
    auto refused = viewer.receive_text_with("\"error\"");
    ASSERT_TRUE(refused);
    EXPECT_THAT(*refused, HasSubstr("publish token"));
    EXPECT_NE(bring_session(publisher, "in"), "");
    Sink other(control_, address, "in2", {.publish_token = "other-s3cret"}, SignalerRole::consumer);
    EXPECT_FALSE(other.start());
  }
  EXPECT_EQ(TestClient(port).get("/watch/out?token=bring-s3cret").status, 401u)
      << "the token went with the source";
  EXPECT_EQ(TestClient(port).get("/watch/out?token=watch-s3cret").status, 200u);
}

TEST_F(ListenTest, OtherAccessSettingsOnOneAddressAreAnError) {
  Sink first(control_, any_port_, "one", {.view_token = "s3cret"});
  ASSERT_TRUE(first.start());
  std::string address = "listen://127.0.0.1:" + std::to_string(first.listening_port());
  Sink second(control_, address, "two");
  ASSERT_FALSE(second.start());
  EXPECT_THAT(second.error().sentence, HasSubstr("view-token"));
  EXPECT_THAT(second.error().sentence, testing::Not(HasSubstr("s3cret")));
}

TEST_F(ListenTest, APortInUseNamesLocationCauseAndRemedy) {
  auto listener = adopt(g_socket_listener_new());
  guint16 port = g_socket_listener_add_any_inet_port(listener.get(), nullptr, nullptr);
  std::string address = "listen://127.0.0.1:" + std::to_string(port);
  Sink sink(control_, address, "live");
  ASSERT_FALSE(sink.start());
  EXPECT_EQ(sink.error().code, ErrorCode::in_use);
  EXPECT_THAT(sink.error().sentence, HasSubstr(address + ": "));
  EXPECT_THAT(sink.error().sentence, HasSubstr("another program uses that port"));
  EXPECT_THAT(sink.error().sentence, HasSubstr("choose another port"));
}

TEST_F(ListenTest, BadLocationsAndCertificatesAreErrorsThatNameThem) {
  for (const char* location : {"listen://nowhere.example:8080", "listen://127.0.0.1:99999",
                               "ftp://127.0.0.1", "whip:///x", "127.0.0.1:8080"}) {
    Sink sink(control_, location, "live");
    ASSERT_FALSE(sink.start()) << location;
    EXPECT_THAT(sink.error().sentence, HasSubstr(location));
  }
  Sink sink(control_, any_port_, "live", {.tls_certificate = "/no/such.pem"});
  ASSERT_FALSE(sink.start());
  EXPECT_THAT(sink.error().sentence, HasSubstr("/no/such.pem"));
}

TEST_F(ListenTest, OffLoopbackWithoutTokenAndTlsItWarns) {
  Sink open(control_, "listen://:0", "live"), closed(control_, any_port_, "live");
  ASSERT_TRUE(open.start());
  auto warning = open.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->text, HasSubstr("view-token"));
  EXPECT_THAT(warning->text, HasSubstr("tls-certificate"));
  ASSERT_TRUE(closed.start());
  ASSERT_TRUE(closed.next("listening"));
  EXPECT_TRUE(closed.quiet());
}

TEST_F(ListenTest, StartsAndStopsAnyNumberOfTimesWithNothingToldAfterStop) {
  Sink sink(control_, any_port_, "live");
  for (int i = 0; i < 20; i++) {
    ASSERT_TRUE(sink.start());
    uint16_t port = sink.listening_port();
    TestClient viewer(port);
    ASSERT_TRUE(viewer.upgrade());
    start_session(viewer, "live");
    sink.stop();
    sink.drain();
    viewer.send_text(R"({"type":"list"})");
    EXPECT_TRUE(sink.quiet());
    EXPECT_FALSE(TestClient(port).connected());
  }
}

}  // namespace
}  // namespace webcast::test
