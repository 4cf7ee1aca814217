// Signaling by real WebSockets: viewers, and a producer in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libsoup/soup.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "signaling/protocol/codec.hpp"
#include "signaling/server/http_server.hpp"
#include "tests/integration/server/test_client.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;

// What a local peer is told, for a thread that waits.
class Inbox {
 public:
  std::function<void(const Message&)> receiver() {
    return [this](const Message& message) {
      std::lock_guard lock(mutex_);
      messages_.push_back(message);
      condition_.notify_all();
    };
  }
  // The next message of this type, others skipped.
  template <typename T>
  std::optional<T> next(std::chrono::seconds patience = std::chrono::seconds(60)) {
    std::unique_lock lock(mutex_);
    auto end = std::chrono::steady_clock::now() + patience;
    for (;;) {
      while (!messages_.empty()) {
        Message message = std::move(messages_.front());
        messages_.pop_front();
        if (auto* wanted = std::get_if<T>(&message)) return std::move(*wanted);
      }
      if (condition_.wait_until(lock, end) == std::cv_status::timeout) return std::nullopt;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  std::deque<Message> messages_;
};

class WebSocketTest : public testing::Test {
 protected:
  void SetUp() override {
    ServerSettings settings;
    settings.address.port = 0;
    auto started = Server::start(settings);
    ASSERT_TRUE(started) << started.error().sentence;
    server_ = std::move(*started);
    port_ = server_->address().port;
    producer_ = server_->join(inbox_.receiver());
    producer_->send(SetProtocolVersion{"v1_1"});
    producer_id_ = inbox_.next<Welcome>()->peer;
  }
  void TearDown() override { producer_.reset(); }
  void go_live(bool live = true) {
    producer_->send(SetPeerStatus{.roles = {.producer = live}, .meta = "{\"name\":\"live\"}"});
  }
  // A viewer in a session with the producer.
  std::string watch(TestClient& viewer) {
    EXPECT_TRUE(viewer.upgrade());
    EXPECT_TRUE(viewer.receive_text_with("\"welcome\""));
    viewer.send_text(R"({"type":"startSession","peerId":")" + producer_id_ + R"("})");
    EXPECT_TRUE(viewer.receive_text_with("\"sessionStarted\""));
    auto started = inbox_.next<StartSession>();
    EXPECT_TRUE(started);
    return started ? started->session : "";
  }

  std::unique_ptr<Server> server_;
  uint16_t port_ = 0;
  Inbox inbox_;
  std::unique_ptr<LocalPeer> producer_;
  std::string producer_id_;
};

TEST_F(WebSocketTest, APublishTokenThatIsSetLeavesViewersAlone) {
  TestClient viewer(port_), stale(port_);
  ASSERT_TRUE(viewer.upgrade());
  ASSERT_TRUE(stale.upgrade("/ws?token=old-s3cret"));
  ASSERT_TRUE(stale.receive_text_with("welcome"));
  ASSERT_TRUE(viewer.receive_text_with("welcome"));
  server_->set_access("", "publish-s3cret", {});
  EXPECT_TRUE(stale.receive_text_with("not valid any more"));
  viewer.send_text(R"({"type":"list"})");
  EXPECT_TRUE(viewer.receive_text_with("\"list\"")) << "everybody may watch";
}

TEST_F(WebSocketTest, AnyPathTakesAnUpgrade) {
  for (const char* path : {"/", "/ws", "/watch/live", "/some/where?x=y"}) {
    TestClient client(port_);
    ASSERT_TRUE(client.upgrade(path)) << path;
    auto welcome = client.receive_text();
    ASSERT_TRUE(welcome);
    EXPECT_EQ(welcome->rfind(R"({"type":"welcome","peerId":")", 0), 0u) << *welcome;
  }
}

TEST_F(WebSocketTest, AListenerIsToldWhenTheStreamComesAndGoes) {
  TestClient viewer(port_);
  ASSERT_TRUE(viewer.upgrade());
  viewer.send_text(R"({"type":"setPeerStatus","roles":["listener"],"meta":null})");
  auto echo = viewer.receive_text_with("peerStatusChanged");
  ASSERT_TRUE(echo);
  EXPECT_THAT(*echo, HasSubstr("\"roles\":[\"listener\"]"));
  go_live();
  auto told = viewer.receive_text_with("peerStatusChanged");
  ASSERT_TRUE(told);
  EXPECT_THAT(*told, HasSubstr(R"("roles":["producer"],"meta":{"name":"live"},"peerId":")"));
  viewer.send_text(R"({"type":"list"})");
  auto list = viewer.receive_text_with("\"list\"");
  ASSERT_TRUE(list);
  EXPECT_THAT(*list, HasSubstr("{\"id\":\"" + producer_id_ + "\",\"meta\":{\"name\":\"live\"}}"));
  go_live(false);
  told = viewer.receive_text_with("peerStatusChanged");
  ASSERT_TRUE(told);
  EXPECT_THAT(*told, HasSubstr("\"roles\":[]"));
}

TEST_F(WebSocketTest, AWebSocketViewerAndTheProducerInThisProcessNegotiate) {
  go_live();
  TestClient viewer(port_);
  ASSERT_TRUE(viewer.upgrade());
  viewer.send_text(R"({"type":"setProtocolVersion","version":"v1_1"})");
  viewer.send_text(R"({"type":"startSession","peerId":")" + producer_id_ +
                   R"(","offer":"v=0 viewer"})");
  auto started = viewer.receive_text_with("sessionStarted");
  ASSERT_TRUE(started);
  EXPECT_EQ(member(*started, "peerId"), producer_id_);
  auto asked = inbox_.next<StartSession>();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->session, member(*started, "sessionId"));
  EXPECT_EQ(asked->offer, "v=0 viewer");

  producer_->send(SessionSdp{asked->session, false, "v=0 sink"});
  producer_->send(SessionIce{asked->session, 1, "candidate:1"});
  EXPECT_THAT(*viewer.receive_text_with("sdp"), HasSubstr(R"({"type":"answer","sdp":"v=0 sink"})"));
  EXPECT_THAT(*viewer.receive_text_with("ice"),
              HasSubstr(R"({"candidate":"candidate:1","sdpMLineIndex":1})"));
  viewer.send_text(R"({"type":"peer","sessionId":")" + asked->session +
                   R"(","ice":{"candidate":"candidate:2","sdpMid":"0","sdpMLineIndex":0}})");
  auto candidate = inbox_.next<SessionIce>();
  ASSERT_TRUE(candidate);
  EXPECT_EQ(candidate->candidate, "candidate:2");

  producer_->send(EndSessionV1_1{asked->session, "The encoder failed."});
  EXPECT_THAT(*viewer.receive_text_with("endSession"), HasSubstr("The encoder failed."));
}

