// webcastsink publishes into a VideoRoom of a real Janus, webcastsrc takes it from there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/janus/janus_operator.hpp"
#include "tests/integration/janus/janus_process.hpp"
#include "tests/integration/janus/tcp_proxy.hpp"
#include "tests/integration/source_player.hpp"
#include "tests/integration/viewer_process.hpp"

using namespace webcast;
using namespace webcast::test;
using testing::HasSubstr;

namespace {

// Of the recipe.
const std::string kSecrets = "?pin=CHANGE-ME&secret=CHANGE-ME";

std::string location(unsigned port = kJanusPort, const std::string& host = kJanusHost) {
  return "janus://" + host + ":" + std::to_string(port) + "/1234" + kSecrets;
}

std::string sink_at(const std::string& where, const std::string& settings = "") {
  return kVideo + "webcastsink name=s location=\"" + where + "\" " + settings + " " + kAudio + "s.";
}

std::string source_at(const std::string& where, const std::string& settings = "") {
  return "location=\"" + where + "\" " + settings;
}

// Until the element says so of its signaling.
bool waits_for_state(SinkPipeline& pipeline, const std::string& state) {
  for (;;) {
    auto message = pipeline.wait_for("webcast-signaling-state");
    if (!message) return false;
    EXPECT_THAT(field(*message, "location"), testing::Not(HasSubstr("CHANGE-ME")));
    if (field(*message, "state") == state) return true;
  }
}

// Until the element says so.
bool warns(SinkPipeline& pipeline, const std::string& part) {
  for (;;) {
    std::string warning = pipeline.wait_for_warning();
    if (warning.empty()) return false;
    if (warning.find(part) != std::string::npos) return true;
  }
}

class JanusRoomTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(janus_network()) << "to be started by way of `unshare -n`";
    ASSERT_TRUE(janus.start());
  }
  JanusProcess janus{"room-5: { publishers = 2\n videocodec = \"vp8\" }\n"};
};

TEST_F(JanusRoomTest, WhatIsPublishedComesOutOfASourceThatWaitedForIt) {
  SourcePlayer source(source_at(location()));
  ASSERT_TRUE(waits_for_state(source.pipeline, "connected"));
  SinkPipeline sink(sink_at(location()));
  ASSERT_TRUE(sink.play());
  auto connected = sink.wait_for("webcast-viewer-connected");
  ASSERT_TRUE(connected);
  EXPECT_EQ(field(*connected, "codec"), "H264");
  EXPECT_TRUE(source.more("video_0"));
  EXPECT_TRUE(source.more("audio_0"));
  EXPECT_THAT(source.caps("video_0"), HasSubstr("width=(int)320"));
  EXPECT_EQ(sink.viewers(), 1u);
}

TEST_F(JanusRoomTest, APublisherWhoIsThereAlreadyIsFound) {
  SinkPipeline sink(sink_at(location()));
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
  SourcePlayer source(source_at(location()));
  EXPECT_TRUE(source.more("video_0"));
  EXPECT_TRUE(source.more("audio_0"));
}

TEST_F(JanusRoomTest, APublisherWhoLeavesAndComesBackIsTakenUpOnTheSamePads) {
  SourcePlayer source(source_at(location()));
  for (int i = 0; i < 3; i++) {
    SinkPipeline sink(sink_at(location()));
    ASSERT_TRUE(sink.play());
    ASSERT_TRUE(source.more("video_0")) << i;
    ASSERT_TRUE(source.more("audio_0")) << i;
    sink.stop();
    auto removed = source.pipeline.wait_for("webcast-publisher-removed");
    ASSERT_TRUE(removed) << i;
  }
  EXPECT_EQ(source.pads_added, 2u);
}

