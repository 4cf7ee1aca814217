// Somebody watches while others do their worst at the same listener: they are refused, nothing of
// them is left, and who watches loses no frame.
#include <gtest/gtest.h>

#include <algorithm>
#include <list>

#include "tests/integration/server/test_client.hpp"
#include "tests/integration/viewer_process.hpp"
#include "tests/integration/whep_viewer.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

constexpr size_t kKiB = 1024;

class Attack : public testing::Test {
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
    expect_the_door_is_open();  // what is made once, and kept, is made now
    before_ = census();
  }
  // Frames dropped on the viewer's side of the fan-out, and packets lost on the way.
  guint64 loss() {
    GstStructure* taken = nullptr;
    g_signal_emit_by_name(sink_.sink(), "viewer-stats", id_.c_str(), &taken);
    StructurePtr stats(taken);
    if (!stats) {
      auto removed = sink_.wait_for("webcast-viewer-removed");
      ADD_FAILURE() << "the viewer was removed: " << (removed ? field(*removed, "reason") : "");
      return 0;
    }
    const GstStructure* video = gst_value_get_structure(
        gst_value_array_get_value(gst_structure_get_value(stats.get(), "media"), 0));
    guint64 dropped = 1;
    gint64 lost = 1;
    gst_structure_get_uint64(video, "frames-dropped", &dropped);
    gst_structure_get_int64(video, "packets-lost", &lost);
    return dropped + static_cast<guint64>(std::max<gint64>(lost, 0));
  }
  // While `attack` goes on (it is repeated until the viewer has 60 frames more). A machine that
  // stands still for a moment may lose some; an attack that costs frames costs them each time.
  template <typename F>
  void expect_nobody_notices(F attack) {
    for (int attempt = 1;; attempt++) {
      guint64 before = loss();
      unsigned wanted = frames_now() + 60;
      do {
        attack();
        ASSERT_NE(frames_now(), 0u) << "the viewer ended";
      } while (frames_now() < wanted);
      EXPECT_EQ(sink_.viewers(), 1u);
      if (loss() == before) return;
      ASSERT_LT(attempt, 3) << "frames were lost each time: " << loss() - before;
    }
  }
  // By the viewer's last word, of which there is one each 100 ms; 0 once it ended.
  unsigned frames_now() {
    auto last = viewer_->wait_line_with("progress", kPatience);
    while (auto later = viewer_->wait_line_with("progress", std::chrono::milliseconds(10)))
      last = later;
    if (!last) return 0;
    return static_cast<unsigned>(
        g_ascii_strtoull(json_field(*last, "video_frames").c_str(), nullptr, 10));
  }
  void expect_nothing_left() {
    EXPECT_TRUE(SinkPipeline::eventually([&] {
      ProcessCensus now = census();
      return now.descriptors <= before_.descriptors && now.threads <= before_.threads;
    })) << census().descriptors
        << " descriptors, before " << before_.descriptors;
  }
  void expect_the_door_is_open() {
    EXPECT_TRUE(
        SinkPipeline::eventually([&] { return TestClient(port_).get("/healthz").status == 200; }));
    auto next = watch(url_, {"--no-audio", "--frames", "5"});
    EXPECT_EQ(next->wait_exit(kPatience), 0);
    EXPECT_TRUE(SinkPipeline::eventually([&] { return sink_.viewers() == 1; }));
  }

  SinkPipeline sink_{kVideo + kSink};
  std::unique_ptr<Process> viewer_;
  ProcessCensus before_;
  std::string url_, id_;
  uint16_t port_ = 0;
};

TEST_F(Attack, SlowLorisHoldsNobodyUp) {
  std::list<TestClient> slow;
  expect_nobody_notices([&] {
    // Those whose time was up come again.
    std::erase_if(slow, [](TestClient& client) { return !client.send("X-a: b\r\n"); });
    while (slow.size() < 200) {
      slow.emplace_back(port_);
      slow.back().send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    }
  });
  expect_the_door_is_open();
  slow.clear();
  expect_nothing_left();
}

TEST_F(Attack, AMessageInFragmentsWithoutEndIsCutOff) {
  expect_nobody_notices([&] {
    TestClient client(port_, "", 20);
    ASSERT_TRUE(client.upgrade());
    client.send_frame(1, false, std::string(60 * kKiB, 'x'));
    // 2 MiB; the server reads on for the time that its close may be answered, and keeps none.
    for (int sent = 0; sent < 32 && client.send_frame(0, false, std::string(64 * kKiB - 1, 'x'));)
      sent++;
    client.drop();
  });
#ifndef __SANITIZE_ADDRESS__  // it keeps freed memory back, and counts leaks itself
  EXPECT_LE(census().resident_kib, before_.resident_kib + 32 * kKiB);
#endif
  expect_the_door_is_open();
  expect_nothing_left();
}

TEST_F(Attack, ThousandsOfConnectionsCostTheirSenderOnly) {
  int connections = 0;
  expect_nobody_notices([&] {
    for (int i = 0; i < 500; i++, connections++) {
      TestClient client(port_);
      if (i % 2) client.send("GET /ws HTTP/1.1\r\nUpgr");
    }
  });
  EXPECT_GE(connections, 500);
  expect_the_door_is_open();
  expect_nothing_left();
}

TEST_F(Attack, PathTraversalFindsNothing) {
  expect_nobody_notices([&] {
    for (const char* path : {"/../../../../etc/passwd", "/watch/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
                             "/whep/..%2f..%2f..%2fetc%2fpasswd",
                             "/webcast/..\\..\\..\\etc\\passwd", "/webcast.js%00/../../etc/passwd",
                             "/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd", "/....//....//etc/passwd",
                             "/watch/%252e%252e%252fetc%252fpasswd", "file:///etc/passwd"}) {
      Reply reply = TestClient(port_).get(path);
      EXPECT_TRUE(reply.status == 404 || reply.status == 400) << path << ' ' << reply.status;
      EXPECT_EQ(reply.body.find("root:"), std::string::npos) << path;
    }
  });
  expect_the_door_is_open();
  expect_nothing_left();
}

TEST_F(Attack, OffersThatAreNoneLeaveNothing) {
  const std::string lines(70 * kKiB, '\n');
  expect_nobody_notices([&] {
    for (const std::string& offer :
         {std::string("v=0"), std::string(63 * kKiB, 'x'), lines,
          std::string("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n") +
              "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"}) {
      std::string head =
          "POST /whep/live HTTP/1.1\r\nHost: 127.0.0.1\r\n"
          "Content-Type: application/sdp\r\nContent-Length: " +
          std::to_string(offer.size()) + "\r\n\r\n";
      Reply reply = TestClient(port_).request(head + offer);
      EXPECT_TRUE(reply.status >= 400 && reply.status < 500) << reply.status;
      EXPECT_GT(reply.body.size(), 15u) << "a sentence";
    }
  });
  EXPECT_EQ(sink_.viewers(), 1u);
  expect_the_door_is_open();
  expect_nothing_left();
}

}  // namespace
