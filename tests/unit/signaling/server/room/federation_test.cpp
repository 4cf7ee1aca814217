// Each rule of docs/protocol.md, "Between relays".
#include "tests/unit/signaling/server/room/federation_fixture.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kLive = R"({"name":"live"})";

TEST_F(FederationTest, EachKnowsTheOthers) {
  for (Relay* relay : all)
    EXPECT_EQ(relay->federation.relays(), 2u) << relay->name;
}

TEST_F(FederationTest, ListenersHearOfProducersAtOtherRelays) {
  std::string listener = join_as(b, kListener);
  heard_at(b);
  std::string producer = join_as(a, kProducer, kLive);
  EXPECT_THAT(heard_at(b),
              ElementsAre(Outgoing{listener, PeerStatusChanged{producer, kProducer, kLive}}));
  say(b, listener, ListRequest{});
  EXPECT_THAT(heard_at(b), ElementsAre(Outgoing{listener, List{{{producer, kLive}}}}));
  EXPECT_EQ(b.room.published().count("live"), 1u);
  EXPECT_EQ(b.room.peers(), 1u) << "those here";

  deliver(a, a.room.disconnect(producer, Departure::leaves, now));
  settle();
  EXPECT_THAT(heard_at(b), ElementsAre(Outgoing{listener, PeerStatusChanged{producer, {}}}));
  EXPECT_TRUE(b.room.published().empty());
  EXPECT_FALSE(b.room.has(producer));
}

TEST_F(FederationTest, AMetaShorterThanNoneHidesNobody) {
  std::string first = join_as(a, kProducer, "1"), second = join_as(a, kProducer, "2");
  std::string third = join_as(a, kProducer), viewer = join(b);
  say(b, viewer, ListRequest{});
  EXPECT_THAT(heard_at(b),
              ElementsAre(Outgoing{viewer, List{{{first, "1"}, {second, "2"}, {third, "null"}}}}));
  for (const std::string& peer : {first, second, third})
    say(a, peer, SetPeerStatus{});
  say(a, third, SetPeerStatus{kProducer, kLive});
  EXPECT_TRUE(b.room.published().contains("live"));
}

TEST_F(FederationTest, WhoComesLaterIsToldAll) {
  std::string producer = join_as(a, kProducer, kLive);
  take(b, b.federation.down(now));
  EXPECT_TRUE(b.room.published().empty());
  take(b, b.federation.up(now));
  settle();
  EXPECT_EQ(b.room.published().count("live"), 1u);
}

TEST_F(FederationTest, ASessionThatIsNotTakenUpEndsAtBothRelays) {
  std::string producer = join_as(a, kProducer, kLive), viewer = join(b), other = join(b);
  std::string silent = start(b, viewer, producer), taken = start(b, other, producer);
  say(a, producer, SessionSdp{taken, false, "v=0 answer"});
  heard_at(a);
  pass(seconds(61));
  EXPECT_THAT(heard_at(a), ElementsAre(Outgoing{producer, EndSession{silent}}));
  EXPECT_THAT(heard_at(b), Contains(Outgoing{viewer, EndSession{silent}}));
  EXPECT_EQ(a.room.sessions(), 1u);
  EXPECT_EQ(b.room.sessions(), 1u);
}

TEST_F(FederationTest, ASessionGoesFromOneRelayToTheOther) {
  std::string producer = join_as(a, kProducer, kLive), viewer = join(b);
  std::string session = start(b, viewer, producer);
  EXPECT_THAT(heard_at(a), Contains(Outgoing{producer, StartSession{viewer, session, "v=0"}}));
  heard_at(b);
  say(a, producer, SessionSdp{session, false, "v=0 answer"});
  EXPECT_THAT(heard_at(b), ElementsAre(Outgoing{viewer, SessionSdp{session, false, "v=0 answer"}}));
  say(b, viewer, SessionIce{session, 0, "candidate"});
  EXPECT_THAT(heard_at(a), ElementsAre(Outgoing{producer, SessionIce{session, 0, "candidate"}}));
  EXPECT_EQ(a.room.published()["live"].viewers, 1u);
  pass(kFederationTick);
  EXPECT_EQ(b.room.published()["live"].viewers, 1u);
  EXPECT_EQ(c.room.published()["live"].viewers, 1u) << "as its own relay tells";

  say(b, viewer, EndSession{session});
  EXPECT_THAT(heard_at(a), ElementsAre(Outgoing{producer, EndSession{session}}));
  EXPECT_EQ(a.room.sessions() + b.room.sessions(), 0u);
  EXPECT_FALSE(a.room.has(viewer)) << "known for its sessions alone";
}

