// The signaler for ws:// and wss:// locations at a real relay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signaling/server/http_server.hpp"
#include "tests/integration/relay/relay_process.hpp"
#include "tests/integration/server/signaler_under_test.hpp"
#include "tests/support/free_port.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;

class RelayClient : public testing::Test {
 protected:
  ControlThread control_{"test-control"};
};

// Comes to the relay as a viewer who waits for the stream, until it is there.
bool sees(TestClient& viewer, const std::string& stream) {
  if (!viewer.upgrade()) return false;
  viewer.send_text(R"({"type":"setProtocolVersion","version":"v1_1"})");
  viewer.send_text(R"({"type":"setPeerStatus","roles":["listener"],"meta":null})");
  viewer.send_text(R"({"type":"list"})");
  return viewer.receive_text_with("\"name\":\"" + stream + "\"").has_value();
}

void restart(std::unique_ptr<RelayProcess>& relay, int signal) {
  uint16_t port = relay->port();
  relay->process().signal(signal);
  relay->exit_status();
  relay = std::make_unique<RelayProcess>(
      std::vector<std::string>{"--listen", "127.0.0.1:" + std::to_string(port)});
  ASSERT_EQ(relay->port(), port);
}

TEST_F(RelayClient, PublishesThroughTheRelay) {
  RelayProcess relay;
  Sink sink(control_, relay.location(), "live");
  ASSERT_TRUE(sink.start()) << sink.error().sentence;
  ASSERT_TRUE(sink.next("connecting"));
  ASSERT_TRUE(sink.next("connected"));
  TestClient viewer(relay.port());
  ASSERT_TRUE(sees(viewer, "live"));
  std::string session = start_session(viewer, "live", "v=0 offer");
  ASSERT_NE(session, "");
  auto requested = sink.next("requested");
  ASSERT_TRUE(requested);
  EXPECT_EQ(requested->session, session);
  EXPECT_EQ(requested->text, "v=0 offer");
  sink.run([&](Signaler& signaler) {
    signaler.send_description(session, false, "v=0 answer");
    signaler.send_candidate(session, 0, "candidate:1");
    signaler.send_candidate("no such session", 0, "candidate:2");
  });
  EXPECT_TRUE(viewer.receive_text_with("v=0 answer"));
  EXPECT_TRUE(viewer.receive_text_with("candidate:1"));
  viewer.send_text(R"({"type":"peer","sessionId":")" + session +
                   R"(","ice":{"candidate":"candidate:9","sdpMLineIndex":1}})");
  auto candidate = sink.next("candidate");
  ASSERT_TRUE(candidate);
  EXPECT_EQ(candidate->text, "1 candidate:9");
  viewer.send_text(R"({"type":"endSession","sessionId":")" + session + R"("})");
  EXPECT_TRUE(sink.next("ended"));
}

TEST_F(RelayClient, StopSaysGoodbyeAndWhy) {
  RelayProcess relay;
  Sink sink(control_, relay.location(), "live");
  ASSERT_TRUE(sink.start());
  ASSERT_TRUE(sink.next("connected"));
  TestClient viewer(relay.port());
  ASSERT_TRUE(sees(viewer, "live"));
  std::string session = start_session(viewer, "live");
  ASSERT_TRUE(sink.next("requested"));
  sink.run([&](Signaler& signaler) {
    signaler.end_session(session, "The publisher stopped");
    signaler.stop();
  });
  EXPECT_TRUE(viewer.receive_text_with("The publisher stopped"));
  EXPECT_TRUE(viewer.receive_text_with(R"("roles":[])")) << "it left, it was not lost";
}

TEST_F(RelayClient, ARelayThatIsNotThereYetIsNoError) {
  uint16_t port;
  {
    RelayProcess gone;
    port = gone.port();
  }
  std::string address = "127.0.0.1:" + std::to_string(port);
  Sink sink(control_, "ws://" + address, "live");
  ASSERT_TRUE(sink.start());
  auto warning = sink.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->text, HasSubstr("ws://" + address));
  EXPECT_THAT(warning->text, HasSubstr("start it"));
  RelayProcess relay({"--listen", address});
  ASSERT_EQ(relay.port(), port);
  EXPECT_TRUE(sink.next("connected"));
}

