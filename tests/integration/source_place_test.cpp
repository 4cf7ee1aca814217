// webcastsrc has room for one publisher: who gets the place, who keeps it, and for how long.
#include <gtest/gtest.h>

#include "tests/integration/relay/relay_process.hpp"
#include "tests/integration/source_player.hpp"
#include "tests/integration/whep_viewer.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

const std::string kOffer =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n"
    "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=setup:actpass\r\n"
    "a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"
    "10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n"
    "a=rtpmap:96 VP8/90000\r\n";

// A session without anything in it.
bool begin_session(TestClient& client) {
  if (!client.upgrade()) return false;
  client.send_text(R"({"type":"setProtocolVersion","version":"v1_1"})");
  client.send_text(R"({"type":"listConsumers"})");
  auto listed = client.receive_text_with("\"name\":\"live\"");
  if (!listed) return false;
  std::string consumer = listed->substr(listed->find("\"id\":\"") + 6, 36);
  client.send_text(R"({"type":"startSession","peerId":")" + consumer + R"("})");
  return client.receive_text_with("startSession").has_value();
}

class SourcePlace : public testing::Test {
 protected:
  void SetUp() override {
    auto listening = player_.pipeline.wait_for("webcast-listening");
    ASSERT_TRUE(listening);
    url_ = field(*listening, "url");
  }
  std::unique_ptr<Process> publish(const std::vector<std::string>& options = {}) {
    const char* program = g_getenv("WEBCAST_TEST_PUBLISHER");
    std::vector<std::string> command{program ? program : "webcast-test-publisher", "--url",
                                     "ws" + url_.substr(4) + "ws"};
    command.insert(command.end(), options.begin(), options.end());
    return std::make_unique<Process>(command);
  }
  Reply post_offer() {
    return WhepViewer(port_of(url_))
        .request("POST", "/whip/live", kOffer, "Content-Type: application/sdp\r\n");
  }
  Player player_{"listen://127.0.0.1:0"};
  std::string url_;
};

TEST_F(SourcePlace, WhoVanishesBeforeItsOfferHoldsNobodyUp) {
  TestClient gone(port_of(url_));
  ASSERT_TRUE(begin_session(gone));
  gone.drop();
  auto publisher = publish();
  EXPECT_TRUE(player_.more("video_0"));
  EXPECT_TRUE(player_.more("audio_0"));
}

// The relay keeps its session for a while, in case it comes back.
TEST(SourcePlaceAtARelay, WhoVanishesBeforeItsOfferHoldsNobodyUp) {
  RelayProcess relay;
  Player player(relay.location());
  // Again until the relay has the source in its list.
  auto comes_and_vanishes = [&] {
    TestClient gone(relay.port(), "", 5);
    bool began = begin_session(gone);
    gone.drop();
    return began;
  };
  ASSERT_TRUE(SinkPipeline::eventually(comes_and_vanishes));
  ASSERT_TRUE(player.pipeline.wait_for("webcast-publisher-removed")) << "by itself";
  ASSERT_TRUE(SinkPipeline::eventually(comes_and_vanishes));
  const char* program = g_getenv("WEBCAST_TEST_PUBLISHER");
  Process publisher(
      {program ? program : "webcast-test-publisher", "--url", relay.location() + "ws", "--again"});
  EXPECT_TRUE(player.more("video_0"));
  EXPECT_TRUE(player.more("audio_0"));
}

TEST_F(SourcePlace, WhoBringsNoOfferLosesThePlaceAndIsToldSo) {
  TestClient silent(port_of(url_), "", 30);
  ASSERT_TRUE(begin_session(silent));
  auto ended = silent.receive_text_with("endSession");
  ASSERT_TRUE(ended);
  EXPECT_NE(ended->find("No offer came in time"), std::string::npos) << *ended;
  EXPECT_TRUE(player_.pipeline.wait_for("webcast-publisher-removed"));
}

TEST_F(SourcePlace, WhoIsNotConnectedYieldsAndIsToldWhy) {
  TestClient slow(port_of(url_));
  ASSERT_TRUE(begin_session(slow));
  ASSERT_EQ(post_offer().status, 201u);
  auto ended = slow.receive_text_with("endSession");
  ASSERT_TRUE(ended);
  EXPECT_NE(ended->find("was not connected yet"), std::string::npos) << *ended;
  auto publisher = publish();
  EXPECT_TRUE(player_.more("video_0")) << "the answered one was not connected either";
}

TEST_F(SourcePlace, ABusySourceIs503WithRetryAfter) {
  auto publisher = publish();
  ASSERT_TRUE(player_.more("video_0"));
  Reply reply = post_offer();
  EXPECT_EQ(reply.status, 503u) << reply.body;
  EXPECT_NE(reply.header("retry-after"), "");
  EXPECT_NE(reply.body.find("Somebody else publishes here already"), std::string::npos);
  EXPECT_TRUE(player_.more("video_0"));
}

TEST_F(SourcePlace, WhoFellSilentYieldsToWhoComesOnTheSamePads) {
  auto frozen = publish();
  ASSERT_TRUE(player_.more("video_0"));
  ASSERT_TRUE(player_.more("audio_0"));
  // It runs already: between the one's falling silent and its being found gone are some seconds.
  auto publisher = publish({"--again"});
  ASSERT_TRUE(publisher->wait_line_with("\"ended\"", kPatience)) << "as a page that is turned away";
  frozen->signal(SIGSTOP);
  ASSERT_TRUE(publisher->wait_line_with("\"answer\"", kPatience));
  EXPECT_TRUE(player_.more("video_0"));
  EXPECT_TRUE(player_.more("audio_0"));
  EXPECT_EQ(player_.pads_added, 2u);
  auto removed = player_.pipeline.wait_for("webcast-publisher-removed");
  ASSERT_TRUE(removed);
  EXPECT_NE(field(*removed, "reason").find("another publisher came"), std::string::npos)
      << "before it was found gone";
}

}  // namespace
