#include "plugins/peer/negotiation.hpp"

#include <gtest/gtest.h>

namespace webcast::test {
namespace {

using namespace std::chrono_literals;
using Time = Negotiation::Time;
constexpr Time kStart{100s};

Negotiation connected() {
  Negotiation session;
  EXPECT_TRUE(session.start(kStart, true));
  EXPECT_TRUE(session.described());
  EXPECT_TRUE(session.connected(kStart + 50ms));
  return session;
}

TEST(Negotiation, AnswersAViewer) {
  Negotiation session = connected();
  EXPECT_STREQ(session.state_name(), "connected");
  EXPECT_EQ(session.setup_time(), 50ms);
}

TEST(Negotiation, OffersToAViewer) {
  Negotiation session;
  EXPECT_STREQ(session.state_name(), "new");
  EXPECT_EQ(session.setup_time(), std::nullopt);
  EXPECT_TRUE(session.start(kStart, false));
  EXPECT_STREQ(session.state_name(), "connecting");
  EXPECT_TRUE(session.described());
  EXPECT_TRUE(session.answer_arrived(kStart));
  EXPECT_TRUE(session.answer_applied());
  EXPECT_TRUE(session.connected(kStart + 1s));
}

TEST(Negotiation, RefusesWhatDoesNotFitItsState) {
  Negotiation session;
  EXPECT_FALSE(session.answer_arrived(kStart));
  EXPECT_FALSE(session.described());
  EXPECT_FALSE(session.connected(kStart));
  EXPECT_TRUE(session.start(kStart, false));
  EXPECT_FALSE(session.start(kStart, false));
  EXPECT_FALSE(session.answer_arrived(kStart));  // before the offer went out
  EXPECT_TRUE(session.described());
  EXPECT_FALSE(session.answer_applied());
  EXPECT_TRUE(session.answer_arrived(kStart));
  auto second = session.answer_arrived(kStart);
  ASSERT_FALSE(second);
  EXPECT_FALSE(second.error().sentence.empty());
  Negotiation answering;
  EXPECT_TRUE(answering.start(kStart, true));
  EXPECT_FALSE(answering.answer_arrived(kStart));  // an answer to the viewer's own offer
  session.close();
  EXPECT_FALSE(session.connected(kStart));
  EXPECT_FALSE(session.start(kStart, true));
}

TEST(Negotiation, KeepsRemoteCandidatesThatComeEarly) {
  Negotiation session;
  EXPECT_FALSE(session.add_remote_candidate("early"));
  EXPECT_TRUE(session.start(kStart, false));
  EXPECT_TRUE(session.described());
  EXPECT_FALSE(session.add_remote_candidate("before the answer"));
  EXPECT_TRUE(session.answer_arrived(kStart));
  EXPECT_TRUE(session.answer_applied());
  EXPECT_EQ(session.take_remote_candidates(),
            (std::vector<std::string>{"early", "before the answer"}));
  EXPECT_TRUE(session.add_remote_candidate("late"));
  EXPECT_FALSE(session.add_remote_candidate("early"));  // again
}

TEST(Negotiation, BoundsRemoteCandidates) {
  Negotiation session({.remote_candidates = 5});
  for (int i = 0; i < 100; ++i)
    session.add_remote_candidate(std::to_string(i));
  EXPECT_EQ(session.take_remote_candidates().size(), 5u);
  EXPECT_TRUE(session.start(kStart, true));
  EXPECT_TRUE(session.described());
  EXPECT_FALSE(session.add_remote_candidate("one more"));
}

TEST(Negotiation, SendsLocalCandidatesAfterTheDescriptionOnly) {
  Negotiation session;
  EXPECT_TRUE(session.start(kStart, true));
  EXPECT_FALSE(session.add_local_candidate("a"));
  EXPECT_FALSE(session.add_local_candidate("a"));
  EXPECT_EQ(session.take_local_candidates(), std::vector<std::string>{"a"});
  EXPECT_TRUE(session.described());
  EXPECT_FALSE(session.add_local_candidate("a"));
  EXPECT_TRUE(session.add_local_candidate("b"));
  session.close();
  EXPECT_FALSE(session.add_local_candidate("c"));
}

TEST(Negotiation, GivesUpWhenNothingComesOfIt) {
  Negotiation session;
  EXPECT_FALSE(session.expired(kStart + 1h));
  EXPECT_TRUE(session.start(kStart, false));
  EXPECT_TRUE(session.described());
  EXPECT_FALSE(session.expired(kStart + 19s));
  auto unanswered = session.expired(kStart + 20s);
  ASSERT_TRUE(unanswered);
  EXPECT_EQ(unanswered->code, ErrorCode::timeout);
  EXPECT_NE(unanswered->sentence.find("answer"), std::string::npos);
  EXPECT_TRUE(session.answer_arrived(kStart));
  EXPECT_TRUE(session.answer_applied());
  EXPECT_NE(session.expired(kStart + 20s)->sentence.find("TURN"), std::string::npos);
  session.close();
  EXPECT_FALSE(session.expired(kStart + 20s));
}

TEST(Negotiation, NoticesAViewerThatVanished) {
  Negotiation session = connected();
  Time now = kStart;
  for (int i = 0; i < 60; ++i, now += 500ms) {
    session.sent(now);
    session.heard(now);
    EXPECT_FALSE(session.expired(now));
  }
  Time last = now;
  for (; now < last + 9s; now += 500ms) {
    session.sent(now);
    EXPECT_FALSE(session.expired(now)) << (now - last).count();
  }
  now = last + 10s;
  session.sent(now);
  EXPECT_TRUE(session.expired(now));
}

TEST(Negotiation, IsPatientWhileNothingIsSent) {
  Negotiation session = connected();
  Time now = kStart;
  for (int i = 0; i < 100; ++i) {
    session.heard(now += 20s);
    EXPECT_FALSE(session.expired(now + 20s));
  }
  // After a pause the viewer has the whole time again.
  session.sent(now += 20s);
  EXPECT_FALSE(session.expired(now));
  session.heard(now);
  for (int i = 0; i < 19; ++i)
    session.sent(now += 500ms);
  EXPECT_FALSE(session.expired(now));
  session.sent(now += 500ms);
  EXPECT_TRUE(session.expired(now));
}

TEST(Negotiation, NoticesAViewerThatVanishedWhileNothingWasSent) {
  Negotiation session = connected();
  session.sent(kStart);
  session.heard(kStart + 3s);
  EXPECT_FALSE(session.expired(kStart + 27s));
  auto gone = session.expired(kStart + 28s);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->code, ErrorCode::timeout);
  EXPECT_NE(gone->sentence.find("25 s"), std::string::npos) << gone->sentence;
}

TEST(Negotiation, AnOfferThatIsCarriedByHandWaitsForAnHour) {
  Negotiation session({.hand_over = 1h});
  ASSERT_TRUE(session.start(kStart, false));
  EXPECT_TRUE(session.expired(kStart + 20s)) << "making it takes no hand";
  ASSERT_TRUE(session.described());
  EXPECT_FALSE(session.expired(kStart + 1h - 1ms));
  EXPECT_TRUE(session.expired(kStart + 1h));
  // From the answer on it is the network's time.
  const Time answered = kStart + 59min;
  ASSERT_TRUE(session.answer_arrived(answered));
  ASSERT_TRUE(session.answer_applied());
  EXPECT_FALSE(session.expired(answered + 20s - 1ms));
  EXPECT_TRUE(session.expired(answered + 20s));
  ASSERT_TRUE(session.connected(answered + 1s));
  EXPECT_FALSE(session.expired(answered + 2s));
}

TEST(Negotiation, AnAnswerThatIsCarriedByHandWaitsForAnHour) {
  Negotiation session({.hand_over = 1h});
  ASSERT_TRUE(session.start(kStart, true));
  EXPECT_TRUE(session.expired(kStart + 20s));
  ASSERT_TRUE(session.described());
  EXPECT_FALSE(session.expired(kStart + 1h - 1ms));
  EXPECT_TRUE(session.expired(kStart + 1h));
}

}  // namespace
}  // namespace webcast::test
