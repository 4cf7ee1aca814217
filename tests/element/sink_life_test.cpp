// webcastsink's life in its process: what it needs, what it leaves, what it says when it is alone.
#include <gst/pbutils/missing-plugins.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/sink_pipeline.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

constexpr const char* kListen = " location=listen://127.0.0.1:0 ";

bool has_thread(const std::string& wanted) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (name == wanted) return true;
  }
  return false;
}

// Runs in a process of its own, as the program's first use of the element.
[[noreturn]] void go_up_and_down_and_exit() {
  gst_init(nullptr, nullptr);
  Ref<GstElement> sink = make_element("webcastsink");
  gst_element_set_state(sink.get(), GST_STATE_READY);
  gst_element_set_state(sink.get(), GST_STATE_NULL);
  std::exit(has_thread("webcast-warm-up") ? 1 : 0);
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

TEST(WebcastSinkLife, ASinkToWhichNothingIsLinkedSaysSo) {
  SinkPipeline pipeline(std::string("webcastsink stream=alone") + kListen);
  ASSERT_TRUE(pipeline.play());
  std::string warning = pipeline.wait_for_warning();
  EXPECT_NE(warning.find("alone"), std::string::npos) << warning;
  EXPECT_NE(warning.find("link"), std::string::npos) << warning;
}

}  // namespace
