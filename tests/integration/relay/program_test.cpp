// webcast-relay as its user starts it: what it says, whom it lets in, how it ends.
#include <glib/gstdio.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/relay/relay_process.hpp"
#include "tests/integration/server/test_client.hpp"
#include "tests/support/signed_token.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;

std::string welcomed(TestClient& client, const std::string& headers = "") {
  EXPECT_TRUE(client.upgrade("/ws", headers));
  auto welcome = client.receive_text();
  return welcome ? member(*welcome, "peerId") : "";
}

void publish(TestClient& client, const std::string& name) {
  client.send_text(R"({"type":"setPeerStatus","roles":["producer","listener"],"meta":{"name":")" +
                   name + R"(","tracks":{"video":["VP8 640x360"],"audio":[]}}})");
}

TEST(RelayProgram, TellsItsOptions) {
  RelayProcess relay({"--help"});
  for (const char* option : {"--listen", "--config", "--tls-certificate", "--tls-key",
                             "--token-secret-file", "--allow-origin", "--max-peers",
                             "--peers-per-address", "--redis"})
    EXPECT_THAT(relay.line(option), HasSubstr(option));
  EXPECT_EQ(relay.exit_status(), 0);
}

TEST(RelayProgram, SaysWhatIsWrongAndWhatToDo) {
  RelayProcess first;
  std::string taken = "127.0.0.1:" + std::to_string(first.port());
  struct Case {
    std::vector<std::string> arguments;
    const char* sentence;
  };
  for (const Case& one :
       {Case{{"--listen", taken}, "another program uses that port. Stop it, or choose another"},
        Case{{"--listen", "192.0.2.1:0"}, "this machine has no such address"},
        Case{{"--listen", "127.0.0.1:x"}, "is not a port"},
        Case{{"--config", "no/such/file"}, "no/such/file cannot be used"},
        Case{{"--tls-certificate", "no/c.pem", "--tls-key", "no/k.pem"}, "must be PEM files"},
        Case{{"--token-secret-file", "no/such/secret"}, "no/such/secret cannot be read"},
        Case{{"--nonsense"}, "See webcast-relay --help"}}) {
    RelayProcess relay(one.arguments);
    EXPECT_THAT(relay.line("webcast-relay: "), HasSubstr(one.sentence));
    EXPECT_EQ(relay.exit_status(), 1);
  }
}

TEST(RelayProgram, WarnsOffLoopback) {
  RelayProcess relay({"--listen", ":0"});
  EXPECT_THAT(relay.line("WARNING"), HasSubstr("Everybody can publish"));
  EXPECT_NE(relay.port(), 0);
}

TEST(RelayProgram, AsksForTheTokensOfItsFile) {
  char* name = nullptr;
  int file = g_file_open_tmp("webcast-relay-XXXXXX", &name, nullptr);
  g_close(file, nullptr);
  const char* text = "[relay]\nview-token=look-s3cret\npublish-token=bring-s3cret\n";
  ASSERT_TRUE(g_file_set_contents(name, text, -1, nullptr));
  RelayProcess relay({"--config", name, "--listen", "127.0.0.1:0"});
  uint16_t port = relay.port();
  TestClient stranger(port), viewer(port), publisher(port);
  EXPECT_FALSE(stranger.upgrade());
  EXPECT_EQ(stranger.last_reply().status, 401u);
  EXPECT_NE(welcomed(viewer, "Authorization: Bearer look-s3cret\r\n"), "");
  publish(viewer, "posing");
  auto error = viewer.receive_text_with("error");
  ASSERT_TRUE(error);
  EXPECT_THAT(*error, HasSubstr("publish token"));
  EXPECT_NE(welcomed(publisher, "Authorization: Bearer bring-s3cret\r\n"), "");
  publish(publisher, "live");
  EXPECT_TRUE(publisher.receive_text_with("peerStatusChanged"));
  g_unlink(name);
  g_free(name);
}