TEST_F(WebSocketTest, AViewerThatClosesItsPageEndsItsSession) {
  go_live();
  TestClient viewer(port_);
  std::string session = watch(viewer);
  viewer.send_frame(8, true, std::string("\x03\xe9", 2));  // 1001
  auto ended = inbox_.next<EndSessionV1_1>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->session, session);
}

TEST_F(WebSocketTest, ABrokenConnectionEndsNoSession) {
  go_live();
  TestClient lost(port_), second(port_);
  std::string lost_session = watch(lost), session = watch(second);
  lost.drop();
  // The server knows of it before it takes what the second one says later.
  ASSERT_TRUE(TestClient(port_).get("/healthz").status == 200);
  producer_->send(SessionIce{lost_session, 0, "candidate:for nobody"});
  second.send_frame(8, true, std::string("\x03\xe8", 2));
  auto ended = inbox_.next<EndSessionV1_1>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->session, session) << "and not that of the one that was lost";
}

TEST_F(WebSocketTest, NonsenseIsAnsweredAndTheConnectionGoesOn) {
  TestClient client(port_);
  ASSERT_TRUE(client.upgrade());
  for (const char* nonsense : {"", "nonsense", "[]", "{}", R"({"type":"newPeer"})"}) {
    client.send_text(nonsense);
    EXPECT_TRUE(client.receive_text_with("\"error\"")) << nonsense;
  }
  client.send_text(R"({"type":"list"})");
  EXPECT_TRUE(client.receive_text_with("\"list\""));
}

