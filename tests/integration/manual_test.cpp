// webcastsink and webcastsrc with location manual:: the test is the one who carries offer and
// answer.
#include <gtest/gtest.h>

#include "tests/integration/source_player.hpp"
#include "tests/integration/viewer_process.hpp"
#include "tests/support/viewer_json.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

using namespace std::chrono_literals;

const std::string kManualSink = kVideo +
                                "webcastsink name=s location=manual: "
                                "local-addresses=\"<127.0.0.1>\" " +
                                kAudio + "s.";

std::string text_property(GstElement* element, const char* name) {
  gchar* text = nullptr;
  g_object_get(element, name, &text, nullptr);
  std::string copy = text ? text : "";
  g_free(text);
  return copy;
}

// Why the action did not take it; empty: it did.
std::string emit(GstElement* element, const char* action, const std::string& text) {
  gchar* refusal = nullptr;
  g_signal_emit_by_name(element, action, text.c_str(), &refusal);
  std::string copy = refusal ? refusal : "";
  g_free(refusal);
  return copy;
}

std::string told(SinkPipeline& pipeline, const std::string& type) {
  auto message = pipeline.wait_for("webcast-manual-description");
  if (!message) return {};
  EXPECT_EQ(field(*message, "type"), type);
  return field(*message, "sdp");
}

class Manual : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(sink.play()); }

  std::string offer() { return told(sink, "offer"); }
  std::string answer(Player& player, const std::string& offered) {
    EXPECT_EQ(emit(player.pipeline.sink(), "set-offer", offered), "");
    return told(player.pipeline, "answer");
  }
  std::string set_answer(const std::string& text) { return emit(sink.sink(), "set-answer", text); }

  SinkPipeline sink{kManualSink};
};

TEST_F(Manual, OfferAndAnswerBringPictureAndSound) {
  std::string offered = offer();
  EXPECT_EQ(text_property(sink.sink(), "manual-offer"), offered);
  EXPECT_NE(offered.find("a=candidate:"), std::string::npos) << "it is whole";
  Player player("manual:");
  std::string answered = answer(player, offered);
  EXPECT_EQ(text_property(player.pipeline.sink(), "manual-answer"), answered);
  EXPECT_NE(answered.find("a=candidate:"), std::string::npos);
  EXPECT_EQ(set_answer(answered), "");
  EXPECT_EQ(text_property(sink.sink(), "manual-offer"), "") << "it has its answer";
  ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
  auto connected = player.pipeline.wait_for("webcast-publisher-connected");
  ASSERT_TRUE(connected);
  EXPECT_EQ(field(*connected, "audio-codec"), "OPUS");
  EXPECT_TRUE(player.more("video_0"));
  EXPECT_TRUE(player.more("audio_0"));
  EXPECT_EQ(sink.viewers(), 1u);
}

TEST_F(Manual, JsonAndOtherLineEndsDoAsWell) {
  Player player("manual:");
  std::string answered =
      answer(player, "{\"type\": \"offer\", \"sdp\": " + quoted(offer()) + "}\n");
  std::erase(answered, '\r');
  EXPECT_EQ(set_answer("\n  " + answered + "\n\n"), "");
  EXPECT_TRUE(player.more("video_0"));
}

TEST_F(Manual, TheSignalTellsItToo) {
  Player player("manual:");
  std::pair<std::string, std::string> heard;
  auto on_description = +[](GstElement*, const char* type, const char* sdp, gpointer data) {
    *static_cast<decltype(heard)*>(data) = {type, sdp};
  };
  g_signal_connect(player.pipeline.sink(), "manual-description", G_CALLBACK(on_description),
                   &heard);
  std::string answered = answer(player, offer());
  // The message comes first: this waits for the rest.
  EXPECT_NE(emit(player.pipeline.sink(), "set-offer", ""), "");
  EXPECT_EQ(heard, std::pair(std::string("answer"), answered));
}

TEST_F(Manual, ASecondAnswerIsRefusedAndDisturbsNothing) {
  Player player("manual:");
  std::string answered = answer(player, offer());
  EXPECT_EQ(set_answer(answered), "");
  EXPECT_NE(set_answer(answered).find("has its answer already"), std::string::npos);
  ASSERT_TRUE(player.more("video_0"));
  EXPECT_NE(set_answer(answered), "");
  EXPECT_TRUE(player.more("video_0"));
}

