// Relays that share a Redis act as one: publishers at one, viewers at the other, real media.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/relay/redis_process.hpp"
#include "tests/integration/relay/relay_process.hpp"
#include "tests/integration/whep_viewer.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;

constexpr const char* kCarries = "carries words to the other relays";

struct RedisTest : testing::Test {
  void SetUp() override { ASSERT_TRUE(redis.is_ready()); }

  std::unique_ptr<RelayProcess> relay_at(uint16_t port = 0) {
    auto relay = std::make_unique<RelayProcess>(std::vector<std::string>{
        "--listen", "127.0.0.1:" + std::to_string(port), "--redis", redis.url()});
    EXPECT_NE(relay->port(), 0);
    EXPECT_TRUE(has(*relay, "redis_connected", 1));
    return relay;
  }
  static std::string get(RelayProcess& relay, const std::string& path) {
    return TestClient(relay.port(), "", 30)
        .request("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        .body;
  }
  // Until a gauge of the relay has that value.
  static bool has(RelayProcess& relay, const std::string& gauge, int value) {
    return SinkPipeline::eventually([&] {
      return get(relay, "/metrics")
                 .find("\nwebcast_" + gauge + " " + std::to_string(value) + "\n") !=
             std::string::npos;
    });
  }
  static bool knows(RelayProcess& relay, const std::string& stream) {
    return SinkPipeline::eventually([&] {
      return get(relay, "/api/streams").find("\"" + stream + "\"") != std::string::npos;
    });
  }
  static std::string sink_at(RelayProcess& relay) {
    return kVideo + " webcastsink name=s location=" + relay.location() +
           " local-addresses=\"<127.0.0.1>\" ";
  }
  static std::string page_of(RelayProcess& relay) {
    return "http://127.0.0.1:" + std::to_string(relay.port()) + "/";
  }
  static unsigned frames_of(Process& viewer) {
    auto line = viewer.wait_line_with("progress", kPatience);
    return line ? static_cast<unsigned>(g_ascii_strtoull(
                      json_field(*line, "video_frames").c_str(), nullptr, 10))
                : 0;
  }

  RedisProcess redis;
};

TEST_F(RedisTest, AViewerAtOneRelayWatchesWhoPublishesAtTheOther) {
  auto a = relay_at(), b = relay_at();
  ASSERT_TRUE(has(*b, "other_relays", 1));
  SinkPipeline sink(sink_at(*a));
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(knows(*b, "live"));
  auto viewer = watch(page_of(*b), {"--no-audio", "--seconds", "600"});
  EXPECT_TRUE(receives(*viewer, 30));
  EXPECT_EQ(sink.viewers(), 1u);
  viewer.reset();
  EXPECT_TRUE(sink.wait_for("webcast-viewer-removed"));
}

TEST_F(RedisTest, WhepAtOneRelayPlaysWhatIsPublishedAtTheOther) {
  auto a = relay_at(), b = relay_at();
  SinkPipeline sink(sink_at(*a));
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(knows(*b, "live"));
  WhepViewer whep(b->port());
  Reply created = whep.watch({{"video", "VP8"}});
  ASSERT_EQ(created.status, 201u) << created.body;
  EXPECT_TRUE(SinkPipeline::eventually([&] { return whep.viewer.packets() > 50; }));
  EXPECT_EQ(whep.request("DELETE", created.header("location")).status, 200u);
  EXPECT_TRUE(sink.wait_for("webcast-viewer-removed"));
}

TEST_F(RedisTest, WhatPlaysGoesOnWhileRedisRestartsAndNewViewersComeAfterwards) {
  auto a = relay_at(), b = relay_at();
  SinkPipeline sink(sink_at(*a));
  ASSERT_TRUE(sink.play());
  ASSERT_TRUE(knows(*b, "live"));
  auto viewer = watch(page_of(*b), {"--no-audio", "--seconds", "600"});
  ASSERT_TRUE(receives(*viewer, 30));

  redis.kill();
  ASSERT_TRUE(has(*a, "redis_connected", 0));
  ASSERT_TRUE(has(*b, "redis_connected", 0));
  EXPECT_THAT(b->line("WARNING"), HasSubstr("What plays goes on"));
  EXPECT_TRUE(receives(*viewer, frames_of(*viewer) + 60)) << "without a Redis";
  EXPECT_TRUE(knows(*a, "live"));
  redis.start();
  ASSERT_TRUE(redis.is_ready());
  ASSERT_TRUE(has(*b, "other_relays", 1));
  ASSERT_TRUE(knows(*b, "live"));
  auto second = watch(page_of(*b), {"--no-audio", "--seconds", "600"});
  EXPECT_TRUE(receives(*second, 30));
  EXPECT_TRUE(receives(*viewer, frames_of(*viewer) + 30)) << "the first one goes on";
  EXPECT_EQ(sink.viewers(), 2u);
  EXPECT_FALSE(sink.wait_for("webcast-viewer-removed", std::chrono::milliseconds(0)));
}

TEST_F(RedisTest, ARelayThatIsKilledLeavesItsNamesAndWhatPlays) {
  auto a = relay_at(), b = relay_at();
  SinkPipeline here(sink_at(*b) + " stream=here");
  ASSERT_TRUE(here.play());
  SinkPipeline there(sink_at(*a));
  ASSERT_TRUE(there.play());
  ASSERT_TRUE(knows(*a, "here"));
  auto viewer = watch(page_of(*a), {"--no-audio", "--seconds", "600", "--stream", "here"});
  ASSERT_TRUE(receives(*viewer, 30));
  uint16_t port = a->port();
  a->process().signal(SIGKILL);
  a->exit_status();
  EXPECT_TRUE(has(*b, "other_relays", 0));
  EXPECT_EQ(get(*b, "/api/streams").find("\"live\""), std::string::npos);
  EXPECT_TRUE(receives(*viewer, frames_of(*viewer) + 30));
  a = relay_at(port);
  EXPECT_TRUE(knows(*b, "live")) << "its publisher is back";
  EXPECT_TRUE(knows(*a, "here"));
  EXPECT_EQ(here.viewers(), 1u);
}

TEST_F(RedisTest, ANameIsHadOnce) {
  auto a = relay_at(), b = relay_at();
  SinkPipeline first(sink_at(*a));
  ASSERT_TRUE(first.play());
  ASSERT_TRUE(knows(*b, "live"));
  SinkPipeline second(sink_at(*b));
  ASSERT_TRUE(second.play());
  EXPECT_THAT(second.wait_for_warning(), HasSubstr("published here already"));
}

TEST(RelayAtRedis, StartsWithoutItAndTriesAgain) {
  uint16_t port = free_port();
  RelayProcess relay({"--listen", "127.0.0.1:0", "--redis",
                      "redis://127.0.0.1:" + std::to_string(port)});
  ASSERT_NE(relay.port(), 0);
  EXPECT_THAT(relay.line("WARNING"), HasSubstr("Redis at 127.0.0.1:" + std::to_string(port)));
  RedisProcess redis(port);
  ASSERT_TRUE(redis.is_ready());
  EXPECT_NE(relay.line(kCarries), "");
  relay.process().signal(SIGTERM);
  EXPECT_EQ(relay.exit_status(), 0);
}

TEST(RelayAtRedis, SaysThatThePasswordIsWrongAndNotWhichItWas) {
  RedisProcess redis(free_port(), {"--requirepass", "north-s3cret"});
  ASSERT_TRUE(redis.is_ready());
  const std::string port = std::to_string(redis.port());
  RelayProcess wrong({"--listen", "127.0.0.1:0", "--redis",
                      "redis://:south-s3cret@127.0.0.1:" + port});
  ASSERT_NE(wrong.port(), 0);
  std::string warning = wrong.line("WARNING");
  EXPECT_THAT(warning, HasSubstr("it refuses"));
  EXPECT_THAT(warning, testing::Not(HasSubstr("s3cret")));
  RelayProcess right({"--listen", "127.0.0.1:0", "--redis",
                      "redis://:north-s3cret@127.0.0.1:" + port});
  ASSERT_NE(right.port(), 0);
  EXPECT_NE(right.line(kCarries), "");
}

// The user of docs/scale.md.
TEST(RelayAtRedis, MayBeAUserWhoMayDoNothingElse) {
  RedisProcess redis(free_port(),
                     {"--user", "relay", "on", ">north-s3cret", "resetchannels", "&webcast:*",
                      "-@all", "+auth", "+ping", "+publish", "+subscribe"});
  ASSERT_TRUE(redis.is_ready());
  const std::string port = std::to_string(redis.port());
  RelayProcess relay({"--listen", "127.0.0.1:0", "--redis",
                      "redis://relay:north-s3cret@127.0.0.1:" + port + "/3"});
  EXPECT_NE(relay.line(kCarries), "");
}

}  // namespace
}  // namespace webcast::test
