// Sessions for which nothing is there to be sent, by a signaler in memory.
#include "plugins/broadcast/broadcast.hpp"

#include <gst/gst.h>
#include <gtest/gtest.h>

#include "tests/support/memory_signaler.hpp"

namespace webcast {
namespace {

using test::MemorySignaler;
using test::SignalerCall;

class BroadcastTest : public testing::Test {
 protected:
  void start(std::chrono::milliseconds begin_patience) {
    gst_init(nullptr, nullptr);
    SinkSettings settings;
    settings.signaler = retain(signaler_.object());
    settings.begin_patience = begin_patience;
    auto checked = check_settings(settings);
    ASSERT_TRUE(checked);
    BroadcastEvents events;
    events.settings = [settings] { return settings; };
    events.listening = [](const std::string&) {};
    events.signaling_state = [](const std::string&, const std::string&) {};
    events.authorize = [](const AskedFor&, const SessionRequest&) { return true; };
    events.viewer_added = [](const std::string&, const std::string&) {};
    events.viewer_connected = [](const std::string&, const ViewerConnected&) {};
    events.viewer_removed = [](const std::string&, const std::string&) {};
    events.warning = [](const Error&) {};
    events.info = [](const std::string&) {};
    broadcast_ = Broadcast::create(std::move(settings), *checked, std::move(events));
    ASSERT_TRUE(broadcast_->start());
  }
  void TearDown() override {
    if (broadcast_) broadcast_->stop(false);
  }
  // What the session is told at its end.
  std::string told(const char* session) {
    auto end = signaler_.wait_for(SignalerCall::What::end);
    EXPECT_TRUE(end);
    if (!end) return "";
    EXPECT_EQ(end->session, session);
    return end->text;
  }

  MemorySignaler signaler_;
  std::shared_ptr<Broadcast> broadcast_;
};

TEST_F(BroadcastTest, WhoWaitsForAClockInVainIsTold) {
  start(std::chrono::milliseconds(20));
  webcast_signaler_request_session(signaler_.object(), "S", "peer", nullptr);
  EXPECT_NE(told("S").find("did not begin in time"), std::string::npos);
}

TEST_F(BroadcastTest, WhoWaitsForInputInVainIsTold) {
  start(std::chrono::milliseconds(20));
  auto clock = adopt(gst_system_clock_obtain());
  broadcast_->set_clock(clock.get());
  webcast_signaler_request_session(signaler_.object(), "S", "peer", nullptr);
  EXPECT_NE(told("S").find("did not begin in time"), std::string::npos);
  webcast_signaler_request_session(signaler_.object(), "S", "peer", nullptr);
  EXPECT_NE(told("S").find("did not begin in time"), std::string::npos) << "its name is free";
}

TEST_F(BroadcastTest, WhoWaitsIsToldOfTheStopFirst) {
  start(std::chrono::hours(1));
  webcast_signaler_request_session(signaler_.object(), "S", "peer", nullptr);
  // In the order of posting: it waits by now.
  EXPECT_EQ(broadcast_->viewer_stats("nobody"), nullptr);
  std::exchange(broadcast_, nullptr)->stop(false);
  EXPECT_EQ(told("S").find("did not begin in time"), std::string::npos);
}

}  // namespace
}  // namespace webcast
