// How often an address may come and speak, and what /metrics tells of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signaling/server/http_server.hpp"
#include "tests/integration/server/test_client.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class RatesTest : public testing::Test {
 protected:
  void start(ServerSettings settings = {}) {
    settings.address.port = 0;
    auto started = Server::start(std::move(settings));
    ASSERT_TRUE(started) << started.error().sentence;
    server_ = std::move(*started);
    port_ = server_->address().port;
  }
  std::string metrics() { return TestClient(port_).get("/metrics").body; }

  std::unique_ptr<Server> server_;
  uint16_t port_ = 0;
};

TEST_F(RatesTest, AnAddressThatConnectsTooOftenWaits) {
  ServerSettings settings;
  // Ten times as many for the loopback address of this test; none comes back while it runs.
  settings.acceptor.new_connections = {.burst = 2, .per_second = 1e-6};
  start(settings);
  TestClient here(port_), watcher(port_);
  ASSERT_TRUE(here.upgrade());
  ASSERT_TRUE(here.receive_text_with("welcome"));
  for (int i = 2; i < 20; i++)
    EXPECT_EQ(TestClient(port_).get("/healthz").status, 200u) << i;
  for (int i = 0; i < 3; i++)
    EXPECT_EQ(TestClient(port_).get("/healthz").status, 0u) << "closed at once";
  EXPECT_THAT(watcher.get("/metrics").body, HasSubstr("webcast_errors_total{cause=\"rate\"} 3\n"));
  here.send_text(R"({"type":"list"})");
  EXPECT_TRUE(here.receive_text_with("\"list\"")) << "who is in stays in";
}

TEST_F(RatesTest, AnAddressThatSpeaksTooMuchIsCutOff) {
  ServerSettings settings;
  settings.messages = {.burst = 1, .per_second = 1e-6};
  start(settings);
  TestClient quiet(port_), loud(port_);
  ASSERT_TRUE(quiet.upgrade());
  ASSERT_TRUE(loud.upgrade());
  for (int i = 0; i < 10; i++) {
    loud.send_text(R"({"type":"list"})");
    EXPECT_TRUE(loud.receive_text_with("\"list\"")) << i;
  }
  loud.send_text(R"({"type":"list"})");
  auto error = loud.receive_text_with("error");
  ASSERT_TRUE(error);
  EXPECT_THAT(*error, HasSubstr("Too many messages"));
  EXPECT_EQ(loud.receive_text(), std::nullopt);
  EXPECT_EQ(loud.close_code(), 1008u);
  EXPECT_THAT(metrics(), HasSubstr("webcast_errors_total{cause=\"rate\"} 1\n"));
}

// Each is answered; none is a message.
TEST_F(RatesTest, PingsAndFragmentsWithoutEndAreCutOff) {
  start({});
  TestClient quiet(port_);
  ASSERT_TRUE(quiet.upgrade());
  for (unsigned opcode : {9u, 10u, 0u}) {
    TestClient loud(port_);
    ASSERT_TRUE(loud.upgrade());
    if (opcode == 0) loud.send_frame(1, false, "{");
    std::string frame = {static_cast<char>(opcode == 0 ? 0 : 0x80 | opcode), '\x80', 1, 2, 3, 4};
    std::string frames;
    for (int i = 0; i < 3'000; i++)
      frames += frame;
    ASSERT_TRUE(loud.send(frames));
    auto error = loud.receive_text_with("error");
    ASSERT_TRUE(error) << opcode;
    EXPECT_THAT(*error, HasSubstr("Too many pings")) << opcode;
    EXPECT_EQ(loud.receive_text(), std::nullopt);
    EXPECT_EQ(loud.close_code(), 1008u) << opcode;
  }
  quiet.send_text(R"({"type":"list"})");
  EXPECT_TRUE(quiet.receive_text_with("\"list\""));
}

TEST_F(RatesTest, WhoSaysLittleIsNotBlamedForItsNeighbour) {
  ServerSettings settings;
  settings.messages = {.burst = 25, .per_second = 1e-6};  // 250 of this address, 1 of each client
  start(settings);
  TestClient quiet(port_), loud(port_);
  ASSERT_TRUE(quiet.upgrade());
  ASSERT_TRUE(loud.upgrade());
  for (int i = 0; i < 300; i++)
    loud.send_text(R"({"type":"list"})");
  EXPECT_TRUE(loud.receive_text_with("Too many messages"));
  quiet.send_text(R"({"type":"list"})");
  EXPECT_TRUE(quiet.receive_text_with("\"list\""));
}

// Each of 20 would be told 400 times of 8 KB.
TEST_F(RatesTest, OneRestlessClientEndsNobodysSession) {
  ServerSettings settings;
  settings.room.clients_may_publish = true;
  start(settings);
  std::vector<std::unique_ptr<TestClient>> viewers;
  for (int i = 0; i < 20; i++) {
    viewers.push_back(std::make_unique<TestClient>(port_));
    ASSERT_TRUE(viewers.back()->upgrade());
    viewers.back()->send_text(R"({"type":"setProtocolVersion","version":"v1_1"})");
    viewers.back()->send_text(R"({"type":"listConsumers"})");
    viewers.back()->send_text(R"({"type":"setPeerStatus","roles":["listener"]})");
    ASSERT_TRUE(viewers.back()->receive_text_with("peerStatusChanged"));
  }
  TestClient restless(port_);
  ASSERT_TRUE(restless.upgrade());
  for (int i = 0; i < 400; i++) {
    std::string meta = std::to_string(i) + std::string(8000, 'x');
    restless.send_text(R"({"type":"setPeerStatus","roles":[")" +
                       std::string(i % 2 ? "consumer" : "producer") + R"("],"meta":{"a":")" + meta +
                       "\"}}");
  }
  restless.send_text(R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"last"}})");
  for (auto& viewer : viewers) {
    ASSERT_TRUE(viewer->receive_text_with("\"last\"")) << "the newest reaches all";
    viewer->send_text(R"({"type":"list"})");
    EXPECT_TRUE(viewer->receive_text_with("\"list\""));
  }
}

