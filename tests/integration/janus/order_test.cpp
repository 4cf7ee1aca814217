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

TEST_F(JanusOrder, ASessionThatJanusLostIsMadeAnewOnANewConnection) {
  fail_at(kAttaches, 458);
  ASSERT_TRUE(source_.start());
  EXPECT_TRUE(source_.next("reconnecting")) << "no endless loop without a wait";
  EXPECT_TRUE(source_.next("connected"));
  EXPECT_EQ(janus_.times_asked(kCreates), 2u);
  EXPECT_EQ(janus_.times_asked(kOpened), 2u);
}

TEST_F(JanusOrder, ASessionThatJanusDoesNotMakeAnewIsAskedForAgain) {
  fail_at(kAttaches, 458);
  ASSERT_TRUE(source_.start());
  ASSERT_TRUE(source_.next("reconnecting"));
  fail_at(kAttaches, 458);
  EXPECT_TRUE(source_.next("reconnecting"));
  EXPECT_TRUE(source_.next("connected"));
  EXPECT_EQ(janus_.times_asked(kOpened), 3u);
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

TEST_F(JanusOrder, AServerThatClosesWithoutAWordIsToldOf) {
  janus_.at(kOpened, [this](const std::string&) {
    janus_.cut();
    return true;
  });
  janus_.at(kCreates, [](const std::string&) { return true; });  // it may be heard before the end
  ASSERT_TRUE(source_.start());
  auto warning = source_.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_NE(warning->text.find("ends the connection at once"), std::string::npos) << warning->text;
}

TEST_F(JanusOrder, ASinkWithoutAStreamIsConnectedAllTheSame) {
  ASSERT_TRUE(sink_.start(false));
  ASSERT_TRUE(sink_.next("connected"));
  janus_.cut();
  ASSERT_TRUE(sink_.next("reconnecting"));
  EXPECT_TRUE(sink_.next("connected"));
}

TEST_F(JanusOrder, WhoWasPutOutWhileTheConnectionWasAwayComesIn) {
  janus_.at("listparticipants", [this](const std::string& request) {
    janus_.say(room_event(R"({"videoroom":"participants","room":1234,"participants":[]})",
                          transaction_of(request)));
    return true;
  });
  ASSERT_TRUE(source_.start());
  ASSERT_TRUE(source_.next("connected"));
  janus_.cut();
  auto warning = source_.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_NE(warning->text.find("put us out of the room while the connection was away"),
            std::string::npos)
      << warning->text;
  EXPECT_TRUE(janus_.is_asked(kJoins, 2));
}

// To a session's handle; 3 is the first one's.
std::string offer(const std::string& transaction, unsigned handle = 3) {
  return room_event(R"({"videoroom":"attached","room":1234})", transaction, handle,
                    R"(,"jsep":{"type":"offer","sdp":"v=0 offer"})");
}

std::string trickle(const std::string& candidate, unsigned handle = 3) {
  return R"({"janus":"trickle","session_id":1,"sender":)" + std::to_string(handle) +
         R"(,"candidate":)" + candidate + "}";
}

TEST_F(JanusOrder, CandidatesInFrontOfTheOfferFollowIt) {
  tell_at(kJoins, kTold);
  janus_.at(kSubscribes, [this](const std::string& request) {
    janus_.say(trickle(R"({"candidate":"candidate:1","sdpMLineIndex":1})"));
    janus_.say(trickle(R"({"completed":true})"));
    janus_.say(offer(transaction_of(request)));
    return true;
  });
  ASSERT_TRUE(source_.start());
  auto requested = source_.next("requested");
  ASSERT_TRUE(requested);
  EXPECT_EQ(requested->text, "v=0 offer");
  for (const char* text : {"1 candidate:1", "0 "}) {
    auto candidate = source_.next("candidate");
    ASSERT_TRUE(candidate);
    EXPECT_EQ(candidate->text, text);
    EXPECT_EQ(candidate->session, requested->session);
  }
}

TEST_F(JanusOrder, APublisherWhoIsToldOfAgainIsNotTakenBackByALateReply) {
  for (unsigned code : {428u, 437u})
    janus_.at(kSubscribes, [this, code](const std::string& request) {
      janus_.say(kTold);
      janus_.say(room_event(
          R"({"videoroom":"event","error":"x","error_code":)" + std::to_string(code) + "}",
          transaction_of(request), 3));
      return true;
    });
  tell_at(kJoins, kTold);
  ASSERT_TRUE(source_.start());
  EXPECT_TRUE(janus_.is_asked(kSubscribes, 3));
}

TEST_F(JanusOrder, APublisherWithoutStreamsIsWaitedForWithoutAWarning) {
  tell_at(kJoins, kTold);
  janus_.at(kSubscribes, [this](const std::string& request) {
    janus_.say(room_event(R"({"videoroom":"event","error":"x","error_code":437})",
                          transaction_of(request), 3));
    janus_.say(kTold);
    return true;
  });
  ASSERT_TRUE(source_.start());
  ASSERT_TRUE(janus_.is_asked(kSubscribes, 2));
  ASSERT_TRUE(source_.next("connected"));
  EXPECT_TRUE(source_.quiet());
}

std::string told_with(const std::string& streams) {
  return room_event(R"({"videoroom":"event","publishers":[{"id":7,"display":"live","streams":[)" +
                    streams + "]}]}");
}

TEST_F(JanusOrder, APublisherWhoAddsAPictureIsTakenAnewWithIt) {
  const std::string audio = R"({"type":"audio","mindex":0})";
  const std::string both = audio + R"(,{"type":"video","mindex":1})";
  tell_at(kJoins, told_with(audio));
  janus_.at(kSubscribes, [this, audio, both](const std::string& request) {
    janus_.say(offer(transaction_of(request)));
    janus_.say(told_with(audio));
    janus_.say(told_with(both));
    return true;
  });
  janus_.at(kSubscribes, [this, both](const std::string& request) {
    janus_.say(offer(transaction_of(request), 4));
    janus_.say(told_with(both));
    janus_.say(trickle(R"({"completed":true})", 4));
    return true;
  });
  ASSERT_TRUE(source_.start());
  ASSERT_TRUE(source_.next("requested"));
  auto ended = source_.next("ended");
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->text, "The publisher changed its media.");
  auto anew = source_.next("requested");
  ASSERT_TRUE(anew);
  auto candidate = source_.next("candidate");
  ASSERT_TRUE(candidate) << "told twice alike is no change";
  EXPECT_EQ(candidate->session, anew->session);
  EXPECT_EQ(janus_.times_asked(kSubscribes), 2u);
}

}  // namespace
}  // namespace webcast::test