TEST(RelayProgram, ASignedTokenIsForItsStream) {
  const std::string secret = "a-s3cret-of-forty-bytes-as-openssl-makes";
  char* name = nullptr;
  int file = g_file_open_tmp("webcast-relay-XXXXXX", &name, nullptr);
  g_close(file, nullptr);
  ASSERT_TRUE(g_file_set_contents(name, (secret + "\n").c_str(), -1, nullptr));
  RelayProcess relay({"--listen", "127.0.0.1:0", "--token-secret-file", name});
  uint16_t port = relay.port();
  auto token = [&](const std::string& stream, const std::string& role, int age = 0) {
    return signed_token(secret, R"({"stream":")" + stream + R"(","role":")" + role +
                                    R"(","exp":)" +
                                    std::to_string(g_get_real_time() / 1000000 + 3600 - age) + "}");
  };
  auto status = [&](const std::string& path, const std::string& bearer) {
    return TestClient(port).get(path, "Authorization: Bearer " + bearer + "\r\n").status;
  };
  const std::string view = token("live", "view"), bring = token("live", "publish");
  EXPECT_EQ(TestClient(port).get("/watch/live").status, 401u);
  EXPECT_EQ(TestClient(port).get("/watch/live?token=" + view).status, 200u);
  for (const char* path : {"/watch/other", "/publish/live", "/whip/live", "/whep/other",
                           "/api/streams", "/metrics", "/"})
    EXPECT_EQ(status(path, view), 401u) << path;
  EXPECT_EQ(status("/whep/live", view), 204u);
  EXPECT_EQ(status("/publish/live", bring), 200u);
  EXPECT_EQ(status("/whip/live", bring), 204u);
  EXPECT_EQ(status("/whip/other", bring), 401u);
  EXPECT_EQ(status("/metrics", token("*", "view")), 200u);

  TestClient publisher(port), other(port), viewer(port), late(port);
  const std::string expired = token("live", "view", 3601);
  EXPECT_FALSE(late.upgrade("/ws", "Authorization: Bearer " + expired + "\r\n"));
  EXPECT_EQ(late.last_reply().status, 401u);
  EXPECT_EQ(status("/watch/live", expired), 401u);
  ASSERT_NE(welcomed(publisher, "Sec-WebSocket-Protocol: bearer." + bring + "\r\n"), "");
  publish(publisher, "other");
  EXPECT_TRUE(publisher.receive_text_with("another stream"));
  publish(publisher, "live");
  EXPECT_TRUE(publisher.receive_text_with("peerStatusChanged"));
  std::string theirs =
      welcomed(other, "Authorization: Bearer " + token("other", "publish") + "\r\n");
  publish(other, "other");
  ASSERT_TRUE(other.receive_text_with("peerStatusChanged"));
  ASSERT_NE(welcomed(viewer, "Authorization: Bearer " + view + "\r\n"), "");
  viewer.send_text(R"({"type":"startSession","peerId":")" + theirs + R"("})");
  EXPECT_TRUE(viewer.receive_text_with("another stream"));
  publish(viewer, "live");
  EXPECT_TRUE(viewer.receive_text_with("publish token"));
  g_unlink(name);
  g_free(name);
}

TEST(RelayProgram, SaysGoodbyeAtSigterm) {
  for (int signal : {SIGTERM, SIGINT}) {
    RelayProcess relay;
    TestClient peer(relay.port());
    ASSERT_NE(welcomed(peer), "");
    relay.process().signal(signal);
    EXPECT_EQ(peer.receive_text(), std::nullopt);
    EXPECT_EQ(peer.close_code(), 1001u);
    EXPECT_EQ(relay.exit_status(), 0);
  }
}

TEST(RelayProgram, ListsWhatIsPublished) {
  RelayProcess relay;
  uint16_t port = relay.port();
  EXPECT_EQ(TestClient(port).get("/api/streams").body, R"({"streams":[]})");
  TestClient one(port), two(port);
  welcomed(one);
  publish(one, "garden");
  ASSERT_TRUE(one.receive_text_with("peerStatusChanged"));
  EXPECT_THAT(TestClient(port).get("/api/streams").body,
              testing::MatchesRegex(
                  R"(\{"streams":\[\{"name":"garden","viewers":0,"since":"2[-0-9T:]+Z",)"
                  R"("video":\["VP8 640x360"\],"audio":\[\]\}\]\})"));
  EXPECT_EQ(TestClient(port).get("/").header("location"), "/watch/garden");
  welcomed(two);
  publish(two, "garden");
  auto error = two.receive_text_with("error");
  ASSERT_TRUE(error);
  EXPECT_THAT(*error, HasSubstr("is published here already"));
  publish(two, "street");
  ASSERT_TRUE(two.receive_text_with("peerStatusChanged"));
  EXPECT_THAT(TestClient(port).get("/api/streams").body, HasSubstr("street"));
  EXPECT_EQ(TestClient(port).get("/").status, 200u) << "the list";
  EXPECT_EQ(TestClient(port).get("/watch/garden").status, 200u);
}

