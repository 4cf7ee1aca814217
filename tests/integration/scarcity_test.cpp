// Sinks with few descriptors, few threads, little address space, and strangers who want more than
// there is: they wait, or are told to come again; the process lives on, and who watches loses no
// frame. WEBCAST_CHURN_SECONDS: how long the last test goes on (20).
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <list>
#include <set>

#include "common/process_budget.hpp"
#include "tests/integration/server/test_client.hpp"
#include "tests/integration/viewer_process.hpp"
#include "tests/integration/whep_viewer.hpp"
#include "tests/unit/peer/browser_offers.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

std::string whep_post() {
  std::string offer = kChromiumOffer;
  return "POST /whep/live HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/sdp\r\n"
         "Content-Length: " +
         std::to_string(offer.size()) + "\r\n\r\n" + offer;
}

struct Outcome {
  int created = 0, refused = 0, other = 0;
  std::vector<std::string> sessions{};  // their paths
};

// So many viewers at once, none of whom will ever do ICE; every one is answered.
Outcome besiege(uint16_t port, int count) {
  std::list<TestClient> clients;
  for (int i = 0; i < count; i++)
    clients.emplace_back(port, "", 40).send(whep_post());
  Outcome outcome;
  for (TestClient& client : clients) {
    Reply reply = client.request("");
    outcome.created += reply.status == 201;
    outcome.refused += reply.status == 503 && !reply.header("retry-after").empty();
    outcome.other += reply.status != 201 && reply.status != 503;
    if (reply.status == 201) outcome.sessions.push_back(reply.header("location"));
  }
  return outcome;
}

