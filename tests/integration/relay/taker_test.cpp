// Who gets what is brought to a relay by WHIP, where it has tokens.
#include <glib/gstdio.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/integration/relay/relay_process.hpp"
#include "tests/integration/server/whip_fixture.hpp"
#include "tests/support/signed_token.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;

class TextFile {
 public:
  explicit TextFile(const std::string& text) {
    char* name = nullptr;
    g_close(g_file_open_tmp("webcast-relay-XXXXXX", &name, nullptr), nullptr);
    name_ = name;
    g_free(name);
    EXPECT_TRUE(g_file_set_contents(name_.c_str(), text.c_str(), -1, nullptr));
  }
  ~TextFile() { g_unlink(name_.c_str()); }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

// What the relay says when this peer wants what is brought as `stream`.
std::string take(TestClient& peer, const std::string& stream) {
  peer.send_text(R"({"type":"setPeerStatus","roles":["listener","consumer"],"meta":{"name":")" +
                 stream + R"("}})");
  return peer.receive_text().value_or("");
}

bool enter(TestClient& peer, const std::string& token) {
  bool in = peer.upgrade("/ws?token=" + token) && peer.receive_text_with("welcome");
  return in && peer.send_text(R"({"type":"setProtocolVersion","version":"v1_1"})");
}

unsigned bring(uint16_t port, const std::string& token) {
  const std::string offer = sdp("sendonly");
  return TestClient(port)
      .request("POST /whip/live HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + token +
               "\r\nContent-Type: application/sdp\r\nContent-Length: " +
               std::to_string(offer.size()) + "\r\n\r\n" + offer)
      .status;
}

void expect_for_publishers_only(const std::string& config, const std::string& view,
                                const std::string& publish) {
  TextFile file(config);
  RelayProcess relay({"--config", file.name(), "--listen", "127.0.0.1:0"});
  TestClient viewer(relay.port()), taker(relay.port());
  ASSERT_TRUE(enter(viewer, view));
  EXPECT_THAT(take(viewer, "live"), HasSubstr("publish token"));
  EXPECT_EQ(bring(relay.port(), publish), 409u) << "nobody takes it";

  ASSERT_TRUE(enter(taker, publish));
  EXPECT_THAT(take(taker, "live"), HasSubstr("peerStatusChanged"));
  auto brought = std::async(std::launch::async, bring, relay.port(), publish);
  auto started = taker.receive_text_with("sessionStarted");
  ASSERT_TRUE(started);
  EXPECT_TRUE(taker.receive_text_with("VP8")) << "the offer";
  taker.send_text(R"({"type":"endSession","sessionId":")" + member(*started, "sessionId") + "\"}");
  EXPECT_EQ(brought.get(), 409u);
}

TEST(TakerAtARelay, AViewersTokenDoesNotGetWhatIsBroughtForOthers) {
  expect_for_publishers_only("[relay]\nview-token=look-s3cret\npublish-token=bring-s3cret\n",
                             "look-s3cret", "bring-s3cret");
}

TEST(TakerAtARelay, ASignedTokenOfAViewerDoesNotEither) {
  const std::string secret = "a-s3cret-of-thirty-two-bytes-or-more";
  TextFile file(secret + "\n");
  auto token = [&](const std::string& role) {
    return signed_token(secret, R"({"stream":"live","exp":4000000000,"role":")" + role + "\"}");
  };
  expect_for_publishers_only("[relay]\ntoken-secret-file=" + file.name() + "\n", token("view"),
                             token("publish"));
}

TEST(TakerAtARelay, ASignedTokenTakesItsOwnStreamOnly) {
  const std::string secret = "a-s3cret-of-thirty-two-bytes-or-more";
  TextFile file(secret + "\n");
  RelayProcess relay({"--listen", "127.0.0.1:0", "--token-secret-file", file.name()});
  TestClient taker(relay.port());
  ASSERT_TRUE(enter(taker, signed_token(secret, R"({"stream":"live","exp":4000000000,)"
                                                R"("role":"publish"})")));
  EXPECT_THAT(take(taker, "other"), HasSubstr("another stream"));
  EXPECT_THAT(take(taker, "live"), HasSubstr("peerStatusChanged"));
}

TEST(TakerAtARelay, WhereAllMayPublishAllMayTakeButOneAtATime) {
  RelayProcess relay;
  TestClient first(relay.port()), second(relay.port());
  ASSERT_TRUE(enter(first, ""));
  ASSERT_TRUE(enter(second, ""));
  EXPECT_THAT(take(first, "live"), HasSubstr("peerStatusChanged"));
  EXPECT_THAT(take(second, "live"), HasSubstr("somebody gets"));
  EXPECT_THAT(take(second, "other"), HasSubstr("peerStatusChanged"));
}

}  // namespace
}  // namespace webcast::test