TEST_F(RelayClient, ABadAddressIsAnErrorAtOnce) {
  for (const char* location : {"ws://", "ws://host:port", "wss://user:secret@host"})
    EXPECT_FALSE(Sink(control_, location, "live").start()) << location;
}

TEST_F(RelayClient, ATokenIsPartOfTheLocationAndOfNoMessage) {
  ServerSettings settings;
  settings.address.port = 0;
  settings.publish_token = "bring-s3cret";
  settings.view_token = "look-s3cret";
  settings.room.clients_may_publish = true;
  auto relay = Server::start(settings);
  ASSERT_TRUE(relay);
  std::string location = "ws://" + (*relay)->address().text() + "/";
  Sink refused(control_, location + "?token=wrong-s3cret", "live");
  ASSERT_TRUE(refused.start());
  auto warning = refused.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->text, HasSubstr("does not take the token of the location"));
  EXPECT_THAT(warning->text, testing::Not(HasSubstr("wrong-s3cret")));
  Sink sink(control_, location + "?token=bring-s3cret", "live");
  ASSERT_TRUE(sink.start());
  EXPECT_TRUE(sink.next("connected"));
  Sink by_property(control_, location, "other", {.publish_token = "bring-s3cret"});
  ASSERT_TRUE(by_property.start());
  EXPECT_TRUE(by_property.next("connected"));
  Sink source(control_, location, "live", {.view_token = "look-s3cret"}, SignalerRole::consumer);
  ASSERT_TRUE(source.start());
  EXPECT_TRUE(source.next("connected"));
}

TEST_F(RelayClient, TellsWhereToWatch) {
  RelayProcess relay;
  Sink sink(control_, relay.location() + "?token=s3cret", "live");
  ASSERT_TRUE(sink.start());
  auto told = sink.next("info");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->text,
            "Watch at http://127.0.0.1:" + std::to_string(relay.port()) + "/watch/live");
}

TEST_F(RelayClient, ComesBackToARelayThatWasRestarted) {
  for (int signal : {SIGTERM, SIGKILL}) {
    auto relay = std::make_unique<RelayProcess>(
        std::vector<std::string>{"--listen", "127.0.0.1:" + std::to_string(free_port())});
    Sink sink(control_, relay->location(), "live");
    ASSERT_TRUE(sink.start());
    ASSERT_TRUE(sink.next("connected"));
    TestClient before(relay->port());
    ASSERT_TRUE(sees(before, "live"));
    ASSERT_NE(start_session(before, "live"), "");
    ASSERT_TRUE(sink.next("requested"));

    restart(relay, signal);
    ASSERT_TRUE(sink.next("reconnecting"));
    ASSERT_TRUE(sink.next("connected")) << "and no session ended meanwhile";
    TestClient after(relay->port());
    ASSERT_TRUE(sees(after, "live"));
    ASSERT_NE(start_session(after, "live"), "");
    EXPECT_TRUE(sink.next("requested"));
  }
}

TEST_F(RelayClient, ANameThatIsTakenIsTriedAgainUntilItIsFree) {
  RelayProcess relay;
  auto first = std::make_unique<Sink>(control_, relay.location(), "live");
  ASSERT_TRUE(first->start());
  ASSERT_TRUE(first->next("connected"));
  TestClient viewer(relay.port());
  ASSERT_TRUE(sees(viewer, "live"));
  Sink second(control_, relay.location(), "live");
  ASSERT_TRUE(second.start());
  auto warning = second.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->text, HasSubstr("is published here already"));
  first.reset();
  ASSERT_TRUE(viewer.receive_text_with(R"("roles":[])"));
  EXPECT_TRUE(viewer.receive_text_with(R"("name":"live")")) << "the second has it now";
}

// A producer of that name; its answer to the session that it is asked for comes from the test.
bool produces(TestClient& producer, const std::string& name) {
  if (!producer.upgrade()) return false;
  producer.send_text(R"({"type":"setPeerStatus","roles":["producer","listener"],"meta":{"name":")" +
                     name + R"("}})");
  return producer.receive_text_with("\"producer\"").has_value();
}

