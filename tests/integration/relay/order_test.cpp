// What the signaler for ws:// makes of a relay that tells odd things, or nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/fake_websocket.hpp"
#include "tests/integration/server/signaler_under_test.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;

class RelayOrder : public testing::Test {
 protected:
  ControlThread control_{"test-control"};
};

// As GStreamer's relay has it, where a name may be that of many.
TEST_F(RelayOrder, AConsumerAsksTheOtherOneOfThatNameWhenTheYoungerGoes) {
  const std::string old = R"({"id":"old","meta":{"name":"live"}})";
  FakeWebsocket relay(nullptr, [old](const std::string& request) -> std::string {
    if (request == kOpened) return R"({"type":"welcome","peerId":"us"})";
    if (request.find(R"("type":"list")") != std::string::npos)
      return R"({"type":"list","producers":[)" + old + "]}";
    return "";
  });
  auto status = [](const char* roles) {
    return R"({"type":"peerStatusChanged","peerId":"young","roles":[)" + std::string(roles) +
           R"(],"meta":{"name":"live"}})";
  };
  relay.at(R"("peerId":"old")", [&, status](const std::string&) {
    relay.say(status(R"("producer")"));
    return true;
  });
  relay.at(R"("peerId":"young")", [&, status](const std::string&) {
    relay.say(status(""));
    return true;
  });
  Sink source(control_, "ws://" + relay.address(), "live", {}, SignalerRole::consumer);
  ASSERT_TRUE(source.start());
  EXPECT_TRUE(relay.is_asked(R"("type":"startSession","peerId":"old")", 2));
}

TEST_F(RelayOrder, OfTwoOfThatNameInTheListOneIsAsked) {
  FakeWebsocket relay(nullptr, [](const std::string& request) -> std::string {
    if (request == kOpened) return R"({"type":"welcome","peerId":"us"})";
    if (request.find(R"("type":"list")") != std::string::npos)
      return R"({"type":"list","producers":[{"id":"one","meta":{"name":"live"}},)"
             R"({"id":"two","meta":{"name":"live"}}]})";
    if (request.find("startSession") != std::string::npos)
      return R"({"type":"sessionStarted","peerId":"one","sessionId":"S"})";
    return "";
  });
  Sink source(control_, "ws://" + relay.address(), "live", {}, SignalerRole::consumer);
  ASSERT_TRUE(source.start());
  auto requested = source.next("requested");
  ASSERT_TRUE(requested);
  source.run([&](Signaler& signaler) { signaler.end_session("S", std::nullopt); });
  ASSERT_TRUE(relay.is_asked("endSession"));
  EXPECT_EQ(relay.times_asked(R"("peerId":"two")"), 0u);
}

TEST_F(RelayOrder, ARelayThatClosesWithoutAWordIsToldOf) {
  FakeWebsocket relay(nullptr, [](const std::string&) { return ""; });
  relay.at(kOpened, [&](const std::string&) {
    relay.cut();
    return true;
  });
  Sink sink(control_, "ws://" + relay.address(), "live");
  ASSERT_TRUE(sink.start());
  auto warning = sink.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->text, HasSubstr("ends the connection at once"));
}

}  // namespace
}  // namespace webcast::test
