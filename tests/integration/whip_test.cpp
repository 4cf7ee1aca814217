// webcastsink by WHIP and WHEP with a real webrtcbin at the other end.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/integration/whep_viewer.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/whip_server.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

TEST(Whep, PlaysWithTheCandidatesOfTheAnswerAloneAndDeleteEndsIt) {
  SinkPipeline sink(kVideo + kSink + kAudio + "s.");
  std::string url = sink.play_and_listen();
  ASSERT_FALSE(url.empty());
  WhepViewer whep(port_of(url));
  Reply created = whep.watch({{"video", "VP8"}, {"audio", "OPUS", 97}});
  ASSERT_EQ(created.status, 201u) << created.body;
  EXPECT_NE(created.body.find("a=candidate:"), std::string::npos);
  EXPECT_NE(created.body.find("a=end-of-candidates"), std::string::npos);
  EXPECT_NE(created.body.find("a=sendonly"), std::string::npos);
  EXPECT_TRUE(SinkPipeline::eventually(
      [&] { return whep.viewer.packets_by_payload_type().size() >= 2; }));
  EXPECT_EQ(sink.viewers(), 1u);
  EXPECT_EQ(whep.request("DELETE", created.header("location")).status, 200u);
  EXPECT_TRUE(sink.wait_for("webcast-viewer-removed"));
  EXPECT_EQ(sink.viewers(), 0u);
}

TEST(Whep, AViewerWithoutACodecOfOursIsToldWhy) {
  SinkPipeline sink(kVideo + kSink);
  WhepViewer whep(port_of(sink.play_and_listen()));
  Reply reply = whep.watch({{"video", "THEORA"}});
  EXPECT_EQ(reply.status, 422u);
  EXPECT_GT(reply.body.size(), 20u);
  EXPECT_EQ(sink.viewers(), 0u);
}

TEST(Whep, AnOfferPastTheBoundsIsRefusedAndWhoWatchesGoesOn) {
  SinkPipeline sink(kVideo + kSink);
  WhepViewer whep(port_of(sink.play_and_listen()));
  ASSERT_EQ(whep.watch({{"video", "VP8"}}).status, 201u);
  ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
  auto refused = [&](const std::string& more) {
    const std::string offer = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
    return whep.request("POST", "/whep/live", offer + more, "Content-Type: application/sdp\r\n");
  };
  std::string lines, media;
  for (int i = 0; i < 500; i++)
    lines += "a=x\r\n";
  for (int i = 0; i < 17; i++)
    media += "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n";
  Reply reply = refused(lines + media.substr(0, media.size() / 17));
  EXPECT_EQ(reply.status, 400u);
  EXPECT_NE(reply.body.find("500 lines"), std::string::npos) << reply.body;
  reply = refused(media);
  EXPECT_EQ(reply.status, 400u);
  EXPECT_NE(reply.body.find("16 media"), std::string::npos) << reply.body;
  EXPECT_EQ(refused(std::string(64 * 1024, 'a')).status, 413u);
  EXPECT_EQ(sink.viewers(), 1u);
  auto packets = [&] { return whep.viewer.packets_by_payload_type()[96]; };
  auto before = packets();
  EXPECT_TRUE(SinkPipeline::eventually([&] { return packets() > before + 10; }));
}

TEST(Whep, AFullStreamIs503WithRetryAfter) {
  SinkPipeline sink(kVideo + kSink + "max-viewers=1");
  uint16_t port = port_of(sink.play_and_listen());
  WhepViewer first(port), second(port);
  ASSERT_EQ(first.watch({{"video", "VP8"}}).status, 201u);
  Reply reply = second.watch({{"video", "VP8"}});
  EXPECT_EQ(reply.status, 503u) << reply.body;
  EXPECT_NE(reply.header("retry-after"), "");
}

TEST(Whep, Row10AViewerThatVanishesIsEndedAndItsResourceIsGone) {
  SinkPipeline sink(kVideo + kSink);
  WhepViewer whep(port_of(sink.play_and_listen()));
  Reply created = whep.watch({{"video", "VP8"}});
  ASSERT_EQ(created.status, 201u);
  ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
  whep.viewer.mute();
  EXPECT_TRUE(sink.wait_for("webcast-viewer-removed"));
  EXPECT_TRUE(SinkPipeline::eventually([&] {
    return whep.request("DELETE", created.header("location")).status == 404;
  }));
}

