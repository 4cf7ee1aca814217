// Each rule of docs/protocol.md by its number.
#include "tests/unit/signaling/server/room/room_fixture.hpp"

namespace webcast::test {
namespace {

// Rule 1
TEST_F(RoomTest, Rule1ConnectSendsWelcomeOnly) {
  Outbox out;
  join_as(kListener);
  std::string id = room_.connect(PeerKind::client, out);
  EXPECT_THAT(out, ElementsAre(Outgoing{id, Welcome{id}}));
}

// Rule 2
TEST_F(RoomTest, Rule2StatusGoesToEveryListener) {
  std::string first = join_as(kListener), second = join_as(kListener), other = join();
  std::string producer = join();
  EXPECT_THAT(say(producer, SetPeerStatus{kProducer, R"({"name":"live"})"}),
              UnorderedElementsAre(
                  Outgoing{first, PeerStatusChanged{producer, kProducer, R"({"name":"live"})"}},
                  Outgoing{second, PeerStatusChanged{producer, kProducer, R"({"name":"live"})"}}));
}

TEST_F(RoomTest, Rule2TheSenderIsToldToo) {
  std::string id = join();
  EXPECT_THAT(say(id, SetPeerStatus{kListener}),
              ElementsAre(Outgoing{id, PeerStatusChanged{id, kListener}}));
}

TEST_F(RoomTest, Rule2AnIdenticalStatusIsANoOp) {
  std::string id = join_as(kListener);
  EXPECT_THAT(say(id, SetPeerStatus{kListener}), IsEmpty());
  EXPECT_THAT(say(id, SetPeerStatus{kListener, "1"}), Not(IsEmpty())) << "other meta";
}

TEST_F(RoomTest, Rule2ProducerWithConsumerIsAnError) {
  std::string id = join();
  EXPECT_TRUE(is_error(say(id, SetPeerStatus{{.producer = true, .consumer = true}}), id));
}

TEST_F(RoomTest, Rule2APeerSetsItsOwnStatusOnly) {
  std::string id = join(), other = join();
  EXPECT_TRUE(is_error(say(id, SetPeerStatus{kListener, "null", other}), id));
  EXPECT_FALSE(is_error(say(id, SetPeerStatus{kListener, "null", id}), id));
}

TEST_F(RoomTest, Rule2DroppingARoleEndsItsSessions) {
  std::string producer = join_as(kProducer), viewer = join();
  std::string session = start(viewer, producer);
  EXPECT_THAT(say(producer, SetPeerStatus{{}}), ElementsAre(Outgoing{viewer, EndSession{session}}));
  EXPECT_EQ(room_.sessions(), 0u);

  std::string consumer = join_as(kConsumer);
  say(producer, SetPeerStatus{kProducer});
  session = start(producer, consumer);
  EXPECT_THAT(say(consumer, SetPeerStatus{kListener}),
              Contains(Outgoing{producer, EndSession{session}}));
}

TEST_F(RoomTest, Rule2ADroppedRoleIsToldToALocalProducerBehindItsStartSession) {
  std::string producer = join_as(kProducer, PeerKind::local, true), viewer = join();
  std::string session = start(viewer, producer);
  EXPECT_THAT(say(producer, SetPeerStatus{{}}),
              UnorderedElementsAre(Outgoing{viewer, EndSession{session}},
                                   Outgoing{producer, EndSessionV1_1{session, {}}}));
}

TEST_F(RoomTest, Rule2OtherChangesKeepSessions) {
  std::string producer = join_as(kProducer), viewer = join();
  start(viewer, producer);
  say(viewer, SetPeerStatus{kListener});
  say(viewer, SetPeerStatus{{}});
  say(producer, SetPeerStatus{{.producer = true, .listener = true}, "7"});
  EXPECT_EQ(room_.sessions(), 1u);
}

TEST_F(RoomTest, ProducersFromTheNetworkAreRefusedWhereNotWanted) {
  Room listener([this] { return "id" + std::to_string(next_id_++); });
  Outbox out;
  std::string local = listener.connect(PeerKind::local, out);
  std::string remote = listener.connect(PeerKind::client, out);
  EXPECT_TRUE(is_error(listener.receive(remote, SetPeerStatus{kProducer}, now_), remote));
  listener.receive(local, SetPeerStatus{kProducer}, now_);
  EXPECT_THAT(listener.receive(remote, ListRequest{}, now_),
              ElementsAre(Outgoing{remote, List{{{local, "null"}}}}));
}

TEST_F(RoomTest, ListsNameProducersAndConsumers) {
  std::string producer = join(), consumer = join_as(kConsumer), asker = join();
  say(producer, SetPeerStatus{kProducer, R"({"name":"live"})"});
  EXPECT_THAT(say(asker, ListRequest{}),
              ElementsAre(Outgoing{asker, List{{{producer, R"({"name":"live"})"}}}}));
  EXPECT_THAT(say(asker, ListConsumersRequest{}),
              ElementsAre(Outgoing{asker, ListConsumers{{{consumer, "null"}}}}));
}

// Rule 3
TEST_F(RoomTest, Rule3AProducerAsTargetMakesTheRequesterTheConsumer) {
  std::string producer = join_as(kProducer), viewer = join();
  Outbox out = say(viewer, StartSessionRequest{producer, "v=0"});
  ASSERT_EQ(out.size(), 2u);
  std::string session = std::get<SessionStarted>(out[0].message).session;
  EXPECT_EQ(out[0], (Outgoing{viewer, SessionStarted{producer, session}})) << "consumer first";
  EXPECT_EQ(out[1], (Outgoing{producer, StartSession{viewer, session, "v=0"}}));
}

TEST_F(RoomTest, Rule3AConsumerAsTargetMakesTheRequesterTheProducer) {
  std::string consumer = join_as(kConsumer), producer = join_as(kProducer);
  Outbox out = say(producer, StartSessionRequest{consumer});
  ASSERT_EQ(out.size(), 2u);
  std::string session = std::get<SessionStarted>(out[0].message).session;
  EXPECT_EQ(out[0], (Outgoing{consumer, SessionStarted{producer, session}}));
  EXPECT_EQ(out[1], (Outgoing{producer, StartSession{consumer, session, {}}}));
}

TEST_F(RoomTest, Rule3AnyOtherTargetIsAnError) {
  std::string listener = join_as(kListener), viewer = join(), producer = join_as(kProducer);
  EXPECT_TRUE(is_error(say(viewer, StartSessionRequest{listener}), viewer));
  EXPECT_TRUE(is_error(say(viewer, StartSessionRequest{"nobody"}), viewer));
  EXPECT_TRUE(is_error(say(producer, StartSessionRequest{producer}), producer)) << "itself";
}

TEST_F(RoomTest, SixteenSessionsAPeerMayAskFor) {
  std::string producer = join_as(kProducer), greedy = join(), other = join();
  for (int i = 0; i < 16; i++)
    start(greedy, producer);
  EXPECT_TRUE(is_error(say(greedy, StartSessionRequest{producer}), greedy));
  start(other, producer);
  EXPECT_EQ(room_.sessions(), 17u) << "a producer may have any number of viewers";
}

TEST_F(RoomTest, Rule3AConsumerIsBroughtAStreamByWhoMayPublishOnly) {
  std::string consumer = join_as(kConsumer, PeerKind::local);
  Outbox out;
  std::string viewer = room_.connect(PeerKind::client, out, {.may_publish = false});
  EXPECT_TRUE(is_error(say(viewer, StartSessionRequest{consumer}), viewer));
  std::string publisher = join();
  out = say(publisher, StartSessionRequest{consumer});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].peer, consumer);
  EXPECT_EQ(std::get<SessionStarted>(out[0].message).peer, publisher);
  EXPECT_EQ(out[1].peer, publisher);
  EXPECT_EQ(std::get<StartSession>(out[1].message).peer, consumer);
}

