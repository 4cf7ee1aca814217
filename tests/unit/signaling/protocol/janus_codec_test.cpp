#include "signaling/protocol/janus_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/json_ref.hpp"

namespace webcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const JanusId kRoom{true, "1234"};

JanusReply decoded(const std::string& text) {
  auto reply = janus_decode(text);
  EXPECT_TRUE(reply) << text << ": " << reply.error().sentence;
  return reply ? *reply : JanusReply{};
}

// The data of an event of the VideoRoom's.
template <typename What>
What event(const std::string& data) {
  JanusReply reply = decoded(R"({"janus":"event","sender":7,"plugindata":{"plugin":)"
                             R"("janus.plugin.videoroom","data":)" +
                             data + "}}");
  EXPECT_EQ(reply.handle, 7u);
  auto* what = std::get_if<What>(&reply.what);
  EXPECT_TRUE(what) << data;
  return what ? *what : What{};
}

TEST(JanusEncode, ASessionAndAHandle) {
  EXPECT_EQ(janus_encode({.transaction = "1", .what = JanusCreate{}}),
            R"({"janus":"create","transaction":"1"})");
  EXPECT_EQ(janus_encode({.transaction = "2", .session = 5, .what = JanusClaim{}}),
            R"({"janus":"claim","transaction":"2","session_id":5})");
  EXPECT_EQ(janus_encode({.transaction = "3", .session = 9007199254740991, .what = JanusAttach{}}),
            R"({"plugin":"janus.plugin.videoroom","janus":"attach","transaction":"3",)"
            R"("session_id":9007199254740991})");
  EXPECT_THAT(janus_encode({.transaction = "4",
                            .session = 5,
                            .handle = 6,
                            .api_secret = "a",
                            .token = "b",
                            .what = JanusDetach{}}),
              HasSubstr(R"("session_id":5,"handle_id":6,"apisecret":"a","token":"b")"));
}

TEST(JanusEncode, JoiningPublishingAndSubscribing) {
  auto body = [](decltype(JanusRequest::what) what) {
    return janus_encode({.transaction = "1", .session = 5, .handle = 6, .what = std::move(what)});
  };
  EXPECT_THAT(body(JanusJoin{kRoom, "live", "4711", "t"}),
              HasSubstr(R"("body":{"request":"join","ptype":"publisher","room":1234,)"
                        R"("display":"live","pin":"4711","token":"t"})"));
  EXPECT_THAT(body(JanusJoin{{false, "lobby"}, "", "", ""}),
              HasSubstr(R"("body":{"request":"join","ptype":"publisher","room":"lobby"})"));
  EXPECT_THAT(body(JanusSubscribe{kRoom, {true, "77"}, 99, "", ""}),
              HasSubstr(R"("body":{"request":"join","ptype":"subscriber","room":1234,)"
                        R"("streams":[{"feed":77}],"private_id":99})"));
  EXPECT_THAT(body(JanusPublish{"v=0"}), HasSubstr(R"("jsep":{"type":"offer","sdp":"v=0"})"));
  EXPECT_THAT(body(JanusStart{"v=0"}), HasSubstr(R"("jsep":{"type":"answer","sdp":"v=0"})"));
  EXPECT_THAT(body(JanusTrickle{1, "candidate:1"}),
              HasSubstr(R"("candidate":{"candidate":"candidate:1","sdpMLineIndex":1})"));
  EXPECT_THAT(body(JanusTrickle{}), HasSubstr(R"("candidate":{"completed":true})"));
  EXPECT_THAT(body(JanusListParticipants{kRoom}),
              HasSubstr(R"({"request":"listparticipants","room":1234})"));
  EXPECT_THAT(body(JanusLeave{}), HasSubstr(R"("body":{"request":"leave"})"));
}

TEST(JanusEncode, WhatTheUserWroteStaysText) {
  for (const char* odd : {"\"},\"x\":{\"", "a\x01\x1f\x7f", "\xff\xfe"}) {
    std::string text = janus_encode({.transaction = odd, .what = JanusJoin{kRoom, odd, odd, odd}});
    EXPECT_TRUE(read_json_object(text)) << text;
    EXPECT_EQ(text.find('\x1f'), std::string::npos);
  }
}

TEST(JanusId, IsANumberWhereItCanBeOne) {
  EXPECT_EQ(janus_id("1234"), kRoom);
  EXPECT_EQ(janus_id("lobby"), (JanusId{false, "lobby"}));
  EXPECT_EQ(janus_id("12a"), (JanusId{false, "12a"}));
  EXPECT_EQ(janus_id("99999999999999999999"), (JanusId{false, "99999999999999999999"}));
}

