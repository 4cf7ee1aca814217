// webcastsrc that plays from a WHEP server (whep://): from a webcastsink's endpoint, and from a
// server with other people's habits.
#include <gtest/gtest.h>

#include <atomic>

#include "tests/integration/source_player.hpp"
#include "tests/integration/whep_viewer.hpp"
#include "tests/support/falsified.hpp"
#include "tests/support/whip_server.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

std::string whep(uint16_t port, const std::string& stream = "live") {
  return "whep://127.0.0.1:" + std::to_string(port) + "/whep/" + stream;
}

std::string sink_at(uint16_t port, const std::string& settings = "") {
  return kVideo + " webcastsink name=s location=listen://127.0.0.1:" + std::to_string(port) +
         " local-addresses=\"<127.0.0.1>\" " + settings + " " + kAudio + "s.";
}

// A server that hands offers to a sink's endpoint, and its answers on, changed.
WhipHabits hands_on_to(uint16_t port, std::function<std::string(std::string)> change) {
  WhipHabits habits;
  habits.negotiate = [port, change](const std::string& offer,
                                    const std::function<void(std::string)>& answer) {
    Reply reply;
    WhepViewer client(port);
    SinkPipeline::eventually([&] {
      reply = client.request("POST", "/whep/live", offer, "Content-Type: application/sdp\r\n");
      return reply.status != 409;
    });
    answer(change(reply.body));
  };
  return habits;
}

std::string whep_location(const WhipServer& server) {
  return "whep" + server.location("/whep/live").substr(4);
}

TEST(WhepSource, PlaysPictureAndSoundAndEndsItsSession) {
  SinkPipeline sink(sink_at(0));
  uint16_t port = port_of(sink.play_and_listen());
  {
    Player player(whep(port));
    auto connected = player.pipeline.wait_for("webcast-publisher-connected");
    ASSERT_TRUE(connected);
    EXPECT_EQ(field(*connected, "video-codec"), "H264");
    EXPECT_EQ(field(*connected, "audio-codec"), "OPUS");
    EXPECT_TRUE(player.more("video_0"));
    EXPECT_TRUE(player.more("audio_0"));
    EXPECT_NE(player.caps("video_0").find("video/x-raw"), std::string::npos);
    EXPECT_NE(player.caps("audio_0").find("audio/x-raw"), std::string::npos);
    EXPECT_EQ(sink.viewers(), 1u);
  }
  EXPECT_TRUE(sink.wait_for("webcast-viewer-removed"));
  EXPECT_EQ(sink.viewers(), 0u);
}

TEST(WhepSource, TheServersAnswerPicksTheCodec) {
  for (const auto& [codec, caps] :
       {std::pair("VP8", "video/x-vp8"), {"VP9", "video/x-vp9"}, {"H264", "video/x-h264"}}) {
    SinkPipeline sink(sink_at(0, std::string("video-codecs=") + codec));
    Player player(whep(port_of(sink.play_and_listen())), "decode=false");
    ASSERT_TRUE(player.more("video_0")) << codec;
    EXPECT_NE(player.caps("video_0").find(caps), std::string::npos) << codec;
    EXPECT_TRUE(player.more("audio_0")) << codec;
    EXPECT_NE(player.caps("audio_0").find("audio/x-opus"), std::string::npos);
  }
}

TEST(WhepSource, AStreamWithoutSoundIsAPictureAlone) {
  SinkPipeline sink(kVideo + kSink);
  Player player(whep(port_of(sink.play_and_listen())));
  ASSERT_TRUE(player.more("video_0"));
  EXPECT_EQ(player.pads_added, 1u);
}

TEST(WhepSource, AStreamWithoutAPictureIsSoundAlone) {
  SinkPipeline sink(kAudio + kSink);
  Player player(whep(port_of(sink.play_and_listen())));
  ASSERT_TRUE(player.more("audio_0"));
  EXPECT_EQ(player.pads_added, 1u);
}

TEST(WhepSource, AServerThatComesLaterIsPlayedFrom) {
  uint16_t port;
  {
    SinkPipeline sink(sink_at(0));
    port = port_of(sink.play_and_listen());
  }
  Player player(whep(port));
  EXPECT_NE(player.pipeline.wait_for_warning().find("cannot be reached"), std::string::npos);
  SinkPipeline sink(sink_at(port));
  ASSERT_FALSE(sink.play_and_listen().empty());
  EXPECT_TRUE(player.more("video_0"));
}

TEST(WhepSource, AServerThatStartsAgainGoesOnOnTheSamePads) {
  SinkPipeline sink(sink_at(0, "video-codecs=VP8"));
  uint16_t port = port_of(sink.play_and_listen());
  Player player(whep(port));
  ASSERT_TRUE(player.more("video_0"));
  ASSERT_TRUE(player.more("audio_0"));
  sink.stop();
  ASSERT_TRUE(player.pipeline.wait_for("webcast-publisher-removed"));
  SinkPipeline again(sink_at(port, "video-codecs=VP9"));
  ASSERT_FALSE(again.play_and_listen().empty());
  EXPECT_TRUE(player.more("video_0")) << "another codec is no other pad";
  EXPECT_TRUE(player.more("audio_0"));
  EXPECT_EQ(player.pads_added, 2u);
}