TEST_F(Manual, WhatIsNoAnswerIsToldAndTheOfferStands) {
  std::string offered = offer();
  EXPECT_NE(set_answer("garbage"), "");
  EXPECT_NE(set_answer(""), "");
  EXPECT_NE(set_answer(offered).find("This is an offer"), std::string::npos);
  EXPECT_NE(set_answer(std::string(70'000, 'v')).find("64 KiB"), std::string::npos);
  EXPECT_NE(set_answer("{\"type\":\"answer\",\"sdp\":\"v=0\"}"), "");
  EXPECT_EQ(text_property(sink.sink(), "manual-offer"), offered);
  Player player("manual:");
  EXPECT_NE(emit(player.pipeline.sink(), "set-offer", "garbage"), "");
  EXPECT_NE(emit(player.pipeline.sink(), "set-offer", std::string(70'000, 'v')), "");
  std::string answered = answer(player, offered);
  EXPECT_NE(emit(player.pipeline.sink(), "set-offer", answered).find("This is an answer"),
            std::string::npos);
  EXPECT_EQ(set_answer(answered), "");
  EXPECT_TRUE(player.more("video_0"));
}

TEST_F(Manual, AnAnswerThatTakesNothingIsToldAndTheNextOfferMade) {
  Player player("manual:");
  std::string offered = offer(), answered = answer(player, offered);
  for (size_t at; (at = answered.find("a=recvonly")) != std::string::npos;)
    answered.replace(at, 10, "a=inactive");
  EXPECT_NE(set_answer(answered).find("the next one is made"), std::string::npos);
  std::string next = offer();
  EXPECT_NE(next, offered);
  EXPECT_EQ(set_answer(answer(player, next)), "") << "a new offer takes the old one's place";
  EXPECT_TRUE(player.more("video_0"));
}

TEST_F(Manual, AfterASessionTheNextOfferIsMade) {
  for (int i = 0; i < 3; i++) {
    Player player("manual:");
    EXPECT_EQ(set_answer(answer(player, offer())), "");
    ASSERT_TRUE(sink.wait_for("webcast-viewer-connected")) << i;
    ASSERT_TRUE(player.more("video_0", 5)) << i;
    player.pipeline.stop();
    ASSERT_TRUE(sink.wait_for("webcast-viewer-removed")) << i;
  }
}

TEST_F(Manual, TheAnswerMayTakeLongerThanAnOrdinaryHandshake) {
  Player player("manual:");
  std::string answered = answer(player, offer());
  // Past every time-out of a connection that is not carried by hand (20 s).
  EXPECT_FALSE(sink.wait_for("webcast-viewer-removed", 25s));
  EXPECT_FALSE(player.pipeline.wait_for("webcast-publisher-removed", 1s));
  EXPECT_EQ(set_answer(answered), "");
  EXPECT_TRUE(player.more("video_0"));
  EXPECT_TRUE(player.more("audio_0"));
}

TEST_F(Manual, StopsInEachPhaseAndLeavesNothingBehind) {
  sink.stop();
  EXPECT_NE(set_answer("v=0").find("not started"), std::string::npos);
  ProcessCensus before{};
  for (int i = 0; i < 8; i++) {
    sink.drop_messages();
    ASSERT_TRUE(sink.play());
    std::string offered = i % 4 == 0 ? "" : offer();
    Player player("manual:");
    if (i % 4 == 2) {
      EXPECT_EQ(emit(player.pipeline.sink(), "set-offer", offered), "");
    }
    if (i % 4 == 3) {
      EXPECT_EQ(set_answer(answer(player, offered)), "");
    }
    player.pipeline.stop();
    sink.stop();
    EXPECT_EQ(text_property(sink.sink(), "manual-offer"), "");
    EXPECT_EQ(text_property(player.pipeline.sink(), "manual-answer"), "");
    if (i == 3) before = census();
  }
  EXPECT_EQ(left_behind(before.threads + 2, before.descriptors + 4), "");
}

TEST(ManualBesideOthers, AnOfferThatWaitsTakesNobodysPlace) {
  SinkPipeline sink(kVideo +
                    "webcastsink name=s location=listen://127.0.0.1:0,manual: max-viewers=1 "
                    "local-addresses=\"<127.0.0.1>\"");
  std::string url = sink.play_and_listen();
  std::string offered = told(sink, "offer");
  auto viewer = watch(url);
  EXPECT_TRUE(receives(*viewer, 10));
  EXPECT_EQ(text_property(sink.sink(), "manual-offer"), offered);
}

TEST(ManualActions, WithoutAManualLocationSayWhatToDo) {
  SinkPipeline sink(kVideo + "webcastsink name=s location=listen://127.0.0.1:0");
  ASSERT_TRUE(sink.play());
  EXPECT_NE(emit(sink.sink(), "set-answer", "v=0").find("manual:"), std::string::npos);
  SinkPipeline source("webcastsrc location=listen://127.0.0.1:0");
  ASSERT_TRUE(source.play());
  EXPECT_NE(emit(source.sink(), "set-offer", "v=0").find("manual:"), std::string::npos);
}

}  // namespace