TEST_F(JanusRoomTest, AStreamThatEndedIsNoMoreInTheRoom) {
  SourcePlayer source(source_at(location()));
  SinkPipeline sink(sink_at(location()));
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(source.more("video_0"));
  gst_element_send_event(sink.pipeline(), gst_event_new_eos());
  EXPECT_TRUE(sink.wait_for("webcast-viewer-removed"));
  EXPECT_TRUE(source.pipeline.wait_for("webcast-publisher-removed"));
}

TEST_F(JanusRoomTest, TheFeedIsTheOneOfTheStreamsName) {
  const std::string room = "janus://" + kJanusHost + "/5?secret=CHANGE-ME";
  SinkPipeline other(kVideo + "webcastsink stream=other location=\"" + room + "\"");
  ASSERT_TRUE(other.play());
  auto connected = other.wait_for("webcast-viewer-connected");
  ASSERT_TRUE(connected);
  EXPECT_EQ(field(*connected, "codec"), "VP8") << "what the room takes";
  SourcePlayer source(source_at(room, "stream=mine"));
  ASSERT_TRUE(waits_for_state(source.pipeline, "connected"));
  SinkPipeline mine(kVideo + "webcastsink stream=mine location=\"" + room + "\"");
  ASSERT_TRUE(mine.play());
  EXPECT_TRUE(source.more("video_0"));
  other.stop();
  EXPECT_TRUE(source.more("video_0"));
}

TEST_F(JanusRoomTest, WithoutACommonCodecTheUserIsToldWhatTheRoomTakes) {
  SinkPipeline sink(kVideo + "webcastsink video-codecs=H264 location=\"janus://" + kJanusHost +
                    "/5?secret=CHANGE-ME\"");
  ASSERT_TRUE(sink.play());
  std::string warning = sink.wait_for_warning();
  EXPECT_THAT(warning, HasSubstr("vp8"));
  EXPECT_THAT(warning, HasSubstr("video-codecs"));
}

TEST_F(JanusRoomTest, JanusMayRestart) {
  SinkPipeline sink(sink_at(location()));
  SourcePlayer source(source_at(location()));
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(source.more("video_0"));
  janus.kill();
  ASSERT_TRUE(waits_for_state(sink, "reconnecting"));
  ASSERT_TRUE(waits_for_state(source.pipeline, "reconnecting"));
  ASSERT_TRUE(janus.start());
  ASSERT_TRUE(waits_for_state(sink, "connected"));
  ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
  EXPECT_TRUE(source.more("video_0"));
  EXPECT_TRUE(source.more("audio_0"));
  EXPECT_EQ(source.pads_added, 2u);
}

// What is on the bus by now; nothing of it may be about somebody who left.
bool nobody_left(SinkPipeline& pipeline) {
  for (const char* name : {"webcast-viewer-removed", "webcast-publisher-removed"})
    if (pipeline.wait_for(name, std::chrono::milliseconds(1))) return false;
  return true;
}

TEST_F(JanusRoomTest, MediaFlowsOnWhileTheSignalingIsAway) {
  TcpProxy proxy(kJanusHost, kJanusPort);
  const std::string through = location(proxy.port(), "127.0.0.1");
  SinkPipeline sink(sink_at(through));
  SourcePlayer source(source_at(through));
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(source.more("video_0"));
  proxy.cut(true);
  ASSERT_TRUE(waits_for_state(sink, "reconnecting"));
  ASSERT_TRUE(waits_for_state(source.pipeline, "reconnecting"));
  EXPECT_TRUE(source.more("video_0", 60));
  proxy.let_through();
  ASSERT_TRUE(waits_for_state(sink, "connected"));
  ASSERT_TRUE(waits_for_state(source.pipeline, "connected"));
  EXPECT_TRUE(source.more("video_0", 60));
  EXPECT_EQ(sink.viewers(), 1u);
  EXPECT_TRUE(nobody_left(sink));
  EXPECT_TRUE(nobody_left(source.pipeline));
  // The session is the same one: Janus still tells of what happens in the room.
  sink.stop();
  EXPECT_TRUE(source.pipeline.wait_for("webcast-publisher-removed"));
}

