// webcastsink with a signaler of the application's, and a real viewer in this process behind it;
// webcastsrc with one, and a sink that publishes to it.
#include <gtest/gtest.h>

#include "tests/support/fake_card.hpp"
#include "tests/support/memory_signaler.hpp"
#include "tests/support/sink_pipeline.hpp"
#include "tests/unit/peer/loop_viewer.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

using What = SignalerCall::What;

class CustomSignaler : public testing::Test {
 protected:
  CustomSignaler() {
    g_object_set(sink.sink(), "signaler", memory.object(), nullptr);
    viewer.on_description = [this](bool is_offer, const std::string& sdp) {
      if (is_offer)
        webcast_signaler_request_session(memory.object(), "S", "somebody", sdp.c_str());
      else
        webcast_signaler_receive_description(memory.object(), "S", "answer", sdp.c_str());
    };
    viewer.on_candidate = [this](const std::string& candidate) {
      webcast_signaler_receive_candidate(memory.object(), "S", 0, candidate.c_str());
    };
  }
  ~CustomSignaler() override {
    viewer.stop();
    sink.stop();
  }
  // The viewer is told what the element says from here on.
  void connect_viewer() {
    memory.on_call = [this](const SignalerCall& call) {
      if (call.what == What::candidate) viewer.take_candidate(call.text);
      if (call.what != What::description) return;
      if (call.type == "offer")
        viewer.take_offer(call.text);
      else
        viewer.take_answer(call.text);
    };
  }
  void watch() {
    connect_viewer();
    ASSERT_TRUE(sink.play());
    viewer.offer({{"video", "VP8"}});
    ASSERT_TRUE(SinkPipeline::eventually([this] { return viewer.packets() > 20; }));
  }

  MemorySignaler memory;
  SinkPipeline sink{
      "videotestsrc is-live=true ! video/x-raw,width=320,height=240 ! "
      "webcastsink stream=mine local-addresses=\"<127.0.0.1>\""};
  LoopViewer viewer;
};

TEST_F(CustomSignaler, BringsAViewerWithAnOffer) {
  watch();
  EXPECT_EQ(memory.wait_for(What::start)->session, "mine");
  auto answer = memory.wait_for(What::description);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->session, "S");
  EXPECT_EQ(answer->type, "answer");
  auto added = sink.wait_for("webcast-viewer-added");
  ASSERT_TRUE(added);
  EXPECT_EQ(field(*added, "id"), "S");
  EXPECT_EQ(field(*added, "signaler"), "TestSignaler");
}

TEST_F(CustomSignaler, BringsAViewerWhoWaitsForAnOffer) {
  connect_viewer();
  ASSERT_TRUE(sink.play());
  webcast_signaler_request_session(memory.object(), "S", "somebody", nullptr);
  EXPECT_TRUE(SinkPipeline::eventually([this] { return viewer.packets() > 20; }));
  EXPECT_EQ(memory.wait_for(What::description)->type, "offer");
}

TEST_F(CustomSignaler, APadThatIsRequestedWhileTheElementStartsIsFed) {
  SinkPipeline late(
      "videotestsrc name=v is-live=true webcastsink name=s stream=mine "
      "local-addresses=\"<127.0.0.1>\"");
  g_object_set(late.sink(), "signaler", memory.object(), nullptr);
  connect_viewer();
  auto say = memory.on_call;
  memory.on_call = [&](const SignalerCall& call) {
    if (call.what != What::start) return say(call);
    EXPECT_TRUE(gst_element_link(late.element("v"), late.sink()));
  };
  ASSERT_TRUE(late.play());
  viewer.offer({{"video", "VP8"}});
  EXPECT_TRUE(SinkPipeline::eventually([this] { return viewer.packets() > 20; }));
  viewer.stop();
}

gboolean disconnect(GstElement* element, const char* id) {
  gboolean done = FALSE;
  g_signal_emit_by_name(element, "disconnect-viewer", id, "Not you", &done);
  return done;
}

TEST_F(CustomSignaler, AViewerMayBeDisconnectedWhileItIsAnnounced) {
  g_signal_connect(sink.sink(), "viewer-added",
                   G_CALLBACK(+[](GstElement* element, const char* id, const char*, gpointer) {
                     EXPECT_TRUE(disconnect(element, id));
                   }),
                   nullptr);
  ASSERT_TRUE(sink.play());
  webcast_signaler_request_session(memory.object(), "S", "somebody", nullptr);
  auto ended = memory.wait_for(What::end);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->text, "Not you");
  EXPECT_EQ(sink.viewers(), 0u);
}

TEST_F(CustomSignaler, AViewerMayBeDisconnectedWhileItsEndIsTold) {
  g_signal_connect(sink.sink(), "viewer-removed",
                   G_CALLBACK(+[](GstElement* element, const char* id, const char*, gpointer) {
                     EXPECT_FALSE(disconnect(element, id));
                   }),
                   nullptr);
  watch();
  sink.stop();
  auto ended = memory.wait_for(What::end);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->session, "S");
}

