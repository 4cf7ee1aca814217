// Many viewers at once and one after another: light ones (webcast-swarm), which do ICE, DTLS and
// RTCP but decode nothing.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <thread>

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
  std::unique_ptr<Process> join(int viewers, int seconds,
                                const std::vector<std::string>& more = {}) {
    const char* program = g_getenv("WEBCAST_SWARM");
    std::vector<std::string> command{program ? program : "webcast-swarm",
                                     "--url",
                                     "ws" + url.substr(4) + "ws",
                                     "--viewers",
                                     std::to_string(viewers),
                                     "--ramp",
                                     "50",
                                     "--seconds",
                                     std::to_string(seconds),
                                     "--no-audio",
                                     "--json"};
    command.insert(command.end(), more.begin(), more.end());
    return std::make_unique<Process>(command);
  }
  // `count` viewers come, are connected all at the same time, and go.
  void come_and_go(unsigned count) {
    auto crowd = join(static_cast<int>(count), 300);
    ASSERT_TRUE(SinkPipeline::eventually([&] { return sink->viewers() == count; },
                                         std::chrono::seconds(120)))
        << sink->viewers() << " of " << count;
    crowd->signal(SIGTERM);
    EXPECT_NE(crowd->wait_exit(kPatience), -1);
    ASSERT_TRUE(SinkPipeline::eventually([&] { return sink->viewers() == 0; }));
    sink->drop_messages();  // unread, they would pile up
  }
  // A number of the first rendition's statistics.
  guint64 of_rendition(const char* name) {
    StructurePtr stats = sink->stats();
    gchar* text = gst_structure_to_string(stats.get());
    const std::string all = text;
    g_free(text);
    return number_behind(all, {name, "guint64"});
  }
  // The first number behind these words, which stand in that order.
  static guint64 number_behind(const std::string& text, std::initializer_list<const char*> words) {
    size_t at = 0;
    for (const char* word : words) {
      at = text.find(word, at);
      if (at == std::string::npos) return G_MAXUINT64;
      at += strlen(word);
    }
    at = text.find_first_of("0123456789", at);
    return at == std::string::npos ? G_MAXUINT64 : g_ascii_strtoull(text.c_str() + at, nullptr, 10);
  }
  // Packets of pictures, up to now.
  static guint64 video_lost_by(Process& crowd) {
    crowd.signal(SIGUSR1);
    auto report = crowd.wait_line_with("\"event\":\"report\"", kPatience);
    guint64 lost = number_behind(report.value_or(""), {"\"total\"", "\"video\"", "\"lost\""});
    EXPECT_NE(lost, G_MAXUINT64);
    return lost;
  }
  std::unique_ptr<SinkPipeline> sink;
  std::string url;
};

// Some that got in as they should, and then send all that a viewer may, and may not, for as long as
// they stay.
TEST_F(Crowd, FloodingViewersCostTheOthersNoFrame) {
  auto honest = join(2, 500, {"--codec", "H264"});
  ASSERT_TRUE(honest->wait_line_with("\"ready\"", kPatience));
  guint64 keyframes_before = of_rendition("keyframes");
  ASSERT_NE(keyframes_before, G_MAXUINT64);
  gint64 began = g_get_monotonic_time();
  // A machine that stands still for a moment may lose some in one; a flood costs frames in each.
  int rounds_without_loss = 0;
  for (int round = 0; round < 3; round++) {
    guint64 lost_before = video_lost_by(*honest);
    auto flood = join(2, 120, {"--codec", "H264", "--flood-ms", "10"});
    ASSERT_TRUE(flood->wait_line_with("\"ready\"", std::chrono::minutes(2)))
        << "the next one gets in, too";
    std::this_thread::sleep_for(std::chrono::seconds(4));  // it floods all the time
    flood->signal(SIGTERM);
    auto report = flood->wait_line_with("\"event\":\"end\"", kPatience);
    ASSERT_TRUE(report);
    EXPECT_EQ(number_behind(*report, {"\"total\"", "\"ended\""}), 0u)
        << "nothing of a peer's ends its session: " << *report;
    rounds_without_loss += video_lost_by(*honest) == lost_before;
  }
  auto halves = static_cast<guint64>(g_get_monotonic_time() - began) / 500'000;
  EXPECT_LE(of_rendition("keyframes") - keyframes_before, halves + 3)
      << "one in 500 ms, whatever is asked for";
  honest->signal(SIGTERM);
  auto report = honest->wait_line_with("\"event\":\"end\"", kPatience);
  ASSERT_TRUE(report);
  EXPECT_EQ(number_behind(*report, {"\"total\"", "\"ended\""}), 0u) << *report;
  EXPECT_GE(rounds_without_loss, 2) << *report;
  EXPECT_TRUE(SinkPipeline::eventually([&] { return sink->viewers() == 0; }));
  EXPECT_EQ(sink->wait_for_error(std::chrono::milliseconds(1)), "");
}

TEST_F(Crowd, AThousandJoinsAndLeavesLeaveNothingBehind) {
  constexpr unsigned kAtOnce = 25;
#ifdef __SANITIZE_ADDRESS__  // it keeps freed memory back, and counts leaks itself
  constexpr size_t kMore = SIZE_MAX / 2;
#else
  // A peer has over a megabyte: ten kilobytes for each of 800 joins would show.
  constexpr size_t kMore = 8 * 1024;  // KiB
#endif
  for (int round = 0; round < 8; round++)
    come_and_go(kAtOnce);
  // The last threads end a moment after their viewer: as few as there were once is the measure.
  ProcessCensus before = census();
  SinkPipeline::eventually(
      [&] {
        ProcessCensus now = census();
        before.threads = std::min(before.threads, now.threads);
        before.descriptors = std::min(before.descriptors, now.descriptors);
        before.resident_kib = now.resident_kib;
        return false;
      },
      std::chrono::seconds(3));
  for (int round = 8; round < 40; round++)
    come_and_go(kAtOnce);
  ProcessCensus after;
  SinkPipeline::eventually(
      [&] {
        after = census();
        return after.threads <= before.threads && after.descriptors <= before.descriptors &&
               after.resident_kib <= before.resident_kib + kMore;
      },
      std::chrono::seconds(120));
  EXPECT_LE(after.threads, before.threads);
  EXPECT_LE(after.descriptors, before.descriptors);
  EXPECT_LE(after.resident_kib, before.resident_kib + kMore);
  RecordProperty("resident_kib_before", static_cast<int>(before.resident_kib));
  RecordProperty("resident_kib_after", static_cast<int>(after.resident_kib));
  g_print("resident: %zu KiB after 200 joins, %zu KiB after 1000\n", before.resident_kib,
          after.resident_kib);
}

}  // namespace
