#include "signaling/server/http/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace webcast {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

TEST(Metrics, NothingYetIsTextToo) {
  std::string text = Metrics().text({});
  EXPECT_THAT(text, HasSubstr("# HELP webcast_peers "));
  EXPECT_THAT(text, HasSubstr("# TYPE webcast_peers gauge\nwebcast_peers 0\n"));
  EXPECT_THAT(text, HasSubstr("webcast_join_seconds_bucket{le=\"+Inf\"} 0\n"));
  EXPECT_EQ(text.back(), '\n');
}

TEST(Metrics, TellsWhatIsHere) {
  std::string text = Metrics().text({.peers = 4, .sessions = 3, .streams = 2, .connections = 9});
  for (const char* line : {"\nwebcast_peers 4\n", "\nwebcast_sessions 3\n", "\nwebcast_streams 2\n",
                           "\nwebcast_connections 9\n"})
    EXPECT_THAT(text, HasSubstr(line));
}

TEST(Metrics, CountsMessagesBothWays) {
  Metrics metrics;
  metrics.received(ListRequest{}, {});
  metrics.received(ListRequest{}, {});
  metrics.sent(Welcome{"a"}, {});
  std::string text = metrics.text({});
  EXPECT_THAT(text, HasSubstr("webcast_messages_total{direction=\"in\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("webcast_messages_total{direction=\"out\"} 1\n"));
}

TEST(Metrics, AJoinLastsFromTheRequestToTheFirstAnswer) {
  Metrics metrics;
  Metrics::Time start{};
  metrics.sent(StartSession{"viewer", "S", "v=0"}, start);
  metrics.received(SessionSdp{"S", true, "v=0"}, start + milliseconds(10));
  metrics.received(SessionSdp{"S", false, "v=0"}, start + milliseconds(40));
  metrics.received(SessionSdp{"S", false, "v=0"}, start + seconds(5));
  metrics.received(SessionSdp{"other", false, "v=0"}, start + seconds(5));
  metrics.sent(StartSession{"viewer", "T", {}}, start);
  metrics.received(SessionSdp{"T", false, "v=0"}, start + seconds(60));
  std::string text = metrics.text({});
  EXPECT_THAT(text, HasSubstr("webcast_sessions_started_total 2\n"));
  EXPECT_THAT(text, HasSubstr("webcast_join_seconds_bucket{le=\"0.025\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("webcast_join_seconds_bucket{le=\"0.05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("webcast_join_seconds_bucket{le=\"30\"} 1\n")) << "cumulative";
  EXPECT_THAT(text, HasSubstr("webcast_join_seconds_bucket{le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("webcast_join_seconds_sum 60.04\n"));
  EXPECT_THAT(text, HasSubstr("webcast_join_seconds_count 2\n"));
}

TEST(Metrics, ASessionThatEndsUnansweredIsNoJoin) {
  Metrics metrics;
  metrics.sent(StartSession{"viewer", "S", {}}, {});
  metrics.sent(EndSession{"S"}, {});
  metrics.received(SessionSdp{"S", false, "v=0"}, {});
  EXPECT_THAT(metrics.text({}), HasSubstr("webcast_join_seconds_count 0\n"));
}

TEST(Metrics, ErrorsHaveTheirCause) {
  Metrics metrics;
  metrics.sent(ErrorMessage{"no"}, {});
  metrics.refused("token");
  metrics.refused("token");
  metrics.refused(metrics_cause({ErrorCode::limit, "x"}));
  std::string text = metrics.text({});
  EXPECT_THAT(text, HasSubstr("webcast_errors_total{cause=\"refused\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("webcast_errors_total{cause=\"token\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("webcast_errors_total{cause=\"limit\"} 1\n"));
}

TEST(Metrics, SessionsThatNobodyAnswersAreForgotten) {
  Metrics metrics;
  Metrics::Time now{};
  for (int i = 0; i < 100'000; i++)
    metrics.sent(StartSession{"v", "S" + std::to_string(i), {}}, now);
  now += seconds(61);
  metrics.sent(StartSession{"v", "late", {}}, now);
  metrics.received(SessionSdp{"S0", false, ""}, now);
  metrics.received(SessionSdp{"late", false, ""}, now);
  EXPECT_THAT(metrics.text({}), HasSubstr("webcast_join_seconds_count 1\n"));
}

}  // namespace
}  // namespace webcast