TEST_F(RoomTest, OfConsumersKnowsWhoAskedAndMayBringThemSomething) {
  std::string newer = join_as(kListener, PeerKind::client, true), asking = join_as(kListener);
  Outbox ignored;
  std::string watches = room_.connect(PeerKind::client, ignored, {.may_publish = false});
  say(watches, SetPeerStatus{kListener});
  say(asking, ListConsumersRequest{});
  say(watches, ListConsumersRequest{});
  std::string consumer = join();
  EXPECT_THAT(say(consumer, SetPeerStatus{kConsumer}),
              ElementsAre(Outgoing{asking, PeerStatusChanged{consumer, kConsumer}}));
  EXPECT_THAT(say(watches, ListConsumersRequest{}),
              ElementsAre(Outgoing{watches, ListConsumers{}}));
  EXPECT_THAT(say(consumer, SetPeerStatus{kProducer}),
              UnorderedElementsAre(Outgoing{asking, PeerStatusChanged{consumer, kProducer}},
                                   Outgoing{watches, PeerStatusChanged{consumer, kProducer}},
                                   Outgoing{newer, PeerStatusChanged{consumer, kProducer}}));
  EXPECT_THAT(say(consumer, SetPeerStatus{kConsumer}),
              UnorderedElementsAre(Outgoing{asking, PeerStatusChanged{consumer, kConsumer}},
                                   Outgoing{watches, PeerStatusChanged{consumer, Roles{}}},
                                   Outgoing{newer, PeerStatusChanged{consumer, Roles{}}}))
      << "for others it is a producer no more";
  EXPECT_THAT(room_.disconnect(consumer, Departure::leaves, now_),
              ElementsAre(Outgoing{asking, PeerStatusChanged{consumer, Roles{}}}));
}