TEST(Whep, TheIceServersOfTheSinkAreTold) {
  SinkPipeline sink(kVideo + kSink +
                    "stun-server=stun://127.0.0.1:9 turn-servers=\"<\\\"turn://u:p@127.0.0.1:9\\\">\"");
  WhepViewer whep(port_of(sink.play_and_listen()));
  Reply reply;
  EXPECT_TRUE(SinkPipeline::eventually([&] {
    reply = whep.request("OPTIONS", "/whep/live");
    return !reply.header("link").empty();
  }));
  EXPECT_EQ(reply.status, 204u);
}

TEST(Whep, WithATurnSecretTheTurnServerIsToldWithACredentialThatExpires) {
  SinkPipeline sink(kVideo + kSink +
                    "turn-secret=s3cret turn-servers=\"<\\\"turn://127.0.0.1:9\\\">\"");
  WhepViewer whep(port_of(sink.play_and_listen()));
  Reply reply;
  EXPECT_TRUE(SinkPipeline::eventually([&] {
    reply = whep.request("OPTIONS", "/whep/live");
    return !reply.header("link").empty();
  }));
  EXPECT_NE(reply.header("link").find("<turn:127.0.0.1:9>"), std::string::npos);
  EXPECT_NE(reply.header("link").find(":live\"; credential="), std::string::npos)
      << "a moment, and the stream's name: " << reply.header("link");
  EXPECT_EQ(reply.header("link").find("s3cret"), std::string::npos);
}

// What a WHIP server would hand the publisher's offer to.
class Receiver {
 public:
  WhipHabits habits() {
    WhipHabits habits;
    habits.negotiate = [this](const std::string& offer, std::function<void(std::string)> answer) {
      std::lock_guard lock(mutex_);
      offers_.push_back(offer);
      viewers_.push_back(std::make_unique<LoopViewer>());
      viewers_.back()->on_description = [answer](bool, const std::string& sdp) { answer(sdp); };
      viewers_.back()->take_offer(offer);
    };
    return habits;
  }
  std::string offer(size_t index) {
    std::lock_guard lock(mutex_);
    return index < offers_.size() ? offers_[index] : "";
  }
  unsigned packets(size_t index) {
    std::lock_guard lock(mutex_);
    return index < viewers_.size() ? viewers_[index]->packets() : 0;
  }
  void mute(size_t index) { viewers_[index]->mute(); }
  void stop() {
    std::lock_guard lock(mutex_);
    viewers_.clear();
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> offers_;
  std::vector<std::unique_ptr<LoopViewer>> viewers_;
};

std::string whip_sink(const WhipServer& server) {
  return " webcastsink name=s location=" + server.location() +
         " local-addresses=\"<127.0.0.1>\" publish-token=s3cret ";
}

TEST(Whip, PublishesToAServerAndDeletesOnStop) {
  Receiver receiver;
  WhipServer server(receiver.habits());
  SinkPipeline sink(kVideo + whip_sink(server) + kAudio + "s.");
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
  EXPECT_TRUE(SinkPipeline::eventually([&] { return receiver.packets(0) > 50; }));
  std::string offer = receiver.offer(0);
  EXPECT_NE(offer.find("a=setup:actpass"), std::string::npos) << offer;
  EXPECT_EQ(offer.find("a=sendrecv"), std::string::npos);
  EXPECT_NE(offer.find("a=sendonly"), std::string::npos);
  EXPECT_NE(offer.find("a=candidate:"), std::string::npos);
  EXPECT_NE(offer.find(" H264/90000"), std::string::npos) << "first in video-codecs";
  EXPECT_EQ(offer.find(" VP8/90000"), std::string::npos) << "one codec a medium";
  sink.stop();
  auto gone = server.next("DELETE");
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->header("authorization"), "Bearer s3cret");
  receiver.stop();
}

