// WHEP at a relay: the viewer's offer goes to a webcastsink of another process's room and back.
#include <gtest/gtest.h>

#include "tests/integration/relay/relay_process.hpp"
#include "tests/integration/whep_viewer.hpp"

namespace webcast::test {
namespace {

TEST(WhepAtARelay, PlaysAStreamThatIsPublishedThereAndDeleteEndsIt) {
  RelayProcess relay;
  SinkPipeline sink(kVideo + " webcastsink name=s location=" + relay.location() +
                    " local-addresses=\"<127.0.0.1>\" ");
  ASSERT_TRUE(sink.play());
  WhepViewer whep(relay.port());
  Reply created = whep.watch({{"video", "VP8"}});
  ASSERT_EQ(created.status, 201u) << created.body;
  EXPECT_TRUE(SinkPipeline::eventually([&] { return whep.viewer.packets() > 50; }));
  EXPECT_EQ(whep.request("DELETE", created.header("location")).status, 200u);
  EXPECT_TRUE(sink.wait_for("webcast-viewer-removed"));
}

TEST(WhepAtARelay, ASourceOfOursPlaysThere) {
  RelayProcess relay;
  SinkPipeline source("webcastsrc name=s location=whep://127.0.0.1:" +
                      std::to_string(relay.port()) +
                      "/whep/live local-addresses=\"<127.0.0.1>\" ! fakesink async=false");
  ASSERT_TRUE(source.play());
  EXPECT_NE(source.wait_for_warning(), "") << "nobody publishes yet";
  SinkPipeline sink(kVideo + " webcastsink name=s location=" + relay.location() +
                    " local-addresses=\"<127.0.0.1>\" ");
  ASSERT_TRUE(sink.play());
  EXPECT_TRUE(source.wait_for("webcast-publisher-connected"));
  source.stop();
  EXPECT_TRUE(sink.wait_for("webcast-viewer-removed"));
}

TEST(WhepAtARelay, APublisherThatGoesLeavesNoSession) {
  RelayProcess relay;
  WhepViewer whep(relay.port());
  Reply created;
  {
    SinkPipeline sink(kVideo + " webcastsink name=s location=" + relay.location() +
                      " local-addresses=\"<127.0.0.1>\" ");
    ASSERT_TRUE(sink.play());
    created = whep.watch({{"video", "VP8"}});
    ASSERT_EQ(created.status, 201u) << created.body;
  }
  EXPECT_TRUE(SinkPipeline::eventually(
      [&] { return whep.request("DELETE", created.header("location")).status == 404; }));
}

}  // namespace
}  // namespace webcast::test