TEST_F(RoomTest, OfOneWhoChangesAllTheTimeTheNewestIsTold) {
  std::string listener = join_as(kListener), restless = join(), calm = join();
  auto meta = [](int i) {
    return R"({"name":"n)" + std::to_string(i) + std::string(8000, ' ') + "\"}";
  };
  size_t told = 0;
  for (int i = 0; i < 1000; i++)
    told += say(restless, SetPeerStatus{kProducer, meta(i)}).size();
  EXPECT_GT(told, 0u);
  EXPECT_LT(told, 100u) << "of 1000, for one listener";
  EXPECT_THAT(say(calm, SetPeerStatus{kProducer}), IsEmpty()) << "it has to wait for its turn";
  Outbox out;
  while (auto next = room_.next_news()) {
    now_ = std::max(now_, *next);
    for (Outgoing& outgoing : room_.tell_news(now_))
      out.push_back(outgoing);
  }
  EXPECT_THAT(out,
              ElementsAre(Outgoing{listener, PeerStatusChanged{restless, kProducer, meta(999)}},
                          Outgoing{listener, PeerStatusChanged{calm, kProducer}}));
  EXPECT_LT(now_, Room::Time{} + seconds(1));
}

// Rule 4
TEST_F(RoomTest, Rule4MessagesGoToTheOtherSide) {
  std::string producer = join_as(kProducer), viewer = join();
  std::string session = start(viewer, producer);
  SessionSdp offer{session, true, "v=0"}, answer{session, false, "v=0"};
  SessionIce candidate{session, 1, "candidate:1"};
  EXPECT_THAT(say(producer, offer), ElementsAre(Outgoing{viewer, offer}));
  EXPECT_THAT(say(viewer, answer), ElementsAre(Outgoing{producer, answer}));
  EXPECT_THAT(say(viewer, candidate), ElementsAre(Outgoing{producer, candidate}));
  EXPECT_THAT(say(viewer, EndSession{session}),
              ElementsAre(Outgoing{producer, EndSession{session}}));
  EXPECT_EQ(room_.sessions(), 0u);
}

TEST_F(RoomTest, Rule4AnUnknownSessionIsSilentlyIgnored) {
  std::string producer = join_as(kProducer), viewer = join(), stranger = join();
  std::string session = start(viewer, producer);
  for (const std::string& id : {viewer, stranger}) {
    std::string which = id == viewer ? "no such session" : session;
    EXPECT_THAT(say(id, SessionSdp{which, false, "v=0"}), IsEmpty());
    EXPECT_THAT(say(id, SessionIce{which, 0, "c"}), IsEmpty());
    EXPECT_THAT(say(id, EndSession{which}), IsEmpty());
    EXPECT_THAT(say(id, EndSessionV1_1{which, "x"}), IsEmpty());
  }
  EXPECT_EQ(room_.sessions(), 1u) << "a stranger ends nothing";
}

TEST_F(RoomTest, Rule4AConsumersOfferInMidSessionIsAnError) {
  std::string producer = join_as(kProducer), viewer = join();
  std::string session = start(viewer, producer);
  EXPECT_TRUE(is_error(say(viewer, SessionSdp{session, true, "v=0"}), viewer));
  EXPECT_EQ(room_.sessions(), 1u);
}