TEST(JanusDecode, RepliesToASessionsRequests) {
  JanusReply made = decoded(R"({"janus":"success","transaction":"1","data":{"id":42}})");
  EXPECT_EQ(made.transaction, "1");
  EXPECT_EQ(std::get<JanusSuccess>(made.what).id, 42u);
  JanusReply done = decoded(R"({"janus":"success","session_id":5,"transaction":"1"})");
  EXPECT_EQ(std::get<JanusSuccess>(done.what).id, 0u);
  EXPECT_EQ(done.session, 5u);
  EXPECT_TRUE(std::holds_alternative<JanusAck>(decoded(R"({"janus":"ack"})").what));
  auto failure = std::get<JanusFailure>(
      decoded(R"({"janus":"error","error":{"code":458,"reason":"No such session"}})").what);
  EXPECT_EQ(failure.code, 458u);
  EXPECT_EQ(failure.reason, "No such session");
}

TEST(JanusDecode, WhoPublishes) {
  auto joined =
      event<JanusJoined>(R"({"videoroom":"joined","room":1234,"id":1,"private_id":9,"publishers":)"
                         R"([{"id":2,"display":"live","streams":[]},{"id":"three"}]})");
  EXPECT_EQ(joined.id, (JanusId{true, "1"}));
  EXPECT_EQ(joined.private_id, 9u);
  EXPECT_THAT(joined.feeds,
              ElementsAre(JanusFeed{{true, "2"}, "live"}, JanusFeed{{false, "three"}, ""}));
  EXPECT_THAT(event<JanusFeeds>(R"({"videoroom":"event","publishers":[{"id":2}]})").feeds,
              ElementsAre(JanusFeed{{true, "2"}, ""}));
  auto participants = event<JanusParticipants>(
      R"({"videoroom":"participants","participants":[{"id":2,"publisher":true},)"
      R"({"id":3,"publisher":false},{"id":4}]})");
  EXPECT_THAT(participants.feeds, ElementsAre(JanusFeed{{true, "2"}, ""}));
  EXPECT_THAT(participants.present,
              ElementsAre(JanusId{true, "2"}, JanusId{true, "3"}, JanusId{true, "4"}));
  for (const char* name : {"unpublished", "leaving", "kicked"})
    EXPECT_EQ(
        event<JanusFeedGone>(R"({"videoroom":"event",")" + std::string(name) + R"(":2})").feed,
        (JanusId{true, "2"}));
}

TEST(JanusDecode, WhatAPublisherSends) {
  auto media = [](const std::string& streams) {
    auto feeds = event<JanusFeeds>(
        R"({"videoroom":"event","publishers":[{"id":2,"display":"live","streams":)" + streams +
        "}]}");
    EXPECT_EQ(feeds.feeds.size(), 1u) << streams;
    return feeds.feeds.empty() ? std::vector<std::string>{"?"} : feeds.feeds[0].media;
  };
  EXPECT_THAT(media(R"([{"type":"audio","mindex":0},{"type":"video","mindex":1}])"),
              ElementsAre("audio", "video"));
  EXPECT_THAT(media(R"([{"type":"video","disabled":true},{"type":"data"},{"type":"audio"}])"),
              ElementsAre("audio"));
  EXPECT_THAT(media(R"([7,{},{"type":8},{"type":"x"},{"type":"video"}])"), ElementsAre("video"));
  for (const char* none : {"[]", "{}", "7", "null", R"("audio")"})
    EXPECT_THAT(media(none), IsEmpty());
  std::string many;
  for (int i = 0; i < 40; i++)
    many += R"({"type":"video"},)";
  EXPECT_EQ(media("[" + many + "7]").size(), kMaxMediaLines);
}

TEST(JanusDecode, OneOddEntryDoesNotHideTheOthers) {
  auto feeds = event<JanusFeeds>(
      R"({"videoroom":"event","publishers":[7,{"display":"no id"},{"id":-1},{"id":{}},)"
      R"({"id":1,"display":")" +
      std::string(2000, 'x') + R"("},{"id":2,"display":"live"}]})");
  EXPECT_THAT(feeds.feeds, ElementsAre(JanusFeed{{true, "2"}, "live"}));
}

TEST(JanusDecode, WhatHappensToOurselves) {
  EXPECT_FALSE(event<JanusLeft>(R"({"videoroom":"event","leaving":"ok"})").kicked);
  EXPECT_TRUE(event<JanusLeft>(R"({"videoroom":"event","leaving":"ok","reason":"kicked"})").kicked);
  event<JanusRoomDestroyed>(R"({"videoroom":"destroyed","room":1234})");
  auto refused =
      event<JanusFailure>(R"({"videoroom":"event","error_code":433,"error":"Unauthorized"})");
  EXPECT_EQ(refused.code, 433u);
  event<JanusOther>(R"({"videoroom":"talking","id":3})");
  event<JanusOther>("{}");
}