void end(uint16_t port, const std::string& session) {
  TestClient(port).request("DELETE " + session + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
}

// Of this process, until the end of the test.
class Limit {
 public:
  Limit(decltype(RLIMIT_NOFILE) resource, rlim_t soft) : resource_(resource) {
    getrlimit(resource_, &before_);
    rlimit limit = before_;
    limit.rlim_cur = soft;
    EXPECT_EQ(setrlimit(resource_, &limit), 0);
  }
  ~Limit() { setrlimit(resource_, &before_); }

 private:
  decltype(RLIMIT_NOFILE) resource_;
  rlimit before_{};
};

class Scarcity : public testing::Test {
 protected:
  void SetUp() override {
    url_ = sink_.play_and_listen();
    ASSERT_FALSE(url_.empty());
    port_ = port_of(url_);
    viewer_ = watch(url_, {"--no-audio", "--seconds", "600"});
    auto connected = sink_.wait_for("webcast-viewer-connected");
    ASSERT_TRUE(connected);
    id_ = field(*connected, "id");
    ASSERT_TRUE(receives(*viewer_, 15));
  }
  void expect_no_loss() {
    GstStructure* taken = nullptr;
    g_signal_emit_by_name(sink_.sink(), "viewer-stats", id_.c_str(), &taken);
    StructurePtr stats(taken);
    ASSERT_TRUE(stats) << "the viewer was removed";
    const GstStructure* video = gst_value_get_structure(
        gst_value_array_get_value(gst_structure_get_value(stats.get(), "media"), 0));
    guint64 dropped = 1;
    gst_structure_get_uint64(video, "frames-dropped", &dropped);
    EXPECT_EQ(dropped, 0u);
    EXPECT_TRUE(receives(*viewer_, 30));
  }
  // Some come in, the others wait and are refused; when those have gone there is room again.
  void expect_room_for_some() {
    Outcome outcome = besiege(port_, 16);
    EXPECT_GE(outcome.created, 1);
    EXPECT_GE(outcome.refused, 1);
    EXPECT_EQ(outcome.other, 0);
    expect_no_loss();
    EXPECT_NE(sink_.wait_for_warning().find("no room"), std::string::npos);
    for (const std::string& session : outcome.sessions)
      end(port_, session);
    Outcome later = besiege(port_, 1);
    EXPECT_EQ(later.created, 1);
    expect_no_loss();
  }

  SinkPipeline sink_{kVideo + kSink};
  std::unique_ptr<Process> viewer_;
  std::string url_, id_;
  uint16_t port_ = 0;
};

TEST_F(Scarcity, With128DescriptorsNewcomersAreToldToComeAgain) {
  Limit limit(RLIMIT_NOFILE, 128);
  expect_room_for_some();
}

TEST_F(Scarcity, ConnectionsLeaveDescriptorsForWhoIsWatching) {
  sink_.stop();
  Limit limit(RLIMIT_NOFILE, 128);
  SinkPipeline sink(kVideo + kSink);
  uint16_t port = port_of(sink.play_and_listen());
  // Held in another process: they are not to use up this one's descriptors.
  Process holder({"python3", "-c",
                  "import resource,socket,sys\n"
                  "hard=resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
                  "resource.setrlimit(resource.RLIMIT_NOFILE,(hard,hard))\n"
                  "held=[]\n"
                  "for i in range(200):\n"
                  "  s=socket.socket(); s.settimeout(5); s.connect(('127.0.0.1'," +
                      std::to_string(port) +
                      ")); held.append(s)\n"
                      "print('held',flush=True); sys.stdin.readline()\n"});
  ASSERT_TRUE(holder.wait_line_with("held", kPatience));
  EXPECT_TRUE(SinkPipeline::eventually([] { return measure_process().free.descriptors >= 16; }));
  holder.signal(SIGKILL);
  holder.wait_exit(kPatience);
  EXPECT_TRUE(
      SinkPipeline::eventually([&] { return TestClient(port).get("/healthz").status == 200; }));
}

#ifndef __SANITIZE_ADDRESS__  // its shadow memory is larger than any limit
TEST_F(Scarcity, WithLittleAddressSpaceNewcomersAreToldToComeAgain) {
  Limit unlimited(RLIMIT_AS, RLIM_INFINITY);
  size_t pages = 0;
  FILE* statm = fopen("/proc/self/statm", "r");
  ASSERT_EQ(fscanf(statm, "%zu", &pages), 1);
  fclose(statm);
  size_t in_use = pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  // A quarter is the reserve: a few viewers' stacks fit into the rest.
  Limit limit(RLIMIT_AS, (in_use + 256 * 1024 * 1024) / 3 * 4);
  expect_room_for_some();
}

// In a process of its own, and where that can be of a user of its own: the limit counts the
// threads of all of a user's processes.
TEST(ScarcityOfThreads, NewcomersAreToldToComeAgain) {
  std::vector<std::string> command{"prlimit", "--nproc=120"};
  if (getuid() == 0)
    for (const char* word : {"setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"})
      command.push_back(word);
  else
    command.back() = "--nproc=" + std::to_string(measure_process().limit.threads -
                                                 measure_process().free.threads + 110);
  for (const char* word : {"gst-launch-1.0", "-m", "videotestsrc", "is-live=true", "!",
                           "video/x-raw,width=64,height=48", "!", "webcastsink",
                           "location=listen://127.0.0.1:0", "local-addresses=<127.0.0.1>"})
    command.push_back(word);
  Process sink(command);
  auto line = sink.wait_line_with("webcast-listening", kPatience);
  ASSERT_TRUE(line);
  size_t at = line->find("127.0.0.1:");
  ASSERT_NE(at, std::string::npos);
  uint16_t port = static_cast<uint16_t>(atoi(line->c_str() + at + strlen("127.0.0.1:")));
  ASSERT_TRUE(SinkPipeline::eventually([&] { return besiege(port, 1).created == 1; }));
  Outcome outcome = besiege(port, 24);
  EXPECT_GE(outcome.created, 1);
  EXPECT_GE(outcome.refused, 1);
  EXPECT_EQ(outcome.other, 0);
  EXPECT_EQ(sink.wait_exit(std::chrono::milliseconds(0)), -1) << "it lives on";
}
#endif

// One WebSocket within all limits: eight sessions at a time, each ended as soon as it is answered,
// as fast as the listener lets it. No descriptor, thread or memory is lost by the way.
TEST_F(Scarcity, JoinsAndLeavesAtTheRateLimitStayWithinTheBudget) {
  using Clock = std::chrono::steady_clock;
  const char* wish = g_getenv("WEBCAST_CHURN_SECONDS");
  auto end = Clock::now() + std::chrono::seconds(wish ? atoi(wish) : 20);
  Limit limit(RLIMIT_NOFILE, 1024);
  TestClient client(port_, "", 30);
  ASSERT_TRUE(client.upgrade());
  client.send_text(R"({"type":"list"})");
  std::string producer = member(*client.receive_text_with("\"list\""), "id");
  ASSERT_FALSE(producer.empty());
  std::string offer;
  for (const char* c = kChromiumOffer; *c; c++)
    offer += *c == '\r' ? "\\r" : *c == '\n' ? "\\n" : std::string(1, *c);
  std::string start =
      R"({"type":"startSession","peerId":")" + producer + R"(","offer":")" + offer + "\"}";
  ProcessCensus before = census(), most;
  int answered = 0, refused = 0;
  for (int i = 0; i < 8; i++)
    client.send_text(start);
  // A slow machine has longer to answer as many.
  auto last = end + std::chrono::minutes(2);
  while (Clock::now() < end || (answered < 50 && Clock::now() < last)) {
    auto text = client.receive_text();
    ASSERT_TRUE(text) << "cut off after " << answered;
    bool is_answer = text->find("\"sdp\"") != std::string::npos;
    bool is_refusal = text->find("\"endSession\"") != std::string::npos ||
                      text->find("\"error\"") != std::string::npos;
    if (is_answer)
      client.send_text(R"({"type":"endSession","sessionId":")" + member(*text, "sessionId") +
                       "\"}");
    answered += is_answer;
    refused += is_refusal;
    if (!is_answer && !is_refusal) continue;
    if (is_refusal) g_usleep(50'000);  // as fast as it is let in, and no faster
    client.send_text(start);
    ProcessCensus now = census();
    most.descriptors = std::max(most.descriptors, now.descriptors);
    most.threads = std::max(most.threads, now.threads);
    most.resident_kib = std::max(most.resident_kib, now.resident_kib);
  }
  client.drop();
  g_print("%d answered, %d refused; at most %u descriptors, %u threads, %zu KiB\n", answered,
          refused, most.descriptors, most.threads, most.resident_kib);
  EXPECT_GE(answered, 50);
  EXPECT_LE(most.descriptors, 1024u - 32u) << "half of the reserve stays";
#ifndef __SANITIZE_ADDRESS__
  EXPECT_LE(most.resident_kib, before.resident_kib + 200 * 1024);
#endif
  expect_no_loss();
  EXPECT_TRUE(SinkPipeline::eventually([&] { return besiege(port_, 1).created == 1; }));
}

}  // namespace