// Rule 5
TEST_F(RoomTest, Rule5ADepartureEndsSessionsAndIsToldToListeners) {
  std::string producer = join_as(kProducer), listener = join_as(kListener), viewer = join();
  std::string session = start(viewer, producer);
  EXPECT_THAT(room_.disconnect(producer, Departure::leaves, now_),
              UnorderedElementsAre(Outgoing{viewer, EndSession{session}},
                                   Outgoing{listener, PeerStatusChanged{producer, {}}}));
  EXPECT_EQ(room_.sessions(), 0u);
  EXPECT_THAT(room_.disconnect(viewer, Departure::leaves, now_), IsEmpty());
}

// Two streams share a listener, and the token of one was changed: its viewers leave both.
TEST_F(RoomTest, Rule5WhoWasDismissedIsNotSaidToHaveLeft) {
  std::string producer = join_as(kProducer, PeerKind::local, true);
  std::string older = join_as(kProducer), viewer = join();
  std::string session = start(viewer, producer), other = start(viewer, older);
  EXPECT_THAT(
      room_.disconnect(viewer, Departure::dismissed, now_),
      UnorderedElementsAre(Outgoing{producer, EndSessionV1_1{session, kOthersTokenRevoked}},
                           Outgoing{older, EndSession{other}}));
  EXPECT_EQ(room_.sessions(), 0u);
}

TEST_F(RoomTest, Rule5ALostViewerKeepsItsSessionForTheGrace) {
  std::string producer = join_as(kProducer, PeerKind::local, true), viewer = join();
  std::string session = start(viewer, producer);
  EXPECT_THAT(room_.disconnect(viewer, Departure::lost, now_), IsEmpty());
  EXPECT_EQ(room_.sessions(), 1u);
  EXPECT_THAT(say(producer, SessionIce{session, 0, "c"}), IsEmpty()) << "nobody to tell";
  ASSERT_TRUE(room_.next_expiry());
  EXPECT_EQ(*room_.next_expiry(), now_ + seconds(30));
  EXPECT_THAT(room_.expire(now_ + seconds(29)), IsEmpty());
  EXPECT_EQ(room_.sessions(), 1u);
  EXPECT_THAT(room_.expire(now_ + seconds(30)), IsEmpty()) << "its media may flow on";
  EXPECT_EQ(room_.sessions(), 0u);
  EXPECT_FALSE(room_.next_expiry());
}

TEST_F(RoomTest, Rule5ARemoteCounterpartIsToldWhenTheGraceIsOver) {
  std::string producer = join_as(kProducer), viewer = join();
  std::string session = start(viewer, producer);
  EXPECT_THAT(room_.disconnect(producer, Departure::lost, now_), IsEmpty());
  EXPECT_THAT(room_.expire(now_ + seconds(30)), ElementsAre(Outgoing{viewer, EndSession{session}}));
}

TEST_F(RoomTest, Rule5ABrowserSeesByItselfWhenItsMediaEnds) {
  std::string producer = join_as(kProducer), viewer = join(PeerKind::browser);
  start(viewer, producer);
  room_.disconnect(producer, Departure::lost, now_);
  EXPECT_THAT(room_.expire(now_ + seconds(30)), IsEmpty());
  EXPECT_EQ(room_.sessions(), 0u);
}

TEST_F(RoomTest, Rule5TheProducerMayEndASessionInItsGrace) {
  std::string producer = join_as(kProducer, PeerKind::local), viewer = join();
  std::string session = start(viewer, producer);
  room_.disconnect(viewer, Departure::lost, now_);
  EXPECT_THAT(say(producer, EndSessionV1_1{session, "silence"}), IsEmpty());
  EXPECT_EQ(room_.sessions(), 0u);
  EXPECT_FALSE(room_.next_expiry());
}

TEST_F(RoomTest, Rule5BothLostLeaveNothing) {
  std::string producer = join_as(kProducer), viewer = join();
  start(viewer, producer);
  room_.disconnect(viewer, Departure::lost, now_);
  EXPECT_THAT(room_.disconnect(producer, Departure::lost, now_), IsEmpty());
  EXPECT_EQ(room_.sessions(), 0u);
  EXPECT_EQ(room_.peers(), 0u);
}

