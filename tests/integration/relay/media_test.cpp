// Media beside a relay: webcastsink publishes through webcast-relay, viewers of other processes
// receive. What happens to the relay happens to signaling alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "common/clean_text.hpp"
#include "tests/integration/relay/relay_process.hpp"
#include "tests/integration/server/test_client.hpp"
#include "tests/integration/viewer_process.hpp"

namespace webcast::test {
namespace {

std::string sink_at(const std::string& location) {
  return " webcastsink name=s location=" + location + " local-addresses=\"<127.0.0.1>\" ";
}

std::string page_of(RelayProcess& relay) {
  return "http://127.0.0.1:" + std::to_string(relay.port()) + "/";
}

// Waits for the state at the relay, whatever states come before it.
bool reaches(SinkPipeline& sink, const std::string& state) {
  while (auto message = sink.wait_for("webcast-signaling-state"))
    if (field(*message, "state") == state) return true;
  return false;
}

TEST(MediaBesideARelay, FlowsToAViewerOfTheRelay) {
  RelayProcess relay;
  SinkPipeline sink(kVideo + sink_at(relay.location()));
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(reaches(sink, "connected"));
  auto viewer = watch(page_of(relay));
  EXPECT_TRUE(receives(*viewer, 30));
}

// What the lists at these ports call the stream, once it is that at all of them.
bool is_called(const std::vector<uint16_t>& ports, const std::string& title) {
  std::string member = title.empty() ? "\"title\"" : "\"title\":\"" + title + "\"";
  return std::all_of(ports.begin(), ports.end(), [&](uint16_t port) {
    return SinkPipeline::eventually([&] {
      std::string list = TestClient(port).get("/api/streams").body;
      bool has = list.find(member) != std::string::npos;
      return list.find("\"name\":\"live\"") != std::string::npos && has == !title.empty();
    });
  });
}

TEST(Title, IsThePropertyOrElseTheTagOfWhatIsPlayed) {
  RelayProcess relay;
  SinkPipeline sink("videotestsrc is-live=true ! identity name=input !" +
                    sink_at("listen://127.0.0.1:0," + relay.location()));
  auto tag = [&](const char* title, GstTagScope scope = GST_TAG_SCOPE_STREAM) {
    GstTagList* tags = gst_tag_list_new(GST_TAG_TITLE, title, nullptr);
    gst_tag_list_set_scope(tags, scope);
    EXPECT_TRUE(gst_element_send_event(sink.element("input"), gst_event_new_tag(tags)));
  };
  std::vector<uint16_t> ports = {port_of(sink.play_and_listen()), relay.port()};
  EXPECT_TRUE(is_called(ports, ""));
  tag("two\nlines");
  EXPECT_TRUE(is_called(ports, "two lines"));
  tag("the whole film", GST_TAG_SCOPE_GLOBAL);
  EXPECT_TRUE(is_called(ports, "the whole film"));
  g_object_set(sink.sink(), "title", " <b>\xe2\x80\xaeown\x1b ", nullptr);
  EXPECT_TRUE(is_called(ports, "<b>own"));
  tag("meanwhile", GST_TAG_SCOPE_GLOBAL);
  g_object_set(sink.sink(), "title", std::string(300, 'x').c_str(), nullptr);
  EXPECT_TRUE(is_called(ports, std::string(kLongestTitle - strlen("…"), 'x') + "…"));
  g_object_set(sink.sink(), "title", nullptr, nullptr);
  EXPECT_TRUE(is_called(ports, "meanwhile"));
  sink.stop();
  ASSERT_TRUE(sink.play());
  EXPECT_TRUE(is_called({relay.port()}, "")) << "another input";
}

TEST(MediaBesideARelay, FlowsOnWhileTheRelayIsKilledAndStartedAgain) {
  auto relay = std::make_unique<RelayProcess>();
  SinkPipeline sink(kVideo + sink_at(relay->location()));
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(reaches(sink, "connected"));
  auto viewer = watch(page_of(*relay), {"--seconds", "600"});
  ASSERT_TRUE(receives(*viewer, 30));
  sink.drop_messages();

  uint16_t port = relay->port();
  relay->process().signal(SIGKILL);
  relay->exit_status();
  ASSERT_TRUE(reaches(sink, "reconnecting"));
  auto line = viewer->wait_line_with("progress", kPatience);
  ASSERT_TRUE(line);
  auto frames = static_cast<unsigned>(
      g_ascii_strtoull(json_field(*line, "video_frames").c_str(), nullptr, 10));
  EXPECT_TRUE(receives(*viewer, frames + 60)) << "without a relay";

  relay = std::make_unique<RelayProcess>(
      std::vector<std::string>{"--listen", "127.0.0.1:" + std::to_string(port)});
  ASSERT_EQ(relay->port(), port);
  ASSERT_TRUE(reaches(sink, "connected"));
  EXPECT_TRUE(receives(*viewer, frames + 150)) << "the first one goes on";
  auto second = watch(page_of(*relay), {"--seconds", "600"});
  EXPECT_TRUE(receives(*second, 30)) << "the next one finds the stream";
  EXPECT_EQ(sink.viewers(), 2u);
}

GstPadProbeReturn count_buffer(GstPad*, GstPadProbeInfo*, gpointer count) {
  ++*static_cast<std::atomic<unsigned>*>(count);
  return GST_PAD_PROBE_OK;
}

// A source at the relay, whose frames are counted.
struct Taker {
  explicit Taker(const std::string& location)
      : source("webcastsrc name=s local-addresses=\"<127.0.0.1>\" location=" + location +
               " ! fakesink name=out sync=false") {
    auto pad = adopt(gst_element_get_static_pad(source.element("out"), "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, count_buffer, &frames, nullptr);
  }
  bool more() {
    unsigned before = frames;
    return SinkPipeline::eventually([&] { return frames > before + 30; });
  }
  std::atomic<unsigned> frames{0};
  SinkPipeline source;  // last: its threads count
};

std::string whip_at(RelayProcess& relay) {
  return sink_at("whip://127.0.0.1:" + std::to_string(relay.port()) + "/whip/live");
}

TEST(MediaBesideARelay, FlowsToASourceThatFindsThePublisherAgain) {
  RelayProcess relay;
  Taker taker(relay.location());
  ASSERT_TRUE(taker.source.play());
  ASSERT_TRUE(reaches(taker.source, "connected"));
  for (int i = 0; i < 2; i++) {
    SinkPipeline sink(kVideo + sink_at(relay.location()));
    ASSERT_TRUE(sink.play());
    ASSERT_TRUE(taker.more()) << i;
    sink.stop();
    ASSERT_TRUE(taker.source.wait_for("webcast-publisher-removed"));
  }
}

TEST(MediaBesideARelay, FlowsToASourceFromAClientOfWhip) {
  RelayProcess relay;
  Taker taker(relay.location());
  ASSERT_TRUE(taker.source.play());
  ASSERT_TRUE(reaches(taker.source, "connected"));
  for (int i = 0; i < 2; i++) {
    SinkPipeline client(kVideo + whip_at(relay));
    ASSERT_TRUE(client.play());
    ASSERT_TRUE(taker.more()) << i;
    client.stop();
    ASSERT_TRUE(taker.source.wait_for("webcast-publisher-removed"));
  }
  SinkPipeline sink(kVideo + sink_at(relay.location()));
  ASSERT_TRUE(sink.play());
  EXPECT_TRUE(taker.more()) << "and from who publishes there, when it is free";
}

TEST(MediaBesideARelay, WhoSendsByWhipIsNotDisturbedByAPublisherOfThatName) {
  RelayProcess relay;
  Taker taker(relay.location());
  ASSERT_TRUE(taker.source.play());
  ASSERT_TRUE(reaches(taker.source, "connected"));
  auto client = std::make_unique<SinkPipeline>(kVideo + whip_at(relay));
  ASSERT_TRUE(client->play());
  ASSERT_TRUE(taker.more());
  SinkPipeline sink(kVideo + sink_at(relay.location()));
  ASSERT_TRUE(sink.play());
  auto viewer = watch(page_of(relay), {"--no-audio"});
  ASSERT_TRUE(receives(*viewer, 10)) << "it is there for others";
  EXPECT_TRUE(taker.more());
  EXPECT_EQ(sink.viewers(), 1u) << "the source did not ask for it";
  client.reset();
  EXPECT_TRUE(SinkPipeline::eventually([&] { return sink.viewers() == 2; }));
  EXPECT_TRUE(taker.more());
}

TEST(MediaBesideARelay, IsServedByAListenerOfTheSameSinkToo) {
  RelayProcess relay;
  SinkPipeline sink(kVideo + sink_at("listen://127.0.0.1:0," + relay.location()));
  std::string url = sink.play_and_listen();
  ASSERT_NE(url, "");
  ASSERT_TRUE(reaches(sink, "connected"));
  auto near = watch(url), far = watch(page_of(relay));
  EXPECT_TRUE(receives(*near, 30));
  EXPECT_TRUE(receives(*far, 30));
  EXPECT_EQ(sink.viewers(), 2u);
}

TEST(MediaBesideARelay, StopAndStartAgainDoNotWaitForARelayThatIsNotThere) {
  SinkPipeline sink(kVideo + sink_at("ws://127.0.0.1:1"));
  for (int i = 0; i < 5; i++) {
    ASSERT_TRUE(sink.play());
    sink.stop();
  }
}

TEST(MediaBesideARelay, ABadLocationIsAnErrorOfTheElement) {
  SinkPipeline sink(kVideo + sink_at("ws://127.0.0.1:port"));
  EXPECT_FALSE(sink.play());
  EXPECT_NE(sink.wait_for_error().find("ws://127.0.0.1:port"), std::string::npos);
}

}  // namespace
}  // namespace webcast::test
