// The pure parts of WHIP and WHEP: fragments, Link headers, rates, offers, resources.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/random_id.hpp"
#include "signaling/protocol/link_header.hpp"
#include "signaling/protocol/sdp_fragment.hpp"
#include "signaling/server/http/rate_limit.hpp"
#include "signaling/server/whip/whip_resource.hpp"
#include "tests/support/peer_offers.hpp"

namespace webcast {
namespace {

using namespace test;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kFragment =
    "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
    "a=candidate:1 1 UDP 2122 192.0.2.1 61764 typ host\r\n"
    "a=candidate:2 1 UDP 2122 192.0.2.2 61765 typ host\r\na=end-of-candidates\r\n";

TEST(SdpFragment, ReadsWhatItWrites) {
  auto fragment = read_sdp_fragment(kFragment);
  ASSERT_TRUE(fragment) << fragment.error().sentence;
  EXPECT_EQ(fragment->ufrag, "EsAw");
  EXPECT_EQ(fragment->password, "P2uYro0UCOQ4zxjKXaWCBui1");
  ASSERT_EQ(fragment->media.size(), 1u);
  EXPECT_EQ(fragment->media[0].mid, "0");
  EXPECT_THAT(fragment->media[0].candidates,
              ElementsAre("candidate:1 1 UDP 2122 192.0.2.1 61764 typ host",
                          "candidate:2 1 UDP 2122 192.0.2.2 61765 typ host"));
  EXPECT_TRUE(fragment->media[0].end_of_candidates);
  EXPECT_EQ(write_sdp_fragment(*fragment), kFragment);
}

TEST(SdpFragment, HasSixteenMediaAtMost) {
  std::string text = "a=ice-ufrag:x\r\n";
  for (int i = 0; i < 16; i++)
    text += "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n";
  EXPECT_TRUE(read_sdp_fragment(text));
  auto refused = read_sdp_fragment(text + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::limit);
}

TEST(SdpFragment, CandidatesBeforeTheFirstMediumCountForIt) {
  auto bare = read_sdp_fragment("a=candidate:1 1 UDP 1 192.0.2.1 1 typ host\n");
  ASSERT_TRUE(bare);
  ASSERT_EQ(bare->media.size(), 1u);
  EXPECT_EQ(bare->media[0].mid, "");
  auto before = read_sdp_fragment("a=candidate:1\r\nm=video 9 X 0\r\na=mid:1\r\na=candidate:2\r\n");
  ASSERT_TRUE(before);
  ASSERT_EQ(before->media.size(), 1u);
  EXPECT_THAT(before->media[0].candidates, ElementsAre("candidate:1", "candidate:2"));
}

TEST(SdpFragment, RefusesWhatIsNoneAndIsBounded) {
  for (std::string text :
       {std::string(), std::string("hello"), std::string("a=x\0y\r\n", 8),
        std::string("{\"candidate\":\"\"}"), std::string("s=-\r\n"), std::string(100'000, 'a')})
    EXPECT_FALSE(read_sdp_fragment(text)) << text.substr(0, 20);
  std::string many = "m=audio 9 X 0\r\n";
  for (int i = 0; i < 400; i++)
    many += "a=candidate:" + std::to_string(i) + "\r\n";
  auto fragment = read_sdp_fragment(many);
  ASSERT_TRUE(fragment);
  EXPECT_EQ(fragment->media[0].candidates.size(), kMaxFragmentCandidates);
  auto longer = read_sdp_fragment("a=candidate:" + std::string(600, 'x') + "\r\n");
  ASSERT_TRUE(longer);
  EXPECT_TRUE(longer->media.empty()) << "a candidate over 512 bytes is left out";
}

TEST(LinkHeader, ReadsWhatItWrites) {
  IceServer turn{"turn:turn.example.org:3478?transport=udp", "us\"er", "p\\ss,;>"};
  EXPECT_EQ(write_link({"stun:stun.example.org", "", ""}),
            "<stun:stun.example.org>; rel=\"ice-server\"");
  EXPECT_EQ(write_link(turn),
            "<turn:turn.example.org:3478?transport=udp>; rel=\"ice-server\"; "
            "username=\"us\\\"er\"; credential=\"p\\\\ss,;>\"; credential-type=\"password\"");
  EXPECT_THAT(read_links(write_link(turn) + ", " + write_link({"stun:s:1", "", ""})),
              ElementsAre(turn, IceServer{"stun:s:1", "", ""}));
}

TEST(LinkHeader, LeavesOutWhatIsNoIceServer) {
  EXPECT_THAT(read_links("<https://example.org/>; rel=\"next\", <stun:a:1>;rel=ice-server, "
                         "<turn:b:2>; REL=\"next ice-server\" ; username=u; credential=\"c\""),
              ElementsAre(IceServer{"stun:a:1", "", ""}, IceServer{"turn:b:2", "u", "c"}));
  for (const char* value :
       {"", "<", "<stun:a", "stun:a; rel=\"ice-server\"", "<http://a>; rel=\"ice-server\"",
        "<stun:a b>; rel=\"ice-server\"", "<stun:>; rel=ice-server", "<turn:a>; rel=\"next",
        "<turn:a>; rel=ice-server; credential-type=oauth", ";;;,,,\"", "<stun:a@b>; rel=ice-server",
        "x \t"})
    EXPECT_TRUE(read_links(value).empty()) << value;
  EXPECT_EQ(write_link({"stun:a\r\nSet-Cookie: x", "", ""}), "");
  EXPECT_EQ(write_link({"turn:a", "u\r\n", "p"}), "");
  std::string many;
  for (int i = 0; i < 100; i++)
    many += "<stun:a:1>; rel=ice-server, ";
  EXPECT_EQ(read_links(many).size(), kMaxIceServers);
}

TEST(LinkHeader, GStreamersFormAndBack) {
  auto stun = ice_server_of_uri("stun://stun.example.org:3478");
  ASSERT_TRUE(stun);
  EXPECT_EQ(*stun, (IceServer{"stun:stun.example.org:3478", "", ""}));
  EXPECT_EQ(uri_of_ice_server(*stun), "stun://stun.example.org:3478");
  auto turn = ice_server_of_uri("turn://me%40home:p%3Ass@[::1]:3478?transport=tcp");
  ASSERT_TRUE(turn);
  EXPECT_EQ(*turn, (IceServer{"turn:[::1]:3478?transport=tcp", "me@home", "p:ss"}));
  EXPECT_EQ(uri_of_ice_server(*turn), "turn://me%40home:p%3Ass@[::1]:3478?transport=tcp");
  for (const char* uri : {"", "turn:a", "http://a", "stun://", "stun://a/../b"})
    EXPECT_FALSE(ice_server_of_uri(uri)) << uri;
  EXPECT_EQ(uri_of_ice_server({"http:x", "", ""}), "");
}

TEST(RateLimit, ABurstThenOneAfterTheOther) {
  RateLimit limit({.burst = 3, .per_second = 2});
  RateLimit::Time now{seconds(100)};
  for (int i = 0; i < 3; i++)
    EXPECT_EQ(limit.take("a", now), milliseconds(0));
  EXPECT_EQ(limit.take("a", now), milliseconds(500));
  EXPECT_EQ(limit.take("b", now), milliseconds(0)) << "each address has its own";
  EXPECT_EQ(limit.take("a", now + milliseconds(500)), milliseconds(0));
  EXPECT_NE(limit.take("a", now + milliseconds(500)), milliseconds(0));
  for (int i = 0; i < 3; i++)
    EXPECT_EQ(limit.take("a", now + seconds(3600)), milliseconds(0));
  EXPECT_NE(limit.take("a", now + seconds(3600)), milliseconds(0)) << "never more than a burst";
}

TEST(RateLimit, KnowsABoundedNumberOfAddresses) {
  RateLimit limit({.burst = 2, .per_second = 1, .addresses = 3});
  RateLimit::Time now{seconds(100)};
  for (int i = 0; i < 100; i++)
    limit.take(std::to_string(i), now);
  EXPECT_LE(limit.addresses(), 4u);
  EXPECT_NE(limit.take("101", now), milliseconds(0)) << "who comes beyond shares one bucket";
  EXPECT_EQ(limit.take("102", now + seconds(10)), milliseconds(0)) << "full ones are forgotten";
}

std::string offer(const std::string& direction = "recvonly", const std::string& more = "") {
  std::string text = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n";
  int mid = 0;
  for (const char* kind : {"audio", "video"})
    text +=
        std::string("m=") + kind + " 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:" + std::to_string(mid++) +
        "\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=rtcp-mux\r\na=" + direction +
        "\r\n";
  return text + more;
}

TEST(WhipOffer, Row11OneOfAKindBundledOneMediaStream) {
  EXPECT_TRUE(check_offer(offer("recvonly"), WhipKind::whep));
  EXPECT_TRUE(check_offer(offer("sendonly"), WhipKind::whip));
  EXPECT_TRUE(check_offer(offer("sendrecv"), WhipKind::whip));
  std::string third = "m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:2\r\na=rtcp-mux\r\n";
  EXPECT_THAT(check_offer(offer("recvonly", third), WhipKind::whep).error().sentence,
              HasSubstr("more than one video"));
  std::string loose = offer();
  loose.replace(loose.find("BUNDLE 0 1"), 10, "BUNDLE 0");
  EXPECT_THAT(check_offer(loose, WhipKind::whep).error().sentence, HasSubstr("bundled"));
  std::string two = offer("sendonly", "a=msid:b x\r\n");
  two.insert(two.find("m=video"), "a=msid:a x\r\n");
  EXPECT_THAT(check_offer(two, WhipKind::whip).error().sentence, HasSubstr("MediaStream"));
  for (auto [direction, kind] :
       {std::pair("sendonly", WhipKind::whep), std::pair("recvonly", WhipKind::whip),
        std::pair("inactive", WhipKind::whip)})
    EXPECT_EQ(check_offer(offer(direction), kind).error().code, ErrorCode::not_supported)
        << direction;
}

TEST(WhipOffer, Row11OneMediumNeedsNoGroup) {
  EXPECT_TRUE(check_offer(whipclientsink_offer(), WhipKind::whip));
  EXPECT_TRUE(check_offer(whepclientsrc_offer(), WhipKind::whep));
  std::string more = "m=audio 0 UDP/TLS/RTP/SAVPF 97\r\na=mid:audio1\r\na=rtcp-mux\r\n";
  auto rejected = check_offer(whipclientsink_offer() + more, WhipKind::whip);
  ASSERT_TRUE(rejected) << rejected.error().sentence;
  EXPECT_EQ(rejected->tagged(), 0u);
  more.replace(more.find(" 0 "), 3, " 9 ");
  EXPECT_THAT(check_offer(whipclientsink_offer() + more, WhipKind::whip).error().sentence,
              HasSubstr("bundled"));
  for (const std::string& offer : {ffmpeg_offer(), obs_offer(), pion_offer()})
    EXPECT_TRUE(check_offer(offer, WhipKind::whip)) << offer;
}

TEST(WhipAnswer, Row2WhatTheOfferRejectsItselfMayBeRejected) {
  std::string rejecting = offer("sendonly");
  rejecting.replace(rejecting.find("m=audio 9"), 9, "m=audio 0");
  auto offered = check_offer(rejecting, WhipKind::whip);
  ASSERT_TRUE(offered) << offered.error().sentence;
  EXPECT_EQ(offered->tagged(), 1u);
  EXPECT_TRUE(finish_answer(rejecting, {}, WhipKind::whip, *offered));
  EXPECT_FALSE(finish_answer(rejecting, {}, WhipKind::whip));
}

TEST(WhipOffer, Row1WhatIsNoSdpIsRefusedBeforeAnybodyParsesIt) {
  std::string no_password = offer();
  for (size_t at; (at = no_password.find("a=ice-pwd")) != std::string::npos;)
    no_password.erase(at, no_password.find('\n', at) + 1 - at);
  std::string many_lines = offer(), many_media = offer();
  for (int i = 0; i < 500; i++)
    many_lines += "a=x\r\n";
  for (int i = 0; i < 16; i++)
    many_media += "m=application 9 X 0\r\n";
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("v=0\r\n"), std::string("o=-\r\nv=0\r\n"),
        offer() + "broken\r\n", offer() + "m=video\r\n", no_password, many_lines, many_media,
        offer() + "a=" + std::string(70'000, 'x')}) {
    auto checked = check_offer(text, WhipKind::whep);
    ASSERT_FALSE(checked) << text.substr(0, 30);
    EXPECT_EQ(checked.error().code, ErrorCode::invalid_argument) << text.substr(0, 30);
  }
}

TEST(WhipAnswer, Row2And5And12OneDirectionAllCandidatesNothingRejected) {
  std::string answer = offer("sendrecv");
  auto whep = finish_answer(answer, {"candidate:9 1 UDP 1 192.0.2.9 9 typ host"}, WhipKind::whep);
  ASSERT_TRUE(whep);
  EXPECT_THAT(*whep, HasSubstr("a=sendonly"));
  EXPECT_THAT(*whep, Not(HasSubstr("a=sendrecv")));
  auto sdp = read_sdp_text(*whep);
  ASSERT_TRUE(sdp);
  EXPECT_TRUE(sdp->media[0].has_candidates) << "in the m-line that the bundle names first";
  EXPECT_FALSE(sdp->media[1].has_candidates);
  EXPECT_LT(whep->find("a=end-of-candidates"), whep->find("m=video"));
  EXPECT_THAT(*finish_answer(answer, {}, WhipKind::whip), HasSubstr("a=recvonly"));
  std::string rejecting = answer;
  rejecting.replace(rejecting.find("m=video 9"), 9, "m=video 0");
  EXPECT_EQ(finish_answer(rejecting, {}, WhipKind::whep).error().code, ErrorCode::not_supported);
  EXPECT_FALSE(finish_answer("nonsense", {}, WhipKind::whep));
}

TEST(WhipPath, EndpointsAndResourcesAndNothingElse) {
  EXPECT_EQ(parse_whip_path("/whep/live"), (WhipPath{WhipKind::whep, "live", ""}));
  std::string id = unguessable_id();
  EXPECT_EQ(parse_whip_path("/whip/a.b/" + id), (WhipPath{WhipKind::whip, "a.b", id}));
  EXPECT_EQ(parse_whip_path("/whip/a.b/" + id)->text(), "/whip/a.b/" + id);
  for (std::string path : {"/whep", "/whep/", "/whep//x", "/whep/..", "/whep/live/", "/whep/live/x",
                           "/whop/live", "/whep/no spaces"})
    EXPECT_FALSE(parse_whip_path(path)) << path;
  EXPECT_FALSE(parse_whip_path("/whep/live/" + id + "/"));
}

class WhipResourceTest : public testing::Test {
 protected:
  const WhipResource::Time start_{seconds(1000)};
  const WhipResource::Patience patience_{seconds(10), seconds(2), milliseconds(150)};
  WhipResource resource_{
      {WhipKind::whep, "live", "id"}, *check_offer(offer(), WhipKind::whep), start_, patience_};
  const std::string candidate_ = "candidate:1 1 UDP 1 192.0.2.1 1 typ host";
  PatchOutcome patch(const std::string& body, std::optional<std::string> if_match = {},
                     const std::string& type = kSdpFragmentType) {
    return resource_.patch("S", type, if_match.value_or(resource_.etag()), body);
  }
};

TEST_F(WhipResourceTest, Row5WaitsForTheCandidatesThatFollow) {
  EXPECT_EQ(resource_.deadline(), start_ + seconds(10));
  resource_.answered(offer("sendonly"), true, start_ + seconds(1));
  EXPECT_EQ(resource_.deadline(), start_ + seconds(3)) << "without any there is no connection";
  EXPECT_FALSE(resource_.is_complete(start_ + milliseconds(2900)));
  resource_.add_candidate(candidate_, start_ + seconds(2));
  resource_.add_candidate(candidate_, start_ + seconds(3));
  EXPECT_EQ(resource_.deadline(), start_ + milliseconds(2150)) << "quiet since the last one";
  EXPECT_TRUE(resource_.is_complete(start_ + milliseconds(2150)));
  EXPECT_THAT(*resource_.answer(), HasSubstr("a=" + candidate_ + "\r\na=end-of-candidates"));
}

TEST_F(WhipResourceTest, Row5NoWaitWhenTheAnswerHasThemAllOrTheEndIsTold) {
  WhipResource told = resource_;
  resource_.answered(offer("sendonly", "a=" + candidate_ + "\r\n"), false, start_);
  EXPECT_TRUE(resource_.is_complete(start_));
  told.answered(offer("sendonly"), true, start_);
  told.add_candidate(candidate_, start_);
  EXPECT_FALSE(told.is_complete(start_));
  told.add_candidate("", start_);
  EXPECT_TRUE(told.is_complete(start_));
}

TEST_F(WhipResourceTest, Row6PatchBringsCandidatesToTheirLine) {
  auto outcome = patch("a=ice-ufrag:abcd\r\nm=video 9 X 0\r\na=mid:1\r\na=" + candidate_ +
                       "\r\na=end-of-candidates\r\n");
  EXPECT_EQ(outcome.status, 204u);
  EXPECT_THAT(outcome.candidates,
              ElementsAre(SessionIce{"S", 1, candidate_}, SessionIce{"S", 1, ""}));
  EXPECT_EQ(patch("m=video 9 X 0\r\na=mid:nobody\r\na=" + candidate_ + "\r\n").status, 204u);
  EXPECT_EQ(patch("hello").status, 400u);
  EXPECT_EQ(patch("m=audio 9 X 0\r\na=mid:0\r\n", {}, "application/sdp").status, 415u);
}

TEST_F(WhipResourceTest, Row6OfCandidatesASessionBringsABoundedNumberOnce) {
  auto candidates = [&](int first, int count) {
    std::string body = "m=video 9 X 0\r\na=mid:1\r\n";
    for (int i = first; i < first + count; i++)
      body += "a=candidate:1 1 udp 1 192.0.2." + std::to_string(i) + " 9 typ host\r\n";
    return patch(body);
  };
  EXPECT_EQ(candidates(0, 40).candidates.size(), 40u);
  auto again = candidates(0, 40);
  EXPECT_EQ(again.status, 204u);
  EXPECT_THAT(again.candidates, testing::IsEmpty()) << "they are known";
  EXPECT_EQ(candidates(30, 60).candidates.size(), 24u);
  EXPECT_THAT(candidates(100, 60).candidates, testing::IsEmpty());
}

TEST_F(WhipResourceTest, Row7RestartIsRefusedAndTheSessionGoesOn) {
  std::string restart = "a=ice-ufrag:news\r\na=ice-pwd:9999999999999999999999\r\n";
  EXPECT_EQ(patch(restart).status, 422u);
  EXPECT_EQ(patch(restart, "*").status, 422u);
  EXPECT_EQ(patch("a=" + candidate_ + "\r\n").status, 204u);
}

TEST_F(WhipResourceTest, Row8IfMatchIsNeededAndHasToBeRight) {
  std::string body = "a=" + candidate_ + "\r\n";
  EXPECT_EQ(patch(body, "").status, 204u) << "players by WHEP leave it out";
  EXPECT_EQ(patch(body, "\"stale\"").status, 412u);
  EXPECT_EQ(patch(body, "W/" + resource_.etag()).status, 412u) << "a weak tag never matches";
  EXPECT_EQ(patch(body, "\"other\", " + resource_.etag()).status, 204u);
  WhipResource whip({WhipKind::whip, "in", "id"}, *check_offer(offer("sendonly"), WhipKind::whip),
                    start_, patience_);
  EXPECT_EQ(whip.patch("S", kSdpFragmentType, "", body).status, 428u);
  EXPECT_EQ(whip.patch("S", kSdpFragmentType, whip.etag(), body).status, 204u);
}

}  // namespace
}  // namespace webcast