// Without the picture its peer can begin, and cannot: there is no fingerprint to trust.
TEST_F(CustomSignaler, AViewerThatCannotBeginWhenAPadGoesIsTold) {
  SinkPipeline both(
      "videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=1/5 ! "
      "webcastsink name=s video-codecs=VP8 stream=mine "
      "local-addresses=\"<127.0.0.1>\" audiotestsrc is-live=true ! s.");
  g_object_set(both.sink(), "signaler", memory.object(), nullptr);
  g_signal_connect(both.sink(), "encoder-setup",
                   G_CALLBACK(+[](GstElement*, const char*, GstElement* encoder, gpointer) {
                     // So it tells its format late.
                     if (g_object_class_find_property(G_OBJECT_GET_CLASS(encoder), "lag-in-frames"))
                       g_object_set(encoder, "lag-in-frames", 25, nullptr);
                     return TRUE;
                   }),
                   nullptr);
  memory.on_call = nullptr;
  viewer.on_description = [this](bool, const std::string& sdp) {
    std::string offer = sdp;
    for (size_t at; (at = offer.find("a=fingerprint")) != std::string::npos;)
      offer.erase(at, offer.find('\n', at) + 1 - at);
    webcast_signaler_request_session(memory.object(), "S", "somebody", offer.c_str());
  };
  ASSERT_TRUE(both.play()) << both.wait_for_error(std::chrono::seconds(1));
  viewer.offer({{"video", "VP8"}, {"audio", "OPUS"}});
  ASSERT_TRUE(SinkPipeline::eventually([&] {
    std::unique_ptr<char, decltype(&g_free)> text(gst_structure_to_string(both.stats().get()),
                                                  g_free);
    std::string stats = text.get();
    return stats.find("opus") != std::string::npos && stats.find("running") != std::string::npos;
  }));
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(both.sink(), "video_0"));
  Ref<GstPad> peer = adopt(gst_pad_get_peer(pad.get()));
  gst_pad_unlink(peer.get(), pad.get());
  gst_element_release_request_pad(both.sink(), pad.get());
  auto ended = memory.wait_for(What::end);
  ASSERT_TRUE(ended);
  EXPECT_NE(ended->text.find("fingerprint"), std::string::npos) << ended->text;
  EXPECT_EQ(both.viewers(), 0u);
}

// Its pictures can be read by nobody who has not the device of the element that made them.
TEST_F(CustomSignaler, APictureOnAGraphicsCardStaysThere) {
  FakeCard card;
  SinkPipeline cards(
      "videotestsrc is-live=true ! video/x-raw,format=RGBA,width=320,height=240,framerate=30/1 ! "
      "fakecardupload ! webcastsink video-codecs=H264 stream=mine "
      "local-addresses=\"<127.0.0.1>\"");
  g_object_set(cards.sink(), "signaler", memory.object(), nullptr);
  connect_viewer();
  ASSERT_TRUE(cards.play());
  viewer.offer({{"video", "H264"}});
  EXPECT_TRUE(SinkPipeline::eventually([this] { return viewer.packets() > 20; }));
  EXPECT_GT(card.counts().converted, 0u);
  EXPECT_GT(card.counts().encoded_on_card, 0u);
  EXPECT_EQ(card.counts().downloaded, 0u);
  viewer.stop();
}

TEST_F(CustomSignaler, EndsASession) {
  watch();
  webcast_signaler_session_ended(memory.object(), "S", "Went to bed");
  auto removed = sink.wait_for("webcast-viewer-removed");
  ASSERT_TRUE(removed);
  EXPECT_EQ(field(*removed, "reason"), "Went to bed");
  EXPECT_EQ(sink.viewers(), 0u);
}

TEST_F(CustomSignaler, IsToldWhenTheElementEndsASession) {
  watch();
  gboolean done = FALSE;
  g_signal_emit_by_name(sink.sink(), "disconnect-viewer", "S", "Enough", &done);
  EXPECT_TRUE(done);
  auto ended = memory.wait_for(What::end);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->session, "S");
  EXPECT_EQ(ended->text, "Enough");
}

TEST_F(CustomSignaler, ThatCannotStartStopsTheElementInItsOwnWords) {
  memory.refuse_start = "wrong password";
  EXPECT_FALSE(sink.play());
  EXPECT_NE(sink.wait_for_error().find("wrong password"), std::string::npos);
}

TEST_F(CustomSignaler, MayNotNameTwoSessionsAlike) {
  watch();
  webcast_signaler_request_session(memory.object(), "S", "somebody else", nullptr);
  EXPECT_NE(sink.wait_for_warning().find("\"S\""), std::string::npos);
  EXPECT_EQ(sink.viewers(), 1u);
}

TEST_F(CustomSignaler, TellsItsStateOnTheBus) {
  ASSERT_TRUE(sink.play());
  webcast_signaler_change_state(memory.object(), WEBCAST_SIGNALER_STATE_RECONNECTING);
  auto told = sink.wait_for("webcast-signaling-state");
  ASSERT_TRUE(told);
  EXPECT_EQ(field(*told, "state"), "reconnecting");
  EXPECT_EQ(field(*told, "location"), "TestSignaler");
}

