// webcastsink's life in its process: what it needs, what it leaves, what it says when it is alone.
#include <gst/pbutils/missing-plugins.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/sink_pipeline.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

constexpr const char* kListen = " location=listen://127.0.0.1:0 ";

// True while it runs code: one that was joined may be listed for another moment, marked as ending.
bool thread_runs(const std::string& wanted) {
  constexpr unsigned long kIsEnding = 0x4;  // Linux: PF_EXITING, set before it can be joined
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    // "PID (NAME) STATE PPID PGRP SESSION TTY TPGID FLAGS …"
    std::string stat;
    std::getline(std::ifstream(task.path() / "stat"), stat);
    size_t name = stat.find('('), end = stat.rfind(')');
    if (name == std::string::npos || end == std::string::npos) continue;  // it is gone
    if (stat.substr(name + 1, end - name - 1) != wanted) continue;
    std::istringstream behind(stat.substr(end + 1));
    std::string skipped;
    unsigned long flags = 0;
    for (int i = 0; i < 6; i++)
      behind >> skipped;
    behind >> flags;
    if (!(flags & kIsEnding)) return true;
  }
  return false;
}

// Runs in a process of its own, as the program's first use of the element.
[[noreturn]] void go_up_and_down_and_exit() {
  gst_init(nullptr, nullptr);
  Ref<GstElement> sink = make_element("webcastsink");
  gst_element_set_state(sink.get(), GST_STATE_READY);
  gst_element_set_state(sink.get(), GST_STATE_NULL);
  std::exit(thread_runs("webcast-warm-up") ? 1 : 0);
}

[[noreturn]] void go_up_and_exit() {
  gst_init(nullptr, nullptr);
  Ref<GstElement> sink = make_element("webcastsink");
  gst_element_set_state(sink.get(), GST_STATE_READY);
  std::exit(0);
}

TEST(WebcastSinkLife, NothingWorksOnOnceItIsInNull) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(go_up_and_down_and_exit(), testing::ExitedWithCode(0), "");
}

TEST(WebcastSinkLife, AProgramMayExitAtAnyTime) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (int i = 0; i < 3; i++)
    EXPECT_EXIT(go_up_and_exit(), testing::ExitedWithCode(0), "");
}

// An element that is not installed for as long as this lives.
class Missing {
 public:
  explicit Missing(const char* factory)
      : feature_(gst_registry_lookup_feature(gst_registry_get(), factory)) {
    gst_registry_remove_feature(gst_registry_get(), feature_);
  }
  ~Missing() { gst_registry_add_feature(gst_registry_get(), feature_); }

 private:
  GstPluginFeature* feature_;
};

TEST(WebcastSinkLife, WhatIsMissingIsSaidAtTheStartWithItsPackage) {
  SinkPipeline pipeline(std::string("videotestsrc is-live=true ! webcastsink") + kListen);
  {
    Missing nice("nicesink");
    EXPECT_FALSE(pipeline.play());
  }
  std::string missing;
  while (Ref<GstMessage> message = adopt(gst_bus_pop_filtered(
             adopt(gst_element_get_bus(pipeline.pipeline())).get(),
             static_cast<GstMessageType>(GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR)))) {
    if (gst_is_missing_plugin_message(message.get()))
      missing = SinkPipeline::text_of(message.get());
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
      std::string error = SinkPipeline::text_of(message.get());
      EXPECT_NE(error.find("gstreamer1.0-nice"), std::string::npos) << error;
      break;
    }
  }
  EXPECT_NE(missing.find("nicesink"), std::string::npos) << missing;
  pipeline.stop();
  EXPECT_TRUE(pipeline.play()) << "it is there again";
}

// What a start posts up to its error or, where it succeeds, what it has posted then: missing
// elements, then warnings and errors, in their order.
std::string posted(SinkPipeline& pipeline) {
  std::string all;
  Ref<GstBus> bus = adopt(gst_element_get_bus(pipeline.pipeline()));
  while (Ref<GstMessage> message = adopt(gst_bus_pop_filtered(
             bus.get(), static_cast<GstMessageType>(GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING |
                                                    GST_MESSAGE_ERROR)))) {
    bool told = GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ELEMENT;
    if (told || gst_is_missing_plugin_message(message.get()))
      all += std::string(GST_MESSAGE_TYPE_NAME(message.get())) + " " +
             SinkPipeline::text_of(message.get()) + "\n";
  }
  return all;
}

void expect_said(const std::string& said, std::initializer_list<const char*> words) {
  for (const char* word : words)
    EXPECT_NE(said.find(word), std::string::npos) << word << " is not in: " << said;
}

const std::string kRawPicture = "videotestsrc is-live=true ! webcastsink name=s video-codecs=VP8";

TEST(WebcastSinkLife, WhatNoEncoderIsThereForDoesNotStart) {
  SinkPipeline pipeline(kRawPicture + kListen);
  {
    Missing encoder("vp8enc");
    EXPECT_FALSE(pipeline.play());
    expect_said(posted(pipeline),
                {"vp8enc", "error", "no video", "VP8: gstreamer1.0-plugins-good"});
    pipeline.stop();
  }
  {
    Missing payloader("rtpvp8pay");
    EXPECT_FALSE(pipeline.play());
    expect_said(posted(pipeline), {"rtpvp8pay", "error", "gstreamer1.0-plugins-good"});
    pipeline.stop();
  }
  EXPECT_TRUE(pipeline.play()) << "both are there again";
  EXPECT_EQ(posted(pipeline), "");
}

TEST(WebcastSinkLife, WhereSoundCanBeMadeTheMissingPictureIsWarnedOf) {
  Missing encoder("vp8enc");
  SinkPipeline pipeline(kRawPicture + kListen + "audiotestsrc is-live=true ! s.");
  EXPECT_TRUE(pipeline.play());
  std::string said = posted(pipeline);
  expect_said(said, {"vp8enc", "warning", "video_0", "VP8: gstreamer1.0-plugins-good"});
  EXPECT_EQ(said.find("audio"), std::string::npos) << said;
}

TEST(WebcastSinkLife, WhatMayComeEncodedStartsWithAWarningWhatDoesWithout) {
  Missing encoder("vp8enc");
  const std::string sink = std::string("webcastsink video-codecs=VP8") + kListen;
  SinkPipeline any("appsrc is-live=true ! " + sink);
  EXPECT_TRUE(any.play());
  expect_said(posted(any), {"vp8enc", "warning", "sent as it is"});
  any.stop();
  SinkPipeline encoded("appsrc is-live=true ! video/x-vp8 ! " + sink);
  EXPECT_TRUE(encoded.play());
  EXPECT_EQ(posted(encoded), "");
}

TEST(WebcastSinkLife, ASinkToWhichNothingIsLinkedSaysSo) {
  SinkPipeline pipeline(std::string("webcastsink stream=alone") + kListen);
  ASSERT_TRUE(pipeline.play());
  std::string warning = pipeline.wait_for_warning();
  EXPECT_NE(warning.find("alone"), std::string::npos) << warning;
  EXPECT_NE(warning.find("link"), std::string::npos) << warning;
}

}  // namespace
