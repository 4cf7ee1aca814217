// The room of a relay: streams from the network, and peers that come back.
#include "tests/unit/signaling/server/room/room_fixture.hpp"

namespace webcast::test {
namespace {

// Coming back
TEST_F(RoomTest, APeerThatResumesKeepsItsIdAndItsSessions) {
  std::string producer = join_as(kProducer, PeerKind::resuming), viewer = join();
  std::string listener = join_as(kListener);
  std::string session = start(viewer, producer);
  say(producer, SessionSdp{session, true, "v=0"});
  say(viewer, SessionSdp{session, false, "v=0"});
  EXPECT_THAT(room_.disconnect(producer, Departure::lost, now_),
              ElementsAre(Outgoing{listener, PeerStatusChanged{producer, {}}}));
  EXPECT_TRUE(is_error(say(viewer, StartSessionRequest{producer}), viewer)) << "it is away";
  SessionIce candidate{session, 0, "c"};
  EXPECT_THAT(say(viewer, candidate), IsEmpty());
  EXPECT_THAT(room_.resume(producer),
              ElementsAre(Outgoing{producer, Welcome{producer}}, Outgoing{producer, candidate}))
      << "what it missed";
  EXPECT_THAT(say(producer, SetProtocolVersion{"v1_1"}), IsEmpty()) << "its first message again";
  EXPECT_THAT(say(producer, SetPeerStatus{kProducer}),
              ElementsAre(Outgoing{listener, PeerStatusChanged{producer, kProducer}}));
  EXPECT_FALSE(room_.next_expiry());
  EXPECT_THAT(room_.expire(now_ + seconds(60)), IsEmpty());
  EXPECT_THAT(say(viewer, EndSession{session}),
              ElementsAre(Outgoing{producer, EndSessionV1_1{session, {}}}));
}

TEST_F(RoomTest, APeerThatDoesNotResumeInTimeIsForgotten) {
  std::string producer = join_as(kProducer, PeerKind::resuming), viewer = join();
  std::string session = start(viewer, producer);
  room_.disconnect(producer, Departure::lost, now_);
  EXPECT_EQ(*room_.next_expiry(), now_ + seconds(30));
  EXPECT_THAT(room_.expire(now_ + seconds(30)), ElementsAre(Outgoing{viewer, EndSession{session}}));
  EXPECT_FALSE(room_.has(producer));
  EXPECT_THAT(room_.resume(producer), IsEmpty());
  EXPECT_EQ(room_.sessions(), 0u);
}

TEST_F(RoomTest, APeerThatMayResumeIsNotToldOfALostViewer) {
  std::string producer = join_as(kProducer, PeerKind::resuming), viewer = join();
  start(viewer, producer);
  room_.disconnect(viewer, Departure::lost, now_);
  EXPECT_THAT(room_.expire(now_ + seconds(30)), IsEmpty()) << "its media may flow on";
}

TEST_F(RoomTest, WhatWaitsForAPeerThatIsAwayIsBounded) {
  std::string producer = join_as(kProducer, PeerKind::resuming), viewer = join();
  std::string session = start(viewer, producer);
  room_.disconnect(producer, Departure::lost, now_);
  for (int i = 0; i < 1000; i++)
    say(viewer, SessionIce{session, 0, "c"});
  EXPECT_EQ(room_.resume(producer).size(), 257u);
}

TEST_F(RoomTest, WhatWaitsForAllWhoAreAwayIsBounded) {
  Room room([this] { return "id" + std::to_string(next_id_++); },
            {.clients_may_publish = true, .missed_bytes_per_peer = 10'000, .missed_bytes = 25'000});
  Outbox out;
  std::string viewer = room.connect(PeerKind::client, out);
  std::vector<std::string> producers, sessions;
  for (int i = 0; i < 4; i++) {
    producers.push_back(room.connect(PeerKind::resuming, out));
    room.receive(producers[i], SetPeerStatus{kProducer}, now_);
    out = room.receive(viewer, StartSessionRequest{producers[i]}, now_);
    sessions.push_back(std::get<SessionStarted>(out[0].message).session);
    room.disconnect(producers[i], Departure::lost, now_);
  }
  auto say_to = [&](int i, size_t bytes) {
    room.receive(viewer, SessionSdp{sessions[i], false, std::string(bytes, 'v')}, now_);
  };
  say_to(0, 2'000);
  for (int times = 0; times < 5; times++)
    say_to(1, 1'900), say_to(2, 1'800), say_to(3, 1'700);
  EXPECT_FALSE(room.may_resume(producers[1], {})) << "it had the most, and what it missed is gone";
  for (int i : {0, 2, 3})
    EXPECT_TRUE(room.may_resume(producers[i], {})) << i;
  EXPECT_EQ(room.resume(producers[0]).size(), 2u) << "a welcome, and what it missed";
  EXPECT_EQ(room.resume(producers[2]).size(), 6u);
  out = room.expire(now_ + seconds(30));
  EXPECT_THAT(out, Contains(Outgoing{viewer, EndSession{sessions[1]}}));
}

// News that wait
std::vector<std::string> listed(const Outbox& out) {
  std::vector<std::string> ids;
  for (const Outgoing& outgoing : out)
    if (auto* list = std::get_if<List>(&outgoing.message))
      for (const PeerEntry& entry : list->producers)
        ids.push_back(entry.peer);
  return ids;
}

TEST_F(RoomTest, WhoBecomesAListenerWhileNewsWaitIsShownWhatListenersWereTold) {
  std::string cam = join_as(kProducer), gone = join_as(kProducer), late = join(), noisy = join();
  for (int i = 0; i < 100 && !room_.next_news(); i++)
    say(noisy, SetPeerStatus{kProducer, std::string(100'000, 'x') + std::to_string(i)});
  ASSERT_TRUE(room_.next_news());
  say(cam, SetPeerStatus{});
  room_.disconnect(gone, Departure::leaves, now_);
  say(late, SetPeerStatus{kProducer});
  std::string listener = join_as(kListener), viewer = join();
  EXPECT_THAT(listed(say(listener, ListRequest{})),
              testing::AllOf(Contains(cam), Contains(gone), Not(Contains(late))));
  EXPECT_THAT(listed(say(viewer, ListRequest{})), UnorderedElementsAre(late, noisy))
      << "who asks once is shown what is";
  say(cam, SetPeerStatus{kProducer});
  Outbox told;
  while (auto due = room_.next_news()) {
    now_ = std::max(now_, *due);
    for (Outgoing& news : room_.tell_news(now_))
      told.push_back(std::move(news));
  }
  EXPECT_THAT(told, Contains(Outgoing{listener, PeerStatusChanged{gone, {}}}));
  EXPECT_THAT(told, Contains(Outgoing{listener, PeerStatusChanged{late, kProducer}}));
  EXPECT_THAT(listed(say(listener, ListRequest{})), UnorderedElementsAre(cam, late, noisy));
}

// Rights by a token
TEST_F(RoomTest, WhoLosesTheRightToPublishGoesOnWatching) {
  std::string producer = join_as(kProducer), viewer = join(), taker = join(), bringer = join();
  say(taker, SetPeerStatus{kConsumer, R"({"name":"live"})"});
  std::string session = start(viewer, producer);
  start(bringer, taker);
  for (const std::string& peer : {producer, taker, bringer})
    EXPECT_TRUE(room_.publishes(peer)) << peer;
  EXPECT_FALSE(room_.publishes(viewer));
  room_.forbid_publishing(viewer);
  SessionIce candidate{session, 0, "c"};
  EXPECT_THAT(say(viewer, candidate), ElementsAre(Outgoing{producer, candidate}));
  EXPECT_TRUE(is_error(say(viewer, SetPeerStatus{kProducer, R"({"name":"mine"})"}), viewer));
  EXPECT_TRUE(is_error(say(viewer, StartSessionRequest{taker}), viewer));
}

TEST_F(RoomTest, APeerWithATokenForOneStreamHasToDoWithThatOneOnly) {
  const std::string live = R"({"name":"live"})", other = R"({"name":"other"})";
  std::string mine = join(), theirs = join();
  say(mine, SetPeerStatus{kProducer, live});
  Outbox out;
  std::string viewer =
      room_.connect(PeerKind::client, out, {.may_publish = true, .only_stream = "live"});
  say(viewer, SetPeerStatus{kListener});
  EXPECT_THAT(say(theirs, SetPeerStatus{kProducer, other}), IsEmpty()) << "it is told nothing";
  EXPECT_THAT(say(viewer, ListRequest{}), ElementsAre(Outgoing{viewer, List{{{mine, live}}}}));
  EXPECT_TRUE(is_error(say(viewer, StartSessionRequest{theirs}), viewer));
  EXPECT_EQ(say(viewer, StartSessionRequest{mine}).size(), 2u);
  for (const Roles& roles : {kProducer, kConsumer}) {
    EXPECT_TRUE(is_error(say(viewer, SetPeerStatus{roles, R"({"name":"third"})"}), viewer));
    EXPECT_TRUE(is_error(say(viewer, SetPeerStatus{roles, "null"}), viewer));
  }
  say(mine, SetPeerStatus{});
  EXPECT_FALSE(is_error(say(viewer, SetPeerStatus{kProducer, live}), viewer));
  EXPECT_TRUE(room_.is_producer(viewer));
}

TEST_F(RoomTest, NobodyComesBackAsAPeerOfMoreRights) {
  const PeerRights all{}, watches{.may_publish = false}, one{.only_stream = "live"};
  auto with = [&](const PeerRights& rights) {
    Outbox out;
    return room_.connect(PeerKind::resuming, out, rights);
  };
  std::string publisher = with(all), viewer = with(watches), bound = with(one);
  EXPECT_TRUE(room_.may_resume(publisher, all));
  EXPECT_FALSE(room_.may_resume(publisher, watches));
  EXPECT_FALSE(room_.may_resume(publisher, one));
  EXPECT_TRUE(room_.may_resume(viewer, watches));
  EXPECT_TRUE(room_.may_resume(viewer, all)) << "a token for more came";
  EXPECT_TRUE(room_.may_resume(bound, one));
  EXPECT_FALSE(room_.may_resume(bound, {.only_stream = "other"}));
  EXPECT_FALSE(room_.may_resume("nobody", all));
}

TEST_F(RoomTest, APeerThatResumesHasTheRightsThatItComesBackWith) {
  std::string peer = join(PeerKind::resuming);
  room_.disconnect(peer, Departure::lost, now_);
  room_.resume(peer, {.may_publish = false});
  EXPECT_TRUE(is_error(say(peer, SetPeerStatus{kProducer}), peer));
}

// Who takes what is brought
const SetPeerStatus kTaker{{.listener = true, .consumer = true}, R"({"name":"live"})"};

TEST_F(RoomTest, WhatIsBroughtUnderANameGoesToOneWhoMayPublishUnderIt) {
  Outbox out;
  std::string viewer = room_.connect(PeerKind::client, out, {.may_publish = false});
  std::string other = room_.connect(PeerKind::client, out, {.only_stream = "other"});
  std::string ours = room_.connect(PeerKind::client, out, {.only_stream = "live"});
  for (const std::string& peer : {viewer, other}) {
    Outbox answer = say(peer, kTaker);
    ASSERT_TRUE(is_error(answer, peer));
    EXPECT_TRUE(std::get<ErrorMessage>(answer[0].message).details.starts_with(kNotTaker));
  }
  EXPECT_THAT(say(join(), ListConsumersRequest{}),
              Contains(testing::Field(&Outgoing::message, Message(ListConsumers{}))));
  EXPECT_FALSE(is_error(say(ours, kTaker), ours));
  EXPECT_EQ(say(join(), StartSessionRequest{ours}).size(), 2u);
  EXPECT_FALSE(is_error(say(viewer, SetPeerStatus{kConsumer}), viewer)) << "it has no name";
}

TEST_F(RoomTest, TheSecondTakerOfANameIsRefusedUntilTheFirstIsGone) {
  std::string first = join(PeerKind::resuming), second = join(), producer = join();
  say(producer, SetPeerStatus{kProducer, kTaker.meta});
  EXPECT_FALSE(is_error(say(first, kTaker), first)) << "who publishes it already is no matter";
  EXPECT_TRUE(is_error(say(second, kTaker), second));
  EXPECT_TRUE(room_.published().contains("live"));
  room_.disconnect(first, Departure::lost, now_);
  EXPECT_FALSE(is_error(say(second, kTaker), second));
  room_.resume(first);
  EXPECT_TRUE(is_error(say(first, kTaker), first));
  say(second, SetPeerStatus{kListener});
  EXPECT_FALSE(is_error(say(first, kTaker), first));
}

TEST_F(RoomTest, WhereNobodyPublishesFromTheNetworkNobodyTakesThereEither) {
  Room listener([this] { return "id" + std::to_string(next_id_++); });
  Outbox out;
  std::string local = listener.connect(PeerKind::local, out);
  std::string remote = listener.connect(PeerKind::client, out);
  EXPECT_TRUE(is_error(listener.receive(remote, kTaker, now_), remote));
  EXPECT_THAT(listener.receive(local, kTaker, now_),
              ElementsAre(Outgoing{local, PeerStatusChanged{local, kTaker.roles, kTaker.meta}}));
  EXPECT_THAT(listener.receive(remote, ListConsumersRequest{}, now_),
              ElementsAre(Outgoing{remote, ListConsumers{{{local, kTaker.meta}}}}));
}

TEST_F(RoomTest, APeerOfThisProcessIsToldWhoAsks) {
  const Visitor visitor{"192.0.2.7", "https://a.example", "a token", true};
  std::string producer = join_as(kProducer, PeerKind::local), far = join_as(kProducer),
              consumer = join_as(kConsumer, PeerKind::local);
  Outbox out;
  std::string asks = room_.connect(PeerKind::resuming, out, {}, visitor);
  EXPECT_EQ(std::get<StartSession>(say(asks, StartSessionRequest{producer})[1].message).visitor,
            visitor);
  out = say(asks, StartSessionRequest{consumer});
  EXPECT_EQ(std::get<SessionStarted>(out[0].message).visitor, visitor);
  EXPECT_EQ(std::get<StartSession>(out[1].message).visitor, Visitor{});
  EXPECT_EQ(std::get<StartSession>(say(asks, StartSessionRequest{far})[1].message).visitor,
            Visitor{})
      << "it has no business with it";
  room_.disconnect(asks, Departure::lost, now_);
  room_.resume(asks, {}, {.address = "192.0.2.8"});
  EXPECT_EQ(std::get<StartSession>(say(asks, StartSessionRequest{producer})[1].message).visitor,
            Visitor{.address = "192.0.2.8"});
}

// Streams
TEST_F(RoomTest, AStreamIsPublishedUnderItsName) {
  std::string producer = join(), viewer = join();
  std::string meta = R"({"name":"live","video":1})";
  now_ += seconds(5);
  say(producer, SetPeerStatus{kProducer, meta});
  start(viewer, producer);
  now_ += seconds(5);
  auto streams = room_.published();
  ASSERT_EQ(streams.count("live"), 1u);
  EXPECT_EQ(streams["live"].meta, meta);
  EXPECT_EQ(streams["live"].viewers, 1u);
  EXPECT_EQ(streams["live"].since, Room::Time{} + seconds(5));
  say(producer, SetPeerStatus{kProducer, R"({"name":"live","video":2})"});
  EXPECT_EQ(room_.published()["live"].since, Room::Time{} + seconds(5)) << "the same stream";
  say(producer, SetPeerStatus{{}});
  EXPECT_TRUE(room_.published().empty());
}

TEST_F(RoomTest, KnowsWhoProduces) {
  std::string producer = join_as(kProducer), viewer = join();
  EXPECT_TRUE(room_.is_producer(producer));
  EXPECT_FALSE(room_.is_producer(viewer));
  EXPECT_FALSE(room_.is_producer("nobody"));
}

TEST_F(RoomTest, ANameThatNoStreamMayHaveIsNotPublished) {
  for (const char* meta : {"null", "7", R"({"name":7})", R"({"name":"../x"})", R"({"name":""})"})
    EXPECT_THAT(say(join(), SetPeerStatus{kProducer, meta}), IsEmpty());
  EXPECT_TRUE(room_.published().empty());
  Outbox list = say(join(), ListRequest{});
  EXPECT_EQ(std::get<List>(list.at(0).message).producers.size(), 5u) << "by id they can be had";
}

TEST_F(RoomTest, TheSecondOfANameIsRefusedUntilTheFirstIsGone) {
  std::string first = join(), second = join(PeerKind::resuming);
  SetPeerStatus status{kProducer, R"({"name":"live"})"};
  EXPECT_THAT(say(first, status), IsEmpty());
  EXPECT_TRUE(is_error(say(second, status), second));
  EXPECT_THAT(say(first, status), IsEmpty()) << "its own name is no other's";
  room_.disconnect(first, Departure::lost, now_);
  EXPECT_THAT(say(second, status), IsEmpty());
  EXPECT_EQ(room_.published().size(), 1u);
}

TEST_F(RoomTest, ViewersThatComeAndGoAreToldToNobody) {
  std::string first = join_as(kListener), second = join();
  EXPECT_THAT(say(second, SetPeerStatus{kListener}),
              ElementsAre(Outgoing{second, PeerStatusChanged{second, kListener}}));
  EXPECT_THAT(room_.disconnect(second, Departure::leaves, now_), IsEmpty());
}

}  // namespace
}  // namespace webcast::test