// It asks and asks and takes no answer.
TEST_F(RatesTest, WhoReadsNothingIsLostAndItsSessionGoesOn) {
  ServerSettings settings;
  settings.room.clients_may_publish = true;
  settings.messages = {.burst = 1e6, .per_second = 1e6};
  start(settings);
  TestClient producer(port_), viewer(port_);
  ASSERT_TRUE(producer.upgrade());
  ASSERT_TRUE(viewer.upgrade());
  std::string id = member(*producer.receive_text_with("welcome"), "peerId");
  producer.send_text(R"({"type":"setPeerStatus","roles":["producer","listener"],"meta":{"name":")" +
                     std::string(64, 'a') + R"(","more":")" + std::string(8000, 'x') + "\"}}");
  ASSERT_TRUE(producer.receive_text_with("peerStatusChanged"));
  viewer.send_text(R"({"type":"startSession","peerId":")" + id + R"("})");
  ASSERT_TRUE(producer.receive_text_with("startSession"));
  for (int i = 0; i < 20'000; i++)
    if (!viewer.send_text(R"({"type":"list"})")) break;
  viewer.drop();
  std::string page = metrics();
  for (int i = 0; i < 3000 && page.find("webcast_peers 1\n") == std::string::npos; i++) {
    g_usleep(10000);
    page = metrics();
  }
  EXPECT_THAT(page, HasSubstr("webcast_peers 1\n"));
  EXPECT_THAT(page, HasSubstr("webcast_sessions 1\n"));
}

TEST_F(RatesTest, MetricsTellWhatHappened) {
  ServerSettings settings;
  settings.room.clients_may_publish = true;
  start(settings);
  EXPECT_THAT(metrics(), HasSubstr("webcast_peers 0\n"));
  TestClient producer(port_), viewer(port_);
  ASSERT_TRUE(producer.upgrade());
  ASSERT_TRUE(viewer.upgrade());
  std::string id = member(*producer.receive_text_with("welcome"), "peerId");
  producer.send_text(
      R"({"type":"setPeerStatus","roles":["producer","listener"],"meta":{"name":"live"}})");
  ASSERT_TRUE(producer.receive_text_with("peerStatusChanged"));
  viewer.send_text(R"({"type":"startSession","peerId":")" + id + R"(","offer":"v=0"})");
  auto started = viewer.receive_text_with("sessionStarted");
  ASSERT_TRUE(started);
  producer.send_text(R"({"type":"peer","sessionId":")" + member(*started, "sessionId") +
                     R"(","sdp":{"type":"answer","sdp":"v=0"}})");
  ASSERT_TRUE(viewer.receive_text_with("answer"));
  viewer.send_text("nonsense");
  ASSERT_TRUE(viewer.receive_text_with("error"));
  TestClient(port_).get("/nowhere");
  TestClient(port_).get("/", "Host: evil.example\r\n");
  Reply reply = TestClient(port_).get("/metrics");
  EXPECT_THAT(reply.header("content-type"), HasSubstr("text/plain; version=0.0.4"));
  for (const char* line :
       {"webcast_peers 2\n", "webcast_sessions 1\n", "webcast_streams 1\n",
        "webcast_sessions_started_total 1\n", "webcast_join_seconds_count 1\n",
        "webcast_messages_total{direction=\"in\"} 3\n",
        "webcast_errors_total{cause=\"message\"} 1\n",
        "webcast_errors_total{cause=\"not-found\"} 1\n",
        "webcast_errors_total{cause=\"origin\"} 1\n"})
    EXPECT_THAT(reply.body, HasSubstr(line));
}

TEST_F(RatesTest, MetricsAreForThoseWithTheToken) {
  ServerSettings settings;
  settings.view_token = "s3cret-token";
  start(settings);
  EXPECT_EQ(TestClient(port_).get("/metrics").status, 401u);
  Reply reply = TestClient(port_).get("/metrics", "Authorization: Bearer s3cret-token\r\n");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_THAT(reply.body, HasSubstr("webcast_errors_total{cause=\"token\"} 1\n"));
  EXPECT_THAT(reply.body, Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace webcast::test