TEST_F(CustomSignaler, MayLoseItsServerWhileMediaFlows) {
  watch();
  webcast_signaler_change_state(memory.object(), WEBCAST_SIGNALER_STATE_RECONNECTING);
  unsigned before = viewer.packets();
  EXPECT_TRUE(SinkPipeline::eventually([&] { return viewer.packets() > before + 60; }));
  EXPECT_EQ(sink.viewers(), 1u);
}

TEST_F(CustomSignaler, StartsAndStopsWithTheElementAnyNumberOfTimes) {
  for (int i = 0; i < 20; i++) {
    ASSERT_TRUE(sink.play());
    ASSERT_TRUE(memory.wait_for(What::start));
    webcast_signaler_request_session(memory.object(), "S", "somebody", nullptr);
    sink.stop();
    ASSERT_TRUE(memory.wait_for(What::stop));
    // Nobody listens any more.
    webcast_signaler_request_session(memory.object(), "late", "somebody", nullptr);
    EXPECT_EQ(sink.viewers(), 0u);
  }
}

// What one element says, the other one is told.
class TwoElements : public testing::Test {
 protected:
  TwoElements() {
    g_object_set(source.sink(), "signaler", of_source.object(), nullptr);
    g_object_set(sink.sink(), "signaler", of_sink.object(), nullptr);
    of_source.on_call = [this](const SignalerCall& call) { hand_over(call, of_sink, "source"); };
    of_sink.on_call = [this](const SignalerCall& call) { hand_over(call, of_source, "sink"); };
  }
  ~TwoElements() override {
    source.stop();
    sink.stop();
  }
  static void hand_over(const SignalerCall& call, MemorySignaler& to, const char* from) {
    const char* text = call.text.c_str();
    if (call.what == What::candidate)
      webcast_signaler_receive_candidate(to.object(), "S", 0, text);
    else if (call.what == What::description && call.type == "offer")
      webcast_signaler_request_session(to.object(), "S", from, text);
    else if (call.what == What::description)
      webcast_signaler_receive_description(to.object(), "S", "answer", text);
    else if (call.what == What::end)
      webcast_signaler_session_ended(to.object(), "S", text);
  }
  void play() {
    ASSERT_TRUE(source.play());
    ASSERT_TRUE(sink.play());
    EXPECT_EQ(of_source.wait_for(What::start)->session, "mine");
    ASSERT_TRUE(of_sink.wait_for(What::start));
  }
  void expect_pictures() {
    EXPECT_TRUE(source.wait_for("webcast-publisher-connected"));
    // Preroll: a picture went through the pad.
    EXPECT_TRUE(SinkPipeline::eventually([this] {
      GstSample* sample = nullptr;
      g_object_get(source.element("out"), "last-sample", &sample, nullptr);
      if (sample) gst_sample_unref(sample);
      return sample != nullptr;
    }));
  }

  MemorySignaler of_source, of_sink;
  SinkPipeline source{
      "webcastsrc stream=mine local-addresses=\"<127.0.0.1>\" ! fakesink name=out async=false"};
  SinkPipeline sink{
      "videotestsrc is-live=true ! video/x-raw,width=320,height=240 ! "
      "webcastsink local-addresses=\"<127.0.0.1>\""};
};

TEST_F(TwoElements, ASourceTakesThePublishersOffer) {
  play();
  webcast_signaler_request_session(of_sink.object(), "S", "source", nullptr);
  expect_pictures();
}

TEST_F(TwoElements, ASourceMakesTheOfferForAPublisherThatHasNone) {
  play();
  webcast_signaler_request_session(of_source.object(), "S", "sink", nullptr);
  expect_pictures();
}

TEST_F(TwoElements, ASourceThatStopsTellsTheOtherSide) {
  play();
  webcast_signaler_request_session(of_sink.object(), "S", "source", nullptr);
  expect_pictures();
  source.stop();
  auto ended = of_source.wait_for(What::end);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->session, "S");
  EXPECT_TRUE(of_source.wait_for(What::stop));
  EXPECT_TRUE(sink.wait_for("webcast-viewer-removed"));
}

TEST_F(TwoElements, ASignalerThatCannotStartStopsTheSourceInItsOwnWords) {
  of_source.refuse_start = "wrong number";
  EXPECT_FALSE(source.play());
  EXPECT_NE(source.wait_for_error().find("wrong number"), std::string::npos);
}

TEST_F(CustomSignaler, WhatIsSaidOfUnknownSessionsIsIgnored) {
  watch();
  webcast_signaler_receive_description(memory.object(), "?", "answer", "v=0");
  webcast_signaler_receive_candidate(memory.object(), "?", 7, "candidate:nonsense");
  webcast_signaler_session_ended(memory.object(), "?", "");
  unsigned before = viewer.packets();
  EXPECT_TRUE(SinkPipeline::eventually([&] { return viewer.packets() > before + 20; }));
}

}  // namespace