TEST(RelayProgram, APeerComesBackAsItself) {
  RelayProcess relay;
  uint16_t port = relay.port();
  TestClient producer(port), viewer(port);
  std::string id = welcomed(producer, "Webcast-Resume: new\r\n");
  std::string secret = producer.last_reply().header("webcast-resume");
  ASSERT_EQ(secret.size(), 32u);
  EXPECT_NE(secret, id);
  publish(producer, "live");
  ASSERT_TRUE(producer.receive_text_with("peerStatusChanged"));

  welcomed(viewer);
  EXPECT_EQ(viewer.last_reply().header("webcast-resume"), "") << "none for who asks for none";
  viewer.send_text(R"({"type":"startSession","peerId":")" + id + R"("})");
  auto started = viewer.receive_text_with("sessionStarted");
  ASSERT_TRUE(started);
  std::string session = member(*started, "sessionId");
  producer.drop();

  TestClient again(port), stranger(port);
  EXPECT_NE(welcomed(stranger, "Webcast-Resume: " + id + "\r\n"), id) << "an id is no secret";
  EXPECT_EQ(welcomed(again, "Webcast-Resume: " + secret + "\r\n"), id);
  EXPECT_EQ(again.last_reply().header("webcast-resume"), secret);
  again.send_text(R"({"type":"peer","sessionId":")" + session +
                  R"(","sdp":{"type":"offer","sdp":"v=0"}})");
  EXPECT_TRUE(viewer.receive_text_with("v=0")) << "the session goes on";
}

TEST(RelayProgram, TheNewConnectionOfAPeerTakesTheOldOnesPlace) {
  RelayProcess relay;
  uint16_t port = relay.port();
  TestClient before(port), after(port);
  std::string id = welcomed(before, "Webcast-Resume: new\r\n");
  std::string secret = before.last_reply().header("webcast-resume");
  EXPECT_EQ(welcomed(after, "Webcast-Resume: " + secret + "\r\n"), id);
  EXPECT_TRUE(before.ends());
  publish(after, "live");
  EXPECT_TRUE(after.receive_text_with("peerStatusChanged"));
}

TEST(RelayProgram, ListenersHearWhatTheNewConnectionOfAPeerGaveUp) {
  RelayProcess relay;
  uint16_t port = relay.port();
  TestClient before(port), after(port), listener(port);
  std::string id = welcomed(before, "Webcast-Resume: new\r\n");
  std::string secret = before.last_reply().header("webcast-resume");
  publish(before, "live");
  ASSERT_TRUE(before.receive_text_with("peerStatusChanged"));
  welcomed(listener);
  listener.send_text(R"({"type":"setPeerStatus","roles":["listener"],"meta":null})");
  ASSERT_TRUE(listener.receive_text_with("peerStatusChanged"));
  ASSERT_EQ(welcomed(after, "Webcast-Resume: " + secret + "\r\n"), id);
  auto told = listener.receive_text_with(id);
  ASSERT_TRUE(told);
  EXPECT_THAT(*told, HasSubstr("\"roles\":[]"));
}

TEST(RelayProgram, WhoIsAwayKeepsItsPlaceAndTakesNoSecondOne) {
  RelayProcess relay({"--listen", "127.0.0.1:0", "--max-peers", "1"});
  uint16_t port = relay.port();
  TestClient before(port), again(port), other(port);
  std::string id = welcomed(before, "Webcast-Resume: new\r\n");
  std::string secret = before.last_reply().header("webcast-resume");
  before.drop();
  EXPECT_FALSE(other.upgrade("/ws"));
  EXPECT_EQ(other.last_reply().status, 503u);
  EXPECT_EQ(welcomed(again, "Webcast-Resume: " + secret + "\r\n"), id);
}

TEST(RelayProgram, MaxPeersIsTheMost) {
  RelayProcess relay({"--listen", "127.0.0.1:0", "--max-peers", "2"});
  uint16_t port = relay.port();
  TestClient one(port), two(port), three(port);
  welcomed(one);
  welcomed(two);
  EXPECT_FALSE(three.upgrade());
  EXPECT_EQ(three.last_reply().status, 503u);
  EXPECT_EQ(three.last_reply().header("retry-after"), "10");
  one.drop();
  TestClient listing(port);
  EXPECT_EQ(listing.get("/healthz").status, 200u) << "pages are served all the same";
}

}  // namespace
}  // namespace webcast::test
