// What sources and sinks make of the orders in which Janus tells of publishers, loses sessions and
// answers.
#include <gtest/gtest.h>

#include "tests/integration/janus/fake_janus.hpp"
#include "tests/integration/server/signaler_under_test.hpp"

namespace webcast::test {
namespace {

const std::string kTold =
    room_event(R"({"videoroom":"event","publishers":[{"id":7,"display":"live"}]})");
const std::string kSubscribes = R"("ptype":"subscriber","room":1234,"streams":[{"feed":7}])";
const std::string kJoins = R"("ptype":"publisher")";
const std::string kLists = R"("request":"list")";
const std::string kCreates = R"("janus":"create")";
const std::string kAttaches = R"("janus":"attach")";

class JanusOrder : public testing::Test {
 protected:
  // In front of the reply to the next request with that part.
  void tell_at(const std::string& part, const std::string& text) {
    janus_.at(part, [this, text](const std::string&) {
      janus_.say(text);
      return false;
    });
  }
  void fail_at(const std::string& part, unsigned code) {
    janus_.at(part, [this, code](const std::string& request) {
      janus_.say(janus_error(code, transaction_of(request)));
      return true;
    });
  }

  ControlThread control_{"control"};
  FakeJanus janus_;
  Sink source_{control_, janus_.location(), "live", {}, SignalerRole::consumer};
  Sink sink_{control_, janus_.location(), "live"};
};

TEST_F(JanusOrder, APublisherWhoBeginsWhileWeEnterIsTaken) {
  tell_at(kJoins, kTold);
  ASSERT_TRUE(source_.start());
  EXPECT_TRUE(janus_.is_asked(kSubscribes));
}

TEST_F(JanusOrder, APublisherWhoBeginsWhileWeComeBackIsTaken) {
  tell_at("listparticipants", kTold);
  ASSERT_TRUE(source_.start());
  ASSERT_TRUE(source_.next("connected"));
  janus_.cut();
  EXPECT_TRUE(janus_.is_asked(kSubscribes));
}

TEST_F(JanusOrder, ASessionThatJanusLostIsMadeAnewOnTheSameConnection) {
  fail_at(kAttaches, 458);
  ASSERT_TRUE(source_.start());
  EXPECT_TRUE(janus_.is_asked(kCreates, 2));
  EXPECT_TRUE(source_.next("connected"));
  EXPECT_EQ(janus_.times_asked(kOpened), 1u);
}

TEST_F(JanusOrder, ASecondSessionThatJanusLosesCostsTheConnection) {
  fail_at(kAttaches, 458);
  fail_at(kAttaches, 458);
  ASSERT_TRUE(source_.start());
  EXPECT_TRUE(source_.next("reconnecting")) << "no endless loop without a wait";
  EXPECT_TRUE(source_.next("connected"));
  EXPECT_EQ(janus_.times_asked(kCreates), 3u);
  EXPECT_EQ(janus_.times_asked(kOpened), 2u);
}

TEST_F(JanusOrder, ARoomsCodecsAreAskedForAgainAfterALostReply) {
  janus_.at(kLists, [this](const std::string&) {
    janus_.cut();
    return true;
  });
  ASSERT_TRUE(sink_.start());
  auto requested = sink_.next("requested");
  ASSERT_TRUE(requested);
  EXPECT_EQ(janus_.times_asked(kLists), 1u) << "a list that broke the connection may do so again";
  sink_.run([&](Signaler& signaler) { signaler.end_session(requested->session, "x"); });
  EXPECT_TRUE(janus_.is_asked(kLists, 2));
}

TEST_F(JanusOrder, AStreamThatEndedWhileTheRoomsCodecsWereAskedForAsksAgain) {
  janus_.at(kLists, [](const std::string&) { return true; });
  ASSERT_TRUE(sink_.start());
  ASSERT_TRUE(janus_.is_asked(kLists));
  sink_.set_live(false);
  sink_.set_live(true);
  EXPECT_TRUE(janus_.is_asked(kLists, 2));
  EXPECT_TRUE(sink_.next("requested"));
}

TEST_F(JanusOrder, ASinkWithoutAStreamIsConnectedAllTheSame) {
  ASSERT_TRUE(sink_.start(false));
  ASSERT_TRUE(sink_.next("connected"));
  janus_.cut();
  ASSERT_TRUE(sink_.next("reconnecting"));
  EXPECT_TRUE(sink_.next("connected"));
}

}  // namespace
}  // namespace webcast::test