TEST_F(FederationTest, TheReasonOfAnEndGoesAlong) {
  std::string producer = join_as(a, kProducer, kLive), viewer = join(b);
  say(b, viewer, SetProtocolVersion{"v1_1"});
  std::string session = start(b, viewer, producer);
  heard_at(b);
  say(a, producer, EndSessionV1_1{session, "The stream is full"});
  EXPECT_THAT(heard_at(b),
              ElementsAre(Outgoing{viewer, EndSessionV1_1{session, "The stream is full"}}));
}

TEST_F(FederationTest, WhoTakesWhatIsBroughtIsFoundToo) {
  std::string taker = join_as(a, kConsumer, kLive), publisher = join(b);
  heard_at(a);
  say(b, publisher, ListConsumersRequest{});
  EXPECT_THAT(heard_at(b), Contains(Outgoing{publisher, ListConsumers{{{taker, kLive}}}}));
  say(b, publisher, StartSessionRequest{taker});
  Outbox told = heard_at(b);
  ASSERT_THAT(told, SizeIs(1));
  auto* start = std::get_if<StartSession>(&told[0].message);
  ASSERT_TRUE(start);
  EXPECT_THAT(heard_at(a), ElementsAre(Outgoing{taker, SessionStarted{publisher, start->session}}));
  say(b, publisher, SessionSdp{start->session, true, "v=0"});
  EXPECT_THAT(heard_at(a), ElementsAre(Outgoing{taker, SessionSdp{start->session, true, "v=0"}}));
}

TEST_F(FederationTest, ANameIsHadOnceInAllRelays) {
  join_as(a, kProducer, kLive);
  std::string second = join_as(b, kProducer, kLive);
  EXPECT_FALSE(b.room.is_producer(second));
  EXPECT_TRUE(std::holds_alternative<ErrorMessage>(heard_at(b).back().message));

  join_as(a, kConsumer, kLive);
  std::string taker = join_as(b, kConsumer, kLive);
  Outbox told = heard_at(b);
  auto* error = std::get_if<ErrorMessage>(&told.back().message);
  ASSERT_TRUE(error);
  EXPECT_THAT(error->details, HasSubstr(kNotTaker));
}

TEST_F(FederationTest, RightsCountAtOtherRelaysToo) {
  std::string producer = join_as(a, kProducer, kLive);
  std::string other = join(b, PeerKind::client, {.only_stream = "other"});
  heard_at(a);
  say(b, other, StartSessionRequest{producer});
  say(b, other, ListRequest{});
  EXPECT_THAT(heard_at(b), ElementsAre(testing::_, Outgoing{other, List{}}));
  EXPECT_THAT(heard_at(a), IsEmpty());
}

TEST_F(FederationTest, OfTwoThatTookOneNameUnseenTheOlderOneKeepsIt) {
  redis_goes();
  std::string older = join_as(b, kProducer, kLive);
  now += milliseconds(1);
  std::string younger = join_as(a, kProducer, kLive), viewer = join_as(a, kListener);
  std::string session = start(a, viewer, younger);
  ASSERT_TRUE(a.room.is_producer(younger));
  heard_at(a);
  redis_is_back();
  EXPECT_TRUE(b.room.is_producer(older));
  EXPECT_FALSE(a.room.is_producer(younger));
  Outbox told = heard_at(a);
  EXPECT_THAT(told, Contains(Outgoing{viewer, EndSession{session}}));
  EXPECT_THAT(told, Contains(Outgoing{viewer, PeerStatusChanged{older, kProducer, kLive}}));
  EXPECT_EQ(std::count_if(told.begin(), told.end(),
                          [&](const Outgoing& outgoing) {
                            return outgoing.peer == younger &&
                                   std::holds_alternative<ErrorMessage>(outgoing.message);
                          }),
            1);
  for (Relay* relay : all)
    EXPECT_EQ(relay->room.published().size(), 1u) << relay->name;
}