TEST_F(RelayClient, AConsumerTakesTheStreamOfItsName) {
  RelayProcess relay;
  TestClient other(relay.port()), producer(relay.port()), heir(relay.port());
  ASSERT_TRUE(produces(other, "other"));
  Sink source(control_, relay.location(), "live", {}, SignalerRole::consumer);
  ASSERT_TRUE(source.start());
  ASSERT_TRUE(source.next("connected"));
  ASSERT_TRUE(produces(producer, "live"));
  auto started = producer.receive_text_with("startSession");
  ASSERT_TRUE(started);
  std::string session = member(*started, "sessionId");
  auto requested = source.next("requested");
  ASSERT_TRUE(requested);
  EXPECT_EQ(requested->session, session);
  producer.send_text(R"({"type":"peer","sessionId":")" + session +
                     R"(","sdp":{"type":"offer","sdp":"v=0 offer"}})");
  auto offer = source.next("offer");
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->text, "v=0 offer");
  source.run([&](Signaler& signaler) { signaler.send_description(session, false, "v=0 answer"); });
  EXPECT_TRUE(producer.receive_text_with("v=0 answer"));

  producer.send_frame(8, true, "\x03\xe8");  // it closes
  auto ended = source.next("ended");
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->text, "The publisher left.");
  ASSERT_TRUE(produces(heir, "live"));
  EXPECT_TRUE(heir.receive_text_with("startSession")) << "the next one of that name";
  EXPECT_TRUE(source.next("requested"));
}

TEST_F(RelayClient, AConsumerLeavesALostPublisherForTheOneThatCameInItsPlace) {
  RelayProcess relay;
  TestClient producer(relay.port()), heir(relay.port());
  Sink source(control_, relay.location(), "live", {}, SignalerRole::consumer);
  ASSERT_TRUE(source.start());
  ASSERT_TRUE(produces(producer, "live"));
  auto first = source.next("requested");
  ASSERT_TRUE(first);
  producer.drop();  // killed, without a goodbye
  // The name is free once the relay has seen it.
  TestClient listener(relay.port());
  ASSERT_TRUE(listener.upgrade());
  std::string list = "\"live\"";
  while (list.find("\"live\"") != std::string::npos) {
    listener.send_text(R"({"type":"list"})");
    auto answer = listener.receive_text_with("\"list\"");
    ASSERT_TRUE(answer);
    list = *answer;
  }
  ASSERT_TRUE(produces(heir, "live"));
  auto ended = source.next("ended");
  ASSERT_TRUE(ended) << "its media may flow on, until there is another";
  EXPECT_EQ(ended->session, first->session);
  EXPECT_TRUE(source.next("requested"));
  EXPECT_TRUE(heir.receive_text_with("startSession"));
}

TEST_F(RelayClient, AConsumerIsBroughtAStreamUnderItsNameToo) {
  RelayProcess relay;
  Sink source(control_, relay.location(), "live", {}, SignalerRole::consumer);
  ASSERT_TRUE(source.start());
  ASSERT_TRUE(source.next("connected"));
  TestClient publisher(relay.port()), producer(relay.port());
  ASSERT_TRUE(publisher.upgrade());
  std::string list;
  while (list.find("\"live\"") == std::string::npos) {
    publisher.send_text(R"({"type":"listConsumers"})");
    auto answer = publisher.receive_text_with("listConsumers");
    ASSERT_TRUE(answer);
    list = *answer;
  }
  std::string taker = list.substr(list.find("\"id\":\"") + 6, 36);
  publisher.send_text(R"({"type":"startSession","peerId":")" + taker + R"("})");
  auto started = publisher.receive_text_with("startSession");
  ASSERT_TRUE(started);
  auto requested = source.next("requested");
  ASSERT_TRUE(requested);
  EXPECT_EQ(requested->session, member(*started, "sessionId"));
  EXPECT_TRUE(requested->asks);

  ASSERT_TRUE(produces(producer, "live"));
  publisher.send_text(R"({"type":"endSession","sessionId":")" + requested->session + R"("})");
  ASSERT_TRUE(source.next("ended"));
  auto own = source.next("requested");
  ASSERT_TRUE(own) << "now it asks for what is published there";
  EXPECT_FALSE(own->asks);
}

