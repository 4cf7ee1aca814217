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
#include "tests/unit/sdp/browser_offers.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

// The offer follows once it is wanted.
std::string head_of_post() {
  return "POST /whep/live HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/sdp\r\n"
         "Expect: 100-continue\r\nContent-Length: " +
         std::to_string(std::string(kChromiumOffer).size()) + "\r\n\r\n";
}

struct Outcome {
  int created = 0, refused = 0, other = 0;
  std::vector<std::string> sessions{};  // their paths
};

// So many viewers at once, none of whom will ever do ICE; every one is answered. All are connected
// before the first session begins: who comes when descriptors are short is not even let in.
Outcome besiege(uint16_t port, int count) {
  std::list<TestClient> clients;
  for (int i = 0; i < count; i++) {
    clients.emplace_back(port).send(head_of_post());
    EXPECT_NE(clients.back().receive().find("100 Continue"), std::string::npos);
  }
  for (TestClient& client : clients)
    client.send(kChromiumOffer);
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
  // Frames dropped on the viewer's side of the fan-out.
  guint64 loss() {
    GstStructure* taken = nullptr;
    g_signal_emit_by_name(sink_.sink(), "viewer-stats", id_.c_str(), &taken);
    StructurePtr stats(taken);
    EXPECT_TRUE(stats) << "the viewer was removed";
    if (!stats) return 0;
    const GstStructure* video = gst_value_get_structure(
        gst_value_array_get_value(gst_structure_get_value(stats.get(), "media"), 0));
    guint64 dropped = 1;
    gst_structure_get_uint64(video, "frames-dropped", &dropped);
    return dropped;
  }
  // A machine that stands still for a moment may lose some; what costs frames costs them each time.
  template <typename F>
  void expect_no_loss_while(F act) {
    for (int attempt = 1;; attempt++) {
      guint64 before = loss();
      act();
      if (loss() == before) return;
      ASSERT_LT(attempt, 3) << "frames were lost each time: " << loss() - before;
    }
  }
  // `count` come, are `seen`, and go.
  template <typename F>
  void expect_no_loss_by(int count, F seen) {
    expect_no_loss_while([&] {
      Outcome outcome = besiege(port_, count);
      seen(outcome);
      EXPECT_TRUE(receives(*viewer_, 30));
      for (const std::string& session : outcome.sessions)
        end(port_, session);
    });
  }
  struct Churn {
    int answered = 0, refused = 0, parts_without_loss = 0;
    ProcessCensus most{};
  };
  // Sessions that begin with `start`, and end as soon as they are answered, by one WebSocket that
  // has asked for some. In three parts, since what costs frames costs them in each.
  Churn churn(TestClient& client, const std::string& start, std::chrono::seconds length) {
    using Clock = std::chrono::steady_clock;
    Churn all;
    guint64 before = loss();
    const auto part = std::chrono::milliseconds(length) / 3;
    auto end_of_part = Clock::now() + part, end = end_of_part + 2 * part;
    auto judge = [&] {
      guint64 now = loss();
      all.parts_without_loss += now == before;
      before = now;
      end_of_part += part;
    };
    // A slow machine has longer to answer as many.
    auto last = end + std::chrono::minutes(2);
    while (Clock::now() < end || (all.answered < 50 && Clock::now() < last)) {
      auto text = client.receive_text();
      EXPECT_TRUE(text) << "cut off after " << all.answered;
      if (!text) break;
      bool is_answer = text->find("\"sdp\"") != std::string::npos;
      bool is_refusal = text->find("\"endSession\"") != std::string::npos ||
                        text->find("\"error\"") != std::string::npos;
      if (is_answer)
        client.send_text(R"({"type":"endSession","sessionId":")" + member(*text, "sessionId") +
                         "\"}");
      all.answered += is_answer;
      all.refused += is_refusal;
      if (end_of_part < end && Clock::now() >= end_of_part) judge();  // the last one: below
      if (!is_answer && !is_refusal) continue;
      if (is_refusal) g_usleep(50'000);  // as fast as it is let in, and no faster
      client.send_text(start);
      ProcessCensus now = census();
      all.most.descriptors = std::max(all.most.descriptors, now.descriptors);
      all.most.threads = std::max(all.most.threads, now.threads);
      all.most.resident_kib = std::max(all.most.resident_kib, now.resident_kib);
    }
    judge();
    return all;
  }
  // Some come in, the others wait and are refused; when those have gone there is room again.
  void expect_room_for_some() {
    expect_no_loss_by(16, [](const Outcome& outcome) {
      EXPECT_GE(outcome.created, 1);
      EXPECT_GE(outcome.refused, 1);
      EXPECT_EQ(outcome.other, 0);
    });
    EXPECT_NE(sink_.wait_for_warning().find("no room"), std::string::npos);
    expect_no_loss_by(1, [](const Outcome& outcome) { EXPECT_EQ(outcome.created, 1); });
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
                  "  s=socket.socket(); s.settimeout(60); s.connect(('127.0.0.1'," +
                      std::to_string(port) +
                      ")); held.append(s)\n"
                      "print('held',flush=True); sys.stdin.readline()\n"});
  ASSERT_TRUE(holder.wait_line_with("held", std::chrono::minutes(3)));
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
  const char* wish = g_getenv("WEBCAST_CHURN_SECONDS");
  Limit limit(RLIMIT_NOFILE, 1024);
  TestClient client(port_);
  ASSERT_TRUE(client.upgrade());
  client.send_text(R"({"type":"list"})");
  std::string producer = member(*client.receive_text_with("\"list\""), "id");
  ASSERT_FALSE(producer.empty());
  std::string offer;
  for (const char* c = kChromiumOffer; *c; c++)
    offer += *c == '\r' ? "\\r" : *c == '\n' ? "\\n" : std::string(1, *c);
  std::string start =
      R"({"type":"startSession","peerId":")" + producer + R"(","offer":")" + offer + "\"}";
  ProcessCensus before = census();
  for (int i = 0; i < 8; i++)
    client.send_text(start);
  auto [answered, refused, parts_without_loss, most] =
      churn(client, start, std::chrono::seconds(wish ? atoi(wish) : 20));
  client.drop();
  g_print("%d answered, %d refused; at most %u descriptors, %u threads, %zu KiB\n", answered,
          refused, most.descriptors, most.threads, most.resident_kib);
  EXPECT_GE(answered, 50);
  EXPECT_GE(parts_without_loss, 1) << "frames were lost each time";
  EXPECT_LE(most.descriptors, 1024u - 32u) << "half of the reserve stays";
#ifndef __SANITIZE_ADDRESS__
  EXPECT_LE(most.resident_kib, before.resident_kib + 200 * 1024);
#endif
  EXPECT_TRUE(receives(*viewer_, 30));
  EXPECT_TRUE(SinkPipeline::eventually([&] { return besiege(port_, 1).created == 1; }));
}

}  // namespace
