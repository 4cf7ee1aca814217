// What viewers and publishers may do wrong, by malice or by accident: it costs themselves only.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/integration/viewer_process.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

constexpr auto kRemovedWithin = std::chrono::seconds(30);  // the promise of the interface

class Safety : public testing::Test {
 protected:
  void launch(const std::string& text) {
    sink = std::make_unique<SinkPipeline>(text);
    url = sink->play_and_listen();
    ASSERT_FALSE(url.empty());
  }
  // The reason why the next viewer was removed.
  std::string removal(std::chrono::milliseconds patience = kPatience) {
    auto message = sink->wait_for("webcast-viewer-removed", patience);
    return message ? field(*message, "reason") : "";
  }
  void expect_no_media_for(const std::string& fingerprint) {
    launch(kVideo + kSink + kAudio + "s.");
    auto viewer = watch(url, {"--fingerprint", fingerprint});
    EXPECT_NE(removal().find("fingerprint"), std::string::npos);
    EXPECT_EQ(viewer->wait_exit(kPatience), 2);
    auto last = viewer->wait_line(
        [](const std::string& line) {
          EXPECT_TRUE(json_field(line, "video_packets").empty() ||
                      json_field(line, "video_packets") == "0")
              << line;
          EXPECT_TRUE(json_field(line, "audio_packets").empty() ||
                      json_field(line, "audio_packets") == "0")
              << line;
          return json_field(line, "event") == "exit";
        },
        kPatience);
    EXPECT_TRUE(last);
  }
  std::unique_ptr<SinkPipeline> sink;
  std::string url;
};

TEST_F(Safety, AFalsifiedFingerprintNeverGetsAPacket) {
  expect_no_media_for("bad");
}
TEST_F(Safety, AMissingFingerprintNeverGetsAPacket) {
  expect_no_media_for("none");
}
TEST_F(Safety, ASha1FingerprintNeverGetsAPacket) {
  expect_no_media_for("sha1");
}

TEST_F(Safety, AKilledViewerIsRemovedWithinThirtySeconds) {
  launch(kVideo + kSink);
  auto viewer = watch(url, {"--no-audio"});
  ASSERT_TRUE(receives(*viewer, 5));
  ProcessCensus with_viewer = census();
  viewer->signal(SIGKILL);
  EXPECT_NE(removal(kRemovedWithin), "");
  EXPECT_EQ(sink->viewers(), 0u);
  EXPECT_TRUE(SinkPipeline::eventually([&] { return census().threads < with_viewer.threads; }));
}

TEST_F(Safety, AFrozenViewerCostsTheOthersNothingAndIsRemoved) {
  launch(kVideo + kSink);
  auto frozen = watch(url, {"--no-audio"});
  auto healthy = watch(url, {"--no-audio"});
  ASSERT_TRUE(receives(*frozen, 5));
  ASSERT_TRUE(receives(*healthy, 5));
  frozen->signal(SIGSTOP);
  EXPECT_TRUE(receives(*healthy, 150));
  EXPECT_NE(removal(kRemovedWithin), "");
  EXPECT_TRUE(receives(*healthy, 180));
  EXPECT_EQ(sink->viewers(), 1u);
}

// At its goodbye: nothing of it is acknowledged.
TEST_F(Safety, AFrozenViewerHoldsNoStopUp) {
  launch(kVideo + kSink);
  auto frozen = watch(url, {"--no-audio"});
  ASSERT_TRUE(receives(*frozen, 5));
  frozen->signal(SIGSTOP);
  sink->stop();
  EXPECT_EQ(sink->viewers(), 0u);
  auto next = watch(sink->play_and_listen(), {"--no-audio"});
  EXPECT_TRUE(receives(*next, 5));
}

TEST(PublisherSafety, ACertificateOfAWrongCurveIsToldOnTheBusWithItsRemedy) {
  std::unique_ptr<char, decltype(&g_free)> folder(g_dir_make_tmp("webcast-XXXXXX", nullptr),
                                                  g_free);
  std::string path = std::string(folder.get()) + "/certificate.pem";
  std::string command = "cd " + std::string(folder.get()) +
                        " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:secp256k1 "
                        "-nodes -days 2 -subj /CN=publisher -keyout key -out own 2>/dev/null && "
                        "cat key own > certificate.pem && rm key own";
  ASSERT_EQ(system(command.c_str()), 0);
  SinkPipeline source(
      "webcastsrc name=s location=listen://127.0.0.1:0 "
      "local-addresses=\"<127.0.0.1>\" s.video_0 ! fakesink async=false");
  std::string url = source.play_and_listen();
  ASSERT_FALSE(url.empty());
  const char* program = g_getenv("WEBCAST_TEST_PUBLISHER");
  Process publisher({program ? program : "webcast-test-publisher", "--url",
                     "ws" + url.substr(4) + "ws", "--certificate", path});
  auto removed = source.wait_for("webcast-publisher-removed");
  ASSERT_TRUE(removed);
  std::string reason = field(*removed, "reason");
  for (const char* part :
       {"The publisher's encrypted connection (DTLS) failed: ", " says: ", " curve",
        "The publisher's program needs a certificate of ECDSA with P-256 or of RSA with 2048 bits"})
    EXPECT_NE(reason.find(part), std::string::npos) << reason;
  auto ended = publisher.wait_line_with("\"ended\"", kPatience);
  ASSERT_TRUE(ended);
  EXPECT_EQ(json_field(*ended, "error"), reason) << "and told to it";
  unlink(path.c_str());
  rmdir(folder.get());
}

TEST_F(Safety, AnSdpBeyondTheLimitsIsRefusedBeforeItIsParsed) {
  launch(kVideo + kSink);
  auto viewer = watch(url, {"--oversized"});
  auto ended = viewer->wait_line_with("\"ended\"", kPatience);
  ASSERT_TRUE(ended);
  EXPECT_NE(json_field(*ended, "error").find("lines"), std::string::npos) << *ended;
  EXPECT_NE(removal(), "");
}

TEST_F(Safety, StoppingInMidNegotiationIsHarmless) {
  SinkPipeline pipeline(kVideo + kSink);
  for (int i = 0; i < 10; i++) {
    std::string address = pipeline.play_and_listen();
    ASSERT_FALSE(address.empty());
    auto viewer = watch(address, {"--plain", "--silent"});
    auto added = pipeline.wait_for("webcast-viewer-added");
    ASSERT_TRUE(added);
    if (i % 2) {
      // Also with the offer on its way.
      EXPECT_TRUE(viewer->wait_line_with("\"session\"", kPatience));
    }
    pipeline.stop();
    EXPECT_EQ(pipeline.viewers(), 0u);
  }
}

}  // namespace