TEST_F(RelayClient, AConsumerWithAViewersTokenIsToldWhatItDoesNotGetAndWatches) {
  ServerSettings settings;
  settings.address.port = 0;
  settings.publish_token = "bring-s3cret";
  settings.view_token = "look-s3cret";
  settings.room.clients_may_publish = true;
  auto relay = Server::start(settings);
  ASSERT_TRUE(relay);
  std::string location = "ws://" + (*relay)->address().text() + "/?token=look-s3cret";
  Sink source(control_, location, "live", {}, SignalerRole::consumer);
  ASSERT_TRUE(source.start());
  auto told = source.next("info");
  ASSERT_TRUE(told);
  EXPECT_THAT(told->text, HasSubstr("publish token"));
  EXPECT_THAT(told->text, HasSubstr("watched all the same"));
  EXPECT_THAT(told->text, testing::Not(HasSubstr("s3cret")));
  auto peer = (*relay)->join([](const Message&) {});
  peer->send(SetPeerStatus{Roles{.producer = true}, R"({"name":"live"})", {}});
  EXPECT_TRUE(source.next("requested"));
}

TEST_F(RelayClient, AConsumerThatTurnsASessionAwayAsksAgain) {
  RelayProcess relay;
  TestClient producer(relay.port());
  ASSERT_TRUE(produces(producer, "live"));
  Sink source(control_, relay.location(), "live", {}, SignalerRole::consumer);
  ASSERT_TRUE(source.start());
  for (int i = 0; i < 2; i++) {
    auto requested = source.next("requested");
    ASSERT_TRUE(requested);
    ASSERT_TRUE(producer.receive_text_with("startSession"));
    source.run([&](Signaler& signaler) { signaler.end_session(requested->session, "no room"); });
    EXPECT_TRUE(producer.receive_text_with("endSession"));
  }
}

TEST_F(RelayClient, WhatIsUnknownIsIgnored) {
  // A listener's own relay, in which the test speaks for the server through a raw socket.
  auto listener = adopt(g_socket_listener_new());
  uint16_t port = g_socket_listener_add_any_inet_port(listener.get(), nullptr, nullptr);
  Sink sink(control_, "ws://127.0.0.1:" + std::to_string(port), "live");
  ASSERT_TRUE(sink.start());
  auto connection = adopt(g_socket_listener_accept(listener.get(), nullptr, nullptr, nullptr));
  ASSERT_TRUE(connection);
  auto* input = g_io_stream_get_input_stream(G_IO_STREAM(connection.get()));
  auto* output = g_io_stream_get_output_stream(G_IO_STREAM(connection.get()));
  std::string request;
  char bytes[4096];
  while (request.find("\r\n\r\n") == std::string::npos) {
    gssize count = g_input_stream_read(input, bytes, sizeof bytes, nullptr, nullptr);
    ASSERT_GT(count, 0);
    request.append(bytes, static_cast<size_t>(count));
  }
  EXPECT_THAT(request, HasSubstr("Webcast-Resume: new"));
  size_t key = request.find("Sec-WebSocket-Key: ") + 19;
  std::string accept =
      request.substr(key, request.find('\r', key) - key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  auto* sum = g_checksum_new(G_CHECKSUM_SHA1);
  g_checksum_update(sum, reinterpret_cast<const guchar*>(accept.data()),
                    static_cast<gssize>(accept.size()));
  guint8 digest[20];
  gsize size = sizeof digest;
  g_checksum_get_digest(sum, digest, &size);
  g_checksum_free(sum);
  char* encoded = g_base64_encode(digest, size);
  std::string reply = std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n") +
                      "Connection: Upgrade\r\nSec-WebSocket-Accept: " + encoded + "\r\n\r\n";
  g_free(encoded);
  for (const char* text : {R"({"type":"novelty","x":1})", "no JSON", "[]",
                           R"({"type":"welcome","peerId":"P","more":true})",
                           R"({"type":"endSession","sessionId":"none"})"})
    reply += std::string("\x81") + static_cast<char>(strlen(text)) + text;
  g_output_stream_write_all(output, reply.data(), reply.size(), nullptr, nullptr, nullptr);
  EXPECT_TRUE(sink.next("connected"));
  EXPECT_TRUE(sink.quiet());
  gssize count = g_input_stream_read(input, bytes, sizeof bytes, nullptr, nullptr);
  ASSERT_GT(count, 6);
  std::string first;  // the frame is masked
  size_t start = (bytes[1] & 0x7f) == 126 ? 8 : 6;
  for (size_t i = start; i < static_cast<size_t>(count); i++)
    first += static_cast<char>(bytes[i] ^ bytes[start - 4 + (i - start) % 4]);
  EXPECT_THAT(first, HasSubstr("setPeerStatus")) << "no version at a relay that is not ours";
}

}  // namespace
}  // namespace webcast::test