TEST_F(JanusRoomTest, APublisherWhoWentMeanwhileIsMissedWhenTheSignalingIsBack) {
  TcpProxy proxy(kJanusHost, kJanusPort);
  auto sink = std::make_unique<SinkPipeline>(sink_at(location()));
  ASSERT_TRUE(sink->play());
  SourcePlayer source(source_at(location(proxy.port(), "127.0.0.1")));
  ASSERT_TRUE(source.more("video_0"));
  proxy.cut(true);
  ASSERT_TRUE(waits_for_state(source.pipeline, "reconnecting"));
  sink.reset();
  proxy.let_through();
  EXPECT_TRUE(source.pipeline.wait_for("webcast-publisher-removed"));
  SinkPipeline again(sink_at(location()));
  ASSERT_TRUE(again.play());
  EXPECT_TRUE(source.more("video_0"));
}

TEST_F(JanusRoomTest, WhoIsPutOutOfTheRoomIsToldAndComesBack) {
  SinkPipeline sink(sink_at(location()));
  SourcePlayer source(source_at(location()));
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(source.more("video_0"));
  JanusOperator someone;
  auto reply = someone.ask(R"({"request":"listparticipants","room":1234})");
  ASSERT_TRUE(reply);
  auto* list = std::get_if<JanusParticipants>(&reply->what);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->feeds.size(), 1u);
  ASSERT_TRUE(someone.ask(R"({"request":"kick","room":1234,"secret":"CHANGE-ME-TOO","id":)" +
                          list->feeds[0].id.text + "}"));
  EXPECT_TRUE(warns(sink, "put us out of the room"));
  EXPECT_TRUE(source.pipeline.wait_for("webcast-publisher-removed"));
  EXPECT_TRUE(sink.wait_for("webcast-viewer-connected"));
  EXPECT_TRUE(source.more("video_0"));
}

TEST_F(JanusRoomTest, ARoomMayBeClosedAndMadeAgain) {
  SinkPipeline sink(sink_at(location()));
  SourcePlayer source(source_at(location()));
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(source.more("video_0"));
  JanusOperator someone;
  ASSERT_TRUE(someone.ask(R"({"request":"destroy","room":1234,"secret":"CHANGE-ME-TOO"})"));
  EXPECT_TRUE(warns(sink, "the room was closed"));
  EXPECT_TRUE(warns(source.pipeline, "the room was closed"));
  EXPECT_TRUE(warns(sink, "there is no room 1234"));
  ASSERT_TRUE(someone.ask(R"({"request":"create","room":1234,"pin":"CHANGE-ME"})"));
  EXPECT_TRUE(sink.wait_for("webcast-viewer-connected"));
  EXPECT_TRUE(source.more("video_0"));
}

TEST_F(JanusRoomTest, StopInTheMiddleOfNegotiationLeavesNothingBehind) {
  ProcessCensus before{};
  for (int i = 0; i < 12; i++) {
    {
      SinkPipeline sink(sink_at(location()));
      ASSERT_TRUE(sink.play());
      if (i % 4 == 1) {
        ASSERT_TRUE(waits_for_state(sink, "connected"));
      }
      if (i % 4 == 2) {
        ASSERT_TRUE(sink.wait_for("webcast-viewer-added"));
      }
      if (i % 4 == 3) {
        ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
      }
      SourcePlayer source(source_at(location()));
      if (i % 4 != 0) {
        ASSERT_TRUE(waits_for_state(source.pipeline, "connected"));
      }
      if (i % 2 == 0) source.pipeline.stop();
      sink.stop();
    }
    if (i == 3) before = census();
  }
  EXPECT_EQ(left_behind(before.threads + 1, before.descriptors + 2), "");
  SinkPipeline sink(sink_at(location()));
  ASSERT_TRUE(sink.play());
  EXPECT_TRUE(sink.wait_for("webcast-viewer-connected")) << "and the room is free";
}

}  // namespace
