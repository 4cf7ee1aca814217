// Many viewers at once and one after another: light ones (webcast-swarm), which do ICE, DTLS and
// RTCP but decode nothing.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "tests/integration/viewer_process.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

class Crowd : public testing::Test {
 protected:
  void SetUp() override {
    // Small pictures: the source's own pool grows when the machine is slow, and is not measured.
    sink = std::make_unique<SinkPipeline>(
        "videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=30/1 ! " + kSink);
    url = sink->play_and_listen();
    ASSERT_FALSE(url.empty());
  }
  std::unique_ptr<Process> join(int viewers, int seconds) {
    const char* program = g_getenv("WEBCAST_SWARM");
    return std::make_unique<Process>(std::vector<std::string>{
        program ? program : "webcast-swarm", "--url", "ws" + url.substr(4) + "ws", "--viewers",
        std::to_string(viewers), "--ramp", "50", "--seconds", std::to_string(seconds), "--no-audio",
        "--json"});
  }
  // `count` viewers come, are connected all at the same time, and go.
  void come_and_go(unsigned count) {
    auto crowd = join(static_cast<int>(count), 60);
    ASSERT_TRUE(SinkPipeline::eventually([&] { return sink->viewers() == count; },
                                         std::chrono::seconds(55)))
        << sink->viewers() << " of " << count;
    crowd->signal(SIGTERM);
    EXPECT_NE(crowd->wait_exit(kPatience), -1);
    ASSERT_TRUE(SinkPipeline::eventually([&] { return sink->viewers() == 0; }));
    sink->drop_messages();  // unread, they would pile up
  }
  std::unique_ptr<SinkPipeline> sink;
  std::string url;
};

TEST_F(Crowd, AThousandJoinsAndLeavesLeaveNothingBehind) {
  constexpr unsigned kAtOnce = 25;
  for (int round = 0; round < 8; round++)
    come_and_go(kAtOnce);
  // The last threads end a moment after their viewer: as few as there were once is the measure.
  ProcessCensus before;
  auto settle = [](ProcessCensus& least) {
    least = census();
    SinkPipeline::eventually(
        [&] {
          ProcessCensus now = census();
          least.threads = std::min(least.threads, now.threads);
          least.descriptors = std::min(least.descriptors, now.descriptors);
          least.resident_kib = now.resident_kib;
          return false;
        },
        std::chrono::seconds(3));
  };
  settle(before);
  for (int round = 8; round < 40; round++)
    come_and_go(kAtOnce);
  ProcessCensus after;
  settle(after);
  EXPECT_LE(after.threads, before.threads);
  EXPECT_LE(after.descriptors, before.descriptors);
#ifndef __SANITIZE_ADDRESS__  // it keeps freed memory back, and counts leaks itself
  // A peer has over a megabyte: ten kilobytes for each of 800 joins would show.
  EXPECT_LE(after.resident_kib, before.resident_kib + 8 * 1024);
#endif
  RecordProperty("resident_kib_before", static_cast<int>(before.resident_kib));
  RecordProperty("resident_kib_after", static_cast<int>(after.resident_kib));
  g_print("resident: %zu KiB after 200 joins, %zu KiB after 1000\n", before.resident_kib,
          after.resident_kib);
}

}  // namespace