TEST_F(RoomTest, Rule5AProducerThatNeverSendsItsOfferHoldsNoSession) {
  std::string producer = join_as(kProducer), viewer = join();
  say(viewer, SetProtocolVersion{"v1_1"});
  std::vector<std::string> sessions;
  for (int i = 0; i < 16; i++)
    sessions.push_back(start(viewer, producer));
  EXPECT_TRUE(is_error(say(viewer, StartSessionRequest{producer}), viewer));
  EXPECT_EQ(room_.next_expiry(), now_ + seconds(60));
  EXPECT_THAT(room_.expire(now_ + seconds(59)), IsEmpty());
  Outbox out = room_.expire(now_ + seconds(60));
  EXPECT_EQ(out.size(), 32u);
  EXPECT_THAT(out, Contains(Outgoing{producer, EndSession{sessions[0]}}));
  auto told = std::find_if(out.begin(), out.end(), [&](const auto& o) { return o.peer == viewer; });
  ASSERT_NE(told, out.end());
  EXPECT_THAT(*std::get<EndSessionV1_1>(told->message).error,
              testing::HasSubstr("not taken up in time"));
  EXPECT_EQ(room_.sessions(), 0u);
  EXPECT_FALSE(room_.next_expiry());
  start(viewer, producer);
}

TEST_F(RoomTest, Rule5AViewerThatNeverAnswersHoldsNoProducer) {
  std::string producer = join_as(kProducer), viewer = join();
  std::string session = start(viewer, producer);
  say(producer, SessionSdp{session, true, "v=0"});
  EXPECT_THAT(room_.expire(now_ + seconds(60)),
              UnorderedElementsAre(Outgoing{viewer, EndSession{session}},
                                   Outgoing{producer, EndSession{session}}));
}

TEST_F(RoomTest, Rule5ASessionThatWasAnsweredLastsAsLongAsItsSides) {
  std::string producer = join_as(kProducer), consumer = join_as(kConsumer), viewer = join();
  std::string first = start(viewer, producer), brought = start(producer, consumer);
  for (const std::string& session : {first, brought})
    say(producer, SessionSdp{session, true, "v=0"});
  say(viewer, SessionSdp{first, false, "v=0"});
  say(consumer, SessionSdp{brought, false, "v=0"});
  Outbox started = say(viewer, StartSessionRequest{producer, "v=0 offer"});
  std::string offered = std::get<SessionStarted>(started[0].message).session;
  say(producer, SessionSdp{offered, false, "v=0"});
  EXPECT_FALSE(room_.next_expiry());
  EXPECT_THAT(room_.expire(now_ + std::chrono::hours(24)), IsEmpty());
  EXPECT_EQ(room_.sessions(), 3u);
}

TEST_F(RoomTest, Rule5OnlyTheTwoSidesTakeASessionUp) {
  std::string producer = join_as(kProducer), viewer = join(), stranger = join();
  std::string session = start(viewer, producer);
  say(stranger, SessionSdp{session, true, "v=0"});
  say(viewer, SessionSdp{session, false, "v=0"});
  EXPECT_EQ(room_.expire(now_ + seconds(60)).size(), 2u);
}

// Rule 6
TEST_F(RoomTest, Rule6VersionMustComeFirst) {
  std::string id = join();
  say(id, ListRequest{});
  EXPECT_TRUE(is_error(say(id, SetProtocolVersion{"v1_1"}), id));
  std::string other = join();
  EXPECT_TRUE(is_error(say(other, SetProtocolVersion{"v9"}), other));
  std::string old = join();
  EXPECT_THAT(say(old, SetProtocolVersion{"v1_0"}), IsEmpty());
}

TEST_F(RoomTest, Rule6TheEndIsToldInTheRecipientsVersion) {
  std::string producer = join_as(kProducer, PeerKind::local, true);
  std::string plain = join(), modern = join();
  say(modern, SetProtocolVersion{"v1_1"});
  std::string first = start(plain, producer), second = start(modern, producer);
  EXPECT_THAT(say(producer, EndSessionV1_1{first, "why"}),
              ElementsAre(Outgoing{plain, EndSession{first}}));
  EXPECT_THAT(say(producer, EndSessionV1_1{second, "why"}),
              ElementsAre(Outgoing{modern, EndSessionV1_1{second, "why"}}));
  std::string third = start(plain, producer);
  EXPECT_THAT(say(plain, EndSession{third}),
              ElementsAre(Outgoing{producer, EndSessionV1_1{third, {}}}));
}

TEST_F(RoomTest, MessagesOfAServerAreRefusedFromAPeer) {
  std::string id = join();
  EXPECT_TRUE(is_error(say(id, Welcome{"x"}), id));
  EXPECT_TRUE(is_error(say(id, ErrorMessage{"x"}), id));
  EXPECT_THAT(say("nobody", ListRequest{}), IsEmpty());
}

}  // namespace
}  // namespace webcast::test