TEST_F(FederationTest, OfTwoThatAreEquallyOldOneKeepsIt) {
  redis_goes();
  std::string one = join_as(a, kProducer, kLive), other = join_as(b, kProducer, kLive);
  redis_is_back();
  EXPECT_NE(a.room.is_producer(one), b.room.is_producer(other));
  pass(seconds(3));
  EXPECT_NE(a.room.is_producer(one), b.room.is_producer(other));
}

TEST_F(FederationTest, WhatPlaysGoesOnWhileRedisIsAway) {
  std::string producer = join_as(a, kProducer, kLive), viewer = join_as(b, kListener);
  std::string session = start(b, viewer, producer);
  say(a, producer, SessionSdp{session, false, "v=0 answer"});
  heard_at(a);
  heard_at(b);
  redis_goes();
  EXPECT_THAT(heard_at(b), ElementsAre(Outgoing{viewer, PeerStatusChanged{producer, {}}}))
      << "it cannot be had now";
  say(a, producer, SessionIce{session, 0, "late"});
  EXPECT_THAT(heard_at(b), IsEmpty());
  pass(seconds(20));
  EXPECT_THAT(heard_at(a), IsEmpty());
  redis_is_back();
  EXPECT_THAT(heard_at(b), UnorderedElementsAre(
                               Outgoing{viewer, SessionIce{session, 0, "late"}},
                               Outgoing{viewer, PeerStatusChanged{producer, kProducer, kLive}}));
  pass(seconds(60));
  EXPECT_EQ(a.room.sessions(), 1u);
  EXPECT_EQ(b.room.sessions(), 1u);
  say(b, viewer, EndSession{session});
  EXPECT_THAT(heard_at(a), Contains(Outgoing{producer, EndSession{session}}));
}

TEST_F(FederationTest, WhoLeavesWhileRedisIsAwayIsKnownToHaveLeftAfterwards) {
  std::string producer = join_as(a, kProducer, kLive), viewer = join(b), listener = join_as(b, kListener);
  std::string session = start(b, viewer, producer);
  redis_goes();
  deliver(b, b.room.disconnect(viewer, Departure::leaves, now));
  heard_at(a);
  redis_is_back();
  EXPECT_THAT(heard_at(a), ElementsAre(Outgoing{producer, EndSession{session}}));
  EXPECT_EQ(a.room.sessions(), 0u);
  redis_goes();
  deliver(a, a.room.disconnect(producer, Departure::leaves, now));
  redis_is_back();
  EXPECT_TRUE(b.room.published().empty());
}

// Nobody who sees by itself whether media flows is told that signaling ended.
TEST_F(FederationTest, ARelayThatDiesEndsItsSessionsAfterTheGraceOnly) {
  std::string remote = join_as(a, kProducer, kLive);
  std::string resuming = join_as(a, kProducer, R"({"name":"two"})", PeerKind::resuming);
  std::string viewer = join(b), second = join(b), listener = join_as(a, kListener);
  std::string session = start(b, viewer, remote);
  start(b, second, resuming);
  std::string there = join_as(b, kProducer, R"({"name":"three"})");
  heard_at(a);
  b.alive = false;
  pass(kRelaySilence + kFederationTick);
  EXPECT_EQ(a.federation.relays(), 1u);
  EXPECT_THAT(heard_at(a), ElementsAre(Outgoing{listener, PeerStatusChanged{there, {}}}));
  pass(seconds(20));
  EXPECT_THAT(heard_at(a), IsEmpty());
  pass(seconds(15));
  EXPECT_THAT(heard_at(a), ElementsAre(Outgoing{remote, EndSession{session}}));
  EXPECT_EQ(a.room.sessions(), 0u);
  EXPECT_FALSE(a.room.has(viewer));
}