TEST(WhepSource, NothingLiveYetIsAskedForAgain) {
  WhipHabits habits;
  habits.post_status = 409;
  habits.refusals = 2;
  habits.retry_after = "1";
  WhipServer server(habits);
  Player player(whep_location(server));
  for (int i = 0; i < 3; i++)
    ASSERT_TRUE(server.next("POST")) << i;
  EXPECT_NE(player.pipeline.wait_for_warning().find("409"), std::string::npos);
}

TEST(WhepSource, OffersToReceiveAllItsCodecsOnOneTransport) {
  WhipHabits habits;
  habits.refusals = 1;
  habits.post_status = 503;
  WhipServer server(habits);
  Player player(whep_location(server), "view-token=s3cret video-codecs=VP8,H264");
  auto post = server.next("POST");
  ASSERT_TRUE(post);
  EXPECT_EQ(post->header("authorization"), "Bearer s3cret");
  EXPECT_EQ(post->header("content-type"), "application/sdp");
  const std::string& offer = post->body;
  for (const char* part : {"a=group:BUNDLE ", "a=setup:actpass", "a=recvonly", " VP8/90000",
                           " H264/90000", " opus/48000/2", "a=candidate:", "a=fingerprint:sha-256"})
    EXPECT_NE(offer.find(part), std::string::npos) << part << "\n" << offer;
  EXPECT_LT(offer.find(" VP8/90000"), offer.find(" H264/90000")) << "our order";
  EXPECT_EQ(offer.find("a=send"), std::string::npos);
  EXPECT_EQ(offer.find("VP9"), std::string::npos);
}

TEST(WhepSource, AFalsifiedFingerprintNeverGetsABufferOutAndIsDeleted) {
  SinkPipeline sink(sink_at(0));
  WhipServer server(hands_on_to(port_of(sink.play_and_listen()), [](const std::string& answer) {
    return falsified(answer, "bad");
  }));
  Player player(whep_location(server), "view-token=s3cret");
  EXPECT_NE(player.pipeline.wait_for_warning().find("fingerprint"), std::string::npos);
  auto gone = server.next("DELETE");
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->path, "/session/1");
  EXPECT_EQ(gone->header("authorization"), "Bearer s3cret");
  EXPECT_EQ(player.pads_added, 0u);
}

TEST(WhepSource, AnAnswerThatIsNoneIsToldAndTriedAgain) {
  WhipHabits habits;
  habits.answer = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n";
  WhipServer server(habits);
  Player player(whep_location(server));
  EXPECT_NE(player.pipeline.wait_for_warning().find("answer"), std::string::npos);
  ASSERT_TRUE(server.next("POST"));
  ASSERT_TRUE(server.next("DELETE"));
  EXPECT_TRUE(server.next("POST"));
}

TEST(WhepSource, AWrongTokenIsToldWithTheRemedyAndTheRightOnePlays) {
  SinkPipeline sink(sink_at(0, "view-token=right-s3cret"));
  uint16_t port = port_of(sink.play_and_listen());
  {
    Player wrong(whep(port), "view-token=wr0ng-s3cret");
    std::string warning = wrong.pipeline.wait_for_warning();
    EXPECT_NE(warning.find("401"), std::string::npos) << warning;
    EXPECT_NE(warning.find("view-token"), std::string::npos) << warning;
    EXPECT_EQ(warning.find("wr0ng"), std::string::npos) << "a secret";
    EXPECT_EQ(wrong.pads_added, 0u);
  }
  Player right(whep(port), "view-token=right-s3cret");
  EXPECT_TRUE(right.more("video_0"));
}

TEST(WhepSource, IsWhatUridecodebin3TakesForTheUri) {
  SinkPipeline sink(sink_at(0));
  std::string uri = whep(port_of(sink.play_and_listen()));
  std::atomic<unsigned> pictures{0}, sounds{0};
  Ref<GstElement> pipeline = adopt(GST_ELEMENT(
      gst_object_ref_sink(gst_parse_launch(("uridecodebin3 name=d uri=" + uri +
                                            " d. ! video/x-raw ! fakesink name=picture async=false"
                                            " d. ! audio/x-raw ! fakesink name=sound async=false")
                                               .c_str(),
                                           nullptr))));
  for (auto& [name, count] : {std::pair("picture", &pictures), {"sound", &sounds}}) {
    auto element = adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), name));
    auto pad = adopt(gst_element_get_static_pad(element.get(), "sink"));
    gst_pad_add_probe(
        pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad*, GstPadProbeInfo*, gpointer data) {
          ++*static_cast<std::atomic<unsigned>*>(data);
          return GST_PAD_PROBE_OK;
        },
        count, nullptr);
  }
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  EXPECT_TRUE(SinkPipeline::eventually([&] { return pictures > 20 && sounds > 20; }))
      << pictures << " pictures, " << sounds << " sounds";
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

TEST(WhepSource, StopsInEachPhaseAndLeavesNothingBehind) {
  SinkPipeline sink(sink_at(0));
  uint16_t port = port_of(sink.play_and_listen());
  ProcessCensus before{};
  for (int i = 0; i < 6; i++) {
    {
      Player player(whep(port));
      if (i % 3 == 0) {
        ASSERT_TRUE(player.more("video_0", 5)) << i;
      } else if (i % 3 == 1) {
        ASSERT_TRUE(player.pipeline.wait_for("webcast-signaling-state"));
      }
    }
    ASSERT_TRUE(SinkPipeline::eventually([&] { return sink.viewers() == 0; })) << i;
    if (i == 2) before = census();
  }
  EXPECT_EQ(left_behind(before.threads + 2, before.descriptors + 4), "");
}

}  // namespace
