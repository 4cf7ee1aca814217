#include "plugins/signalers/gathering.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace webcast {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr const char* kOffer = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n";
constexpr const char* kCandidate = "candidate:1 1 UDP 1 192.0.2.7 5000 typ srflx";

class GatheringTest : public testing::Test {
 protected:
  ~GatheringTest() override {
    control.call([this] { gathering.reset(); });
  }
  void on_control(const std::function<void()>& function) { control.call(function); }
  std::string wait() { return done.get_future().get(); }  // Meson's timeout is its watchdog

  ControlThread control{"test"};
  std::promise<std::string> done;
  std::unique_ptr<Gathering> gathering =
      std::make_unique<Gathering>(control, [this](const std::string& sdp) { done.set_value(sdp); });
};

TEST_F(GatheringTest, WithoutServersIsOverAtOnce) {
  on_control([this] {
    gathering->describe(kOffer, {});
    EXPECT_FALSE(gathering->add(kCandidate));
  });
  EXPECT_EQ(wait(), kOffer);
}

TEST_F(GatheringTest, PutsWhatCameIntoTheDescription) {
  on_control([this] {
    EXPECT_TRUE(gathering->add(kCandidate));  // before it, too
    gathering->describe(kOffer, {.quiet = 50ms, .longest = 20s});
    EXPECT_TRUE(gathering->add("candidate:2 1 UDP 1 192.0.2.8 5000 typ relay"));
    EXPECT_EQ(gathering->description(), kOffer);
  });
  std::string whole = wait();
  EXPECT_THAT(whole, HasSubstr(std::string("a=") + kCandidate + "\r\n"));
  EXPECT_THAT(whole, HasSubstr("a=candidate:2 "));
}

TEST_F(GatheringTest, EndsThoughCandidatesGoOn) {
  Timer more;
  on_control([&] {
    gathering->describe(kOffer, {.quiet = 1h, .longest = 100ms});
    gathering->add(kCandidate);  // however late the timer is
    more = control.every(5ms, [this] { gathering->add(kCandidate); });
  });
  EXPECT_THAT(wait(), HasSubstr(kCandidate));
  on_control([&] { more.cancel(); });
}

TEST_F(GatheringTest, ThatGoesSaysNothing) {
  auto other = std::make_unique<Gathering>(
      control, [](const std::string&) { ADD_FAILURE() << "it was gone"; });
  on_control([&] {
    other->describe(kOffer, {.quiet = 10ms, .longest = 10s});
    other.reset();
    gathering->describe(kOffer, {.quiet = 50ms, .longest = 10s});
  });
  wait();
}

TEST_F(GatheringTest, MayBeEndedByWhatItCalls) {
  auto other = std::make_shared<std::unique_ptr<Gathering>>();
  on_control([&] {
    *other = std::make_unique<Gathering>(control, [this, other](const std::string& sdp) {
      other->reset();
      gathering->describe(sdp, {});
    });
    (*other)->describe(kOffer, {.quiet = 1ms, .longest = 10s});
  });
  EXPECT_EQ(wait(), kOffer);
}

}  // namespace
}  // namespace webcast