TEST_F(WebSocketTest, AViewerCannotPoseAsTheProducer) {
  TestClient client(port_);
  ASSERT_TRUE(client.upgrade());
  client.send_text(R"({"type":"setPeerStatus","roles":["producer"],"meta":{"name":"live"}})");
  EXPECT_TRUE(client.receive_text_with("\"error\""));
  client.send_text(R"({"type":"list"})");
  EXPECT_EQ(client.receive_text_with("\"list\""), R"({"type":"list","producers":[]})");
}

TEST_F(WebSocketTest, BinaryMessagesCloseTheConnection) {
  TestClient client(port_);
  ASSERT_TRUE(client.upgrade());
  client.send_frame(2, true, "{}");
  EXPECT_TRUE(client.receive_text_with("\"error\""));
  while (client.receive_text()) {
  }
  EXPECT_EQ(client.close_code(), 1003u);
}

TEST_F(WebSocketTest, CompressionIsNotNegotiated) {
  TestClient client(port_);
  ASSERT_TRUE(client.upgrade("/ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  EXPECT_EQ(client.last_reply().header("sec-websocket-extensions"), "");
  EXPECT_TRUE(client.receive_text_with("welcome"));
}

TEST_F(WebSocketTest, ProducersLeaveWithTheirLocalPeer) {
  go_live();
  TestClient viewer(port_);
  watch(viewer);
  producer_.reset();
  EXPECT_TRUE(viewer.receive_text_with("\"endSession\""));
}

// A client that nobody here wrote.
TEST_F(WebSocketTest, LibsoupsOwnClientIsWelcome) {
  auto context = adopt(g_main_context_new());
  g_main_context_push_thread_default(context.get());
  auto session = adopt(soup_session_new());
  auto message =
      adopt(soup_message_new("GET", ("ws://127.0.0.1:" + std::to_string(port_) + "/ws").c_str()));
  struct Wait {
    std::string text;
    bool done = false;
    SoupWebsocketConnection* connection = nullptr;
  } wait;
  auto connected = [](GObject* source, GAsyncResult* result, gpointer data) {
    auto* state = static_cast<Wait*>(data);
    state->connection =
        soup_session_websocket_connect_finish(SOUP_SESSION(source), result, nullptr);
    if (!state->connection) {
      state->done = true;
      return;
    }
    void (*on_text)(SoupWebsocketConnection*, gint, GBytes*,
                    gpointer) = [](SoupWebsocketConnection*, gint, GBytes* bytes, gpointer inner) {
      auto* waiting = static_cast<Wait*>(inner);
      waiting->text = static_cast<const char*>(g_bytes_get_data(bytes, nullptr));
      waiting->done = true;
    };
    g_signal_connect(state->connection, "message", G_CALLBACK(on_text), state);
  };
  soup_session_websocket_connect_async(session.get(), message.get(), nullptr, nullptr,
                                       G_PRIORITY_DEFAULT, nullptr, connected, &wait);
  while (!wait.done)
    g_main_context_iteration(context.get(), TRUE);
  EXPECT_THAT(wait.text, HasSubstr("welcome"));
  if (wait.connection) g_object_unref(wait.connection);
  g_main_context_pop_thread_default(context.get());
}

}  // namespace
}  // namespace webcast::test
