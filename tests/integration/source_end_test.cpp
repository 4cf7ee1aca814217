// webcastsrc and the events that an application sends to it, EOS above all.
#include <gtest/gtest.h>

#include "tests/integration/viewer_process.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

const std::string kSource =
    "webcastsrc name=s location=listen://127.0.0.1:0 local-addresses=\"<127.0.0.1>\" ";
const std::string kBoth =
    "s.video_0 ! queue ! fakesink name=picture async=false "
    "s.audio_0 ! queue ! fakesink name=sound async=false ";

class SourceEnd : public testing::Test {
 protected:
  void publish(const std::vector<std::string>& arguments = {}) {
    const char* program = g_getenv("WEBCAST_TEST_PUBLISHER");
    std::vector<std::string> command = {program ? program : "webcast-test-publisher", "--url",
                                        "ws" + url_.substr(4) + "ws"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    publisher_ = std::make_unique<Process>(command);
  }
  void launch(const std::string& line) {
    source_ = std::make_unique<SinkPipeline>(line);
    url_ = source_->play_and_listen();
    ASSERT_FALSE(url_.empty());
  }
  bool flows(const char* name) {
    Ref<GstPad> pad = adopt(gst_element_get_static_pad(source_->element(name), "sink"));
    // The probe may still be at work when it was removed.
    auto frames = std::make_shared<std::atomic<unsigned>>(0);
    using Count = decltype(frames);
    gulong probe = gst_pad_add_probe(
        pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad*, GstPadProbeInfo*, gpointer count) {
          ++**static_cast<Count*>(count);
          return GST_PAD_PROBE_OK;
        },
        new Count(frames), [](gpointer count) { delete static_cast<Count*>(count); });
    bool many = SinkPipeline::eventually([&] { return *frames >= 20; });
    gst_pad_remove_probe(pad.get(), probe);
    return many;
  }
  bool send(GstEvent* event) { return gst_element_send_event(source_->pipeline(), event); }

  std::unique_ptr<SinkPipeline> source_;
  std::unique_ptr<Process> publisher_;
  std::string url_;
};

TEST_F(SourceEnd, AnEosEndsThePipelineAndThePublisherIsTold) {
  launch(kSource + kBoth);
  publish();
  ASSERT_TRUE(flows("picture"));
  ASSERT_TRUE(flows("sound"));
  EXPECT_TRUE(send(gst_event_new_eos()));
  EXPECT_TRUE(source_->wait_for_end());
  auto ended = publisher_->wait_line_with("\"ended\"", kPatience);
  ASSERT_TRUE(ended);
  EXPECT_NE(json_field(*ended, "error").find("ended the stream"), std::string::npos);
}

TEST_F(SourceEnd, AnEosEndsBranchesWhosePadNeverCame) {
  launch(kSource + kBoth);
  publish({"--audio", ""});
  ASSERT_TRUE(flows("picture"));
  EXPECT_TRUE(send(gst_event_new_eos()));
  EXPECT_TRUE(source_->wait_for_end());
}

TEST_F(SourceEnd, AnEosEndsASourceWithoutAPublisher) {
  launch(kSource + "! fakesink");
  EXPECT_TRUE(send(gst_event_new_eos()));
  EXPECT_TRUE(source_->wait_for_end());
}

TEST_F(SourceEnd, AfterAnEosAndNullItTakesPublishersAgain) {
  launch(kSource);
  for (int i = 0; i < 3; i++) {
    // On a machine that is busy an attempt may run out of time.
    publish({"--again"});
    ASSERT_TRUE(source_->wait_for("webcast-publisher-connected", std::chrono::minutes(2))) << i;
    EXPECT_TRUE(send(gst_event_new_eos()));
    EXPECT_TRUE(send(gst_event_new_eos())) << "a second one changes nothing";
    ASSERT_TRUE(source_->wait_for("webcast-publisher-removed")) << i;
    source_->stop();
    url_ = source_->play_and_listen();
    ASSERT_FALSE(url_.empty());
  }
}

TEST_F(SourceEnd, AKeyframeCanBeAskedForAtTheElement) {
  launch(kSource + "decode=false s.video_0 ! queue ! fakesink name=picture async=false");
  publish({"--audio", ""});
  ASSERT_TRUE(flows("picture"));
  GstStructure* structure =
      gst_structure_new("GstForceKeyUnit", "all-headers", G_TYPE_BOOLEAN, TRUE, nullptr);
  EXPECT_TRUE(gst_element_send_event(source_->sink(),
                                     gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, structure)));
  auto asked = publisher_->wait_line(
      [](const std::string& line) {
        return json_field(line, "event") == "feedback" && json_field(line, "plis") != "0";
      },
      kPatience);
  EXPECT_TRUE(asked);
}

TEST_F(SourceEnd, AnEncodedPictureGoesOnHoweverOftenItIsPaused) {
  launch(kSource + "decode=false s.video_0 ! queue ! fakesink name=picture async=false");
  publish({"--audio", "", "--codec", "H264"});
  ASSERT_TRUE(flows("picture"));
  for (int i = 0; i < 4; i++) {
    ASSERT_TRUE(source_->pause());
    ASSERT_TRUE(source_->play());
    if (i % 2) {
      EXPECT_TRUE(flows("picture")) << i;
    }
  }
}

}  // namespace