TEST(JanusDecode, WhatARoomTakes) {
  JanusReply reply = decoded(
      R"({"janus":"success","transaction":"1","plugindata":{"plugin":"janus.plugin.videoroom",)"
      R"("data":{"videoroom":"success","list":[{"room":1234,"audiocodec":"opus",)"
      R"("videocodec":"vp8,h264","bitrate":0},{"description":"no number"}]}}})");
  auto* rooms = std::get_if<JanusRooms>(&reply.what);
  ASSERT_TRUE(rooms);
  ASSERT_EQ(rooms->rooms.size(), 1u);
  EXPECT_EQ(rooms->rooms[0].id, kRoom);
  EXPECT_EQ(rooms->rooms[0].video_codecs, "vp8,h264");
  EXPECT_EQ(rooms->rooms[0].audio_codecs, "opus");
}

TEST(JanusDecode, Descriptions) {
  JanusReply reply = decoded(
      R"({"janus":"event","transaction":"1","sender":7,"plugindata":{"data":{"videoroom":"event",)"
      R"("configured":"ok"}},"jsep":{"type":"answer","sdp":"v=0"}})");
  EXPECT_TRUE(std::holds_alternative<JanusNegotiated>(reply.what));
  ASSERT_TRUE(reply.description);
  EXPECT_FALSE(reply.description->is_offer);
  EXPECT_EQ(reply.description->sdp, "v=0");
  EXPECT_FALSE(janus_decode(R"({"janus":"event","jsep":{"type":"rollback","sdp":"v=0"}})"));
  EXPECT_FALSE(janus_decode(R"({"janus":"event","jsep":{"type":"offer"}})"));
}

TEST(JanusDecode, WhatHappensToTheMedia) {
  JanusReply up = decoded(R"({"janus":"webrtcup","session_id":5,"sender":7})");
  EXPECT_TRUE(std::holds_alternative<JanusWebrtcUp>(up.what));
  EXPECT_EQ(up.handle, 7u);
  auto media =
      std::get<JanusMedia>(decoded(R"({"janus":"media","type":"video","receiving":true})").what);
  EXPECT_EQ(media.kind, "video");
  EXPECT_TRUE(media.receiving);
  EXPECT_EQ(
      std::get<JanusSlowLink>(decoded(R"({"janus":"slowlink","uplink":true,"lost":3})").what).lost,
      3u);
  EXPECT_EQ(
      std::get<JanusHangup>(decoded(R"({"janus":"hangup","reason":"ICE failed"})").what).reason,
      "ICE failed");
  auto candidate = std::get<JanusCandidate>(
      decoded(R"({"janus":"trickle","candidate":{"candidate":"candidate:1","sdpMLineIndex":1}})")
          .what);
  EXPECT_EQ(candidate.mline, 1u);
  EXPECT_EQ(candidate.candidate, "candidate:1");
  EXPECT_THAT(std::get<JanusCandidate>(
                  decoded(R"({"janus":"trickle","candidate":{"completed":true}})").what)
                  .candidate,
              IsEmpty());
  EXPECT_TRUE(
      std::holds_alternative<JanusTimeout>(decoded(R"({"janus":"timeout","session_id":5})").what));
  EXPECT_TRUE(std::holds_alternative<JanusDetached>(decoded(R"({"janus":"detached"})").what));
  EXPECT_TRUE(std::holds_alternative<JanusOther>(decoded(R"({"janus":"server_info"})").what));
}

TEST(JanusDecode, WhatIsNoReplyOfJanusIsAnError) {
  for (const char* text :
       {"", "null", "[]", "{}", R"({"janus":7})", R"({"janus":"ack")", R"({janus:"ack"})",
        R"({"janus":"ack"} // "comment")", R"({"janus":"success","data":{"id":"x"}})",
        R"({"janus":"success","data":7})", R"({"janus":"event","plugindata":[]})",
        R"({"janus":"event","plugindata":{"data":{"videoroom":"joined"}}})",
        R"({"janus":"trickle","candidate":{"candidate":"c","sdpMLineIndex":16}})",
        R"({"janus":"trickle","candidate":{"sdpMLineIndex":1}})"}) {
    auto reply = janus_decode(text);
    ASSERT_FALSE(reply) << text;
    EXPECT_FALSE(reply.error().sentence.empty()) << text;
  }
}

TEST(JanusDecode, HasBounds) {
  EXPECT_EQ(janus_decode(std::string(kMaxJanusBytes + 1, ' ')).error().code, ErrorCode::limit);
  std::string deep(40, '[');
  EXPECT_EQ(janus_decode(R"({"janus":"ack","x":)" + deep).error().code, ErrorCode::limit);
  EXPECT_FALSE(janus_decode(R"({"janus":"hangup","reason":")" + std::string(1025, 'x') + "\"}"));
  EXPECT_FALSE(janus_decode(R"({"janus":"event","jsep":{"type":"offer","sdp":")" +
                            std::string(kMaxJanusSdpBytes + 1, 'x') + "\"}}"));
}

}  // namespace
}  // namespace webcast