TEST_F(FederationTest, WhatADeadRelayDidNotHearTellsThatItIsDead) {
  std::string producer = join_as(a, kProducer, kLive), viewer = join(b);
  std::string session = start(b, viewer, producer);
  a.alive = false;
  say(b, viewer, SessionIce{session, 0, "c"});
  EXPECT_EQ(b.federation.relays(), 1u);
  EXPECT_TRUE(b.room.published().empty());
  // It was not dead: it only did not listen for a moment.
  a.alive = true;
  heard_at(a);
  pass(kFederationTick);
  EXPECT_EQ(b.federation.relays(), 2u);
  EXPECT_THAT(heard_at(a), ElementsAre(Outgoing{producer, SessionIce{session, 0, "c"}}));
  EXPECT_EQ(b.room.published().count("live"), 1u);
}

TEST_F(FederationTest, ALostRemoteViewerIsToldOfAfterTheGraceOnly) {
  std::string remote = join_as(a, kProducer, kLive);
  std::string browser = join_as(a, kProducer, R"({"name":"two"})", PeerKind::browser);
  std::string viewer = join(b);
  std::string session = start(b, viewer, remote);
  start(b, viewer, browser);
  heard_at(a);
  deliver(b, b.room.disconnect(viewer, Departure::lost, now));
  pass(seconds(29));
  EXPECT_THAT(heard_at(a), IsEmpty());
  pass(seconds(2));
  EXPECT_THAT(heard_at(a), ElementsAre(Outgoing{remote, EndSession{session}}));
  EXPECT_EQ(a.room.sessions(), 0u);
}

TEST_F(FederationTest, ARelayThatSaysGoodbyeIsGoneAtOnce) {
  std::string listener = join_as(b, kListener), producer = join_as(a, kProducer, kLive);
  heard_at(b);
  say(a.federation.goodbye());
  settle();
  EXPECT_THAT(heard_at(b), ElementsAre(Outgoing{listener, PeerStatusChanged{producer, {}}}));
}

TEST_F(FederationTest, ALinkOverWhichOwnWordsDoNotComeBackIsDeaf) {
  bus_works = false;
  now += kRelaySilence;
  EXPECT_FALSE(a.federation.tick(now).deaf);
  now += seconds(1);
  EXPECT_TRUE(a.federation.tick(now).deaf);
}

TEST_F(FederationTest, NobodySpeaksForAPeerOfAnotherRelay) {
  std::string producer = join_as(a, kProducer, kLive), viewer = join(b);
  std::string session = start(b, viewer, producer);
  heard_at(a);
  heard_at(b);
  auto claim = [&](auto what) { take(a, a.federation.heard({"c", std::move(what)}, now)); };
  claim(RelayPeers{{{viewer, kProducer, R"({"name":"mine"})", 0}}});
  claim(RelayPeers{{{producer, {}, "null", 0}}});
  claim(RelayForward{producer, EndSessionV1_1{session, {}}});
  claim(RelayForward{producer, SessionIce{session, 0, "c"}});
  claim(RelayForward{producer, StartSession{viewer, "new", {}}});
  claim(RelayForward{producer, StartSession{"c9", session, {}}});
  claim(RelayForward{producer, Welcome{"x"}});
  claim(RelayForward{"nobody", StartSession{"c9", "newer", {}}});
  settle();
  EXPECT_THAT(heard_at(a), IsEmpty());
  EXPECT_EQ(a.room.sessions(), 1u);
  EXPECT_TRUE(a.room.is_producer(producer));
  EXPECT_EQ(a.room.published().size(), 1u);
}

TEST_F(FederationTest, ALongListComesInPieces) {
  std::string padding(7000, 'x');
  for (int i = 0; i < 40; i++)
    join_as(a, kProducer, R"({"name":"s)" + std::to_string(i) + R"(","pad":")" + padding + "\"}");
  while (auto due = a.room.next_news()) {
    now = std::max(now, *due);
    deliver(a, a.room.tell_news(now));
    settle();
  }
  FederationStep step = a.federation.up(now);
  EXPECT_GT(step.words.size(), 5u);
  for (const RelayWords& words : step.words)
    EXPECT_LE(encode_relay(words.message).size(), kMaxRelayMessageBytes);
  EXPECT_EQ(b.room.published().size(), 40u);
}

}  // namespace
}  // namespace webcast::test