TEST(Whip, Row6ATurnServerOfLinkHasItsCandidateInTheOffer) {
  std::string port = std::to_string(free_port());
  Process turn({"turnserver", "-n", "--log-file=stdout", "--no-tls", "--no-dtls", "--no-cli",
                "--realm=test", "--min-port=43200", "--max-port=43299", "--lt-cred-mech",
                "--user=alice:wonder", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1",
                "--allow-loopback-peers", "--pidfile=", "--userdb=/nonexistent",
                "--listening-port=" + port});
  ASSERT_TRUE(SinkPipeline::eventually([&] {
    return TestClient(static_cast<uint16_t>(std::stoul(port))).connected();
  }));
  Receiver receiver;
  WhipHabits habits = receiver.habits();
  habits.link = "<turn:127.0.0.1:" + port +
                "?transport=udp>; rel=\"ice-server\"; username=\"alice\"; credential=\"wonder\"";
  WhipServer server(habits);
  SinkPipeline sink(kVideo + whip_sink(server));
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
  EXPECT_NE(receiver.offer(0).find("typ relay"), std::string::npos) << receiver.offer(0);
  EXPECT_TRUE(SinkPipeline::eventually([&] { return receiver.packets(0) > 20; }));
  sink.stop();
  receiver.stop();
}

TEST(Whip, AServerThatVanishesIsPublishedToAnew) {
  Receiver receiver;
  WhipServer server(receiver.habits());
  SinkPipeline sink(kVideo + whip_sink(server));
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
  receiver.mute(0);
  ASSERT_TRUE(sink.wait_for("webcast-viewer-removed"));
  ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
  EXPECT_TRUE(SinkPipeline::eventually([&] { return receiver.packets(1) > 50; }));
  sink.stop();
  receiver.stop();
}

TEST(Whip, OneSinkServesAndPublishesAtOnce) {
  Receiver receiver;
  WhipServer server(receiver.habits());
  SinkPipeline sink(kVideo + " webcastsink name=s location=\"listen://127.0.0.1:0," +
                    server.location() + "\" local-addresses=\"<127.0.0.1>\"");
  WhepViewer whep(port_of(sink.play_and_listen()));
  ASSERT_EQ(whep.watch({{"video", "H264"}}).status, 201u);
  EXPECT_TRUE(SinkPipeline::eventually(
      [&] { return receiver.packets(0) > 20 && whep.viewer.packets() > 20; }));
  sink.stop();
  receiver.stop();
}

GstPadProbeReturn count_buffer(GstPad*, GstPadProbeInfo*, gpointer count) {
  ++*static_cast<std::atomic<unsigned>*>(count);
  return GST_PAD_PROBE_OK;
}

TEST(Whip, ASourceOfOursTakesTheStreamByTheListenersEndpoint) {
  std::atomic<unsigned> frames{0};
  SinkPipeline source("webcastsrc name=s stream=in location=listen://127.0.0.1:0 "
                      "publish-token=s3cret local-addresses=\"<127.0.0.1>\" "
                      "! fakesink name=out sync=false");
  auto pad = adopt(gst_element_get_static_pad(source.element("out"), "sink"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, count_buffer, &frames, nullptr);
  std::string url = source.play_and_listen();
  ASSERT_FALSE(url.empty());
  {
    SinkPipeline sink(kVideo + " webcastsink publish-token=s3cret location=whip" + url.substr(4) +
                      "whip/in local-addresses=\"<127.0.0.1>\"");
    ASSERT_TRUE(sink.play());
    EXPECT_TRUE(SinkPipeline::eventually([&] { return frames > 20; }));
  }
  SinkPipeline again(kVideo + " webcastsink publish-token=s3cret location=whip" + url.substr(4) +
                     "whip/in local-addresses=\"<127.0.0.1>\"");
  unsigned before = frames;
  ASSERT_TRUE(again.play());
  EXPECT_TRUE(SinkPipeline::eventually([&] { return frames > before + 20; }))
      << "the DELETE of the first one made room";
}

TEST(Whip, AServerThatIsNotThereIsAWarningAndNoError) {
  auto listener = adopt(g_socket_listener_new());
  guint16 port = g_socket_listener_add_any_inet_port(listener.get(), nullptr, nullptr);
  g_socket_listener_close(listener.get());
  SinkPipeline sink(kVideo + " webcastsink location=whip://127.0.0.1:" + std::to_string(port) + "/x");
  ASSERT_TRUE(sink.play());
  EXPECT_NE(sink.wait_for_warning().find("cannot be reached"), std::string::npos);
}

}  // namespace
