// WHIP and WHEP by raw HTTP, at a real server in which a peer of the room answers. The names of
// the tests are the rows of docs/protocol.md, "WHIP and WHEP".
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/server/whip_fixture.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

TEST_F(WhipTest, Row1PostIsCreatedWithAnswerAndUnguessableLocation) {
  start();
  auto live = producer();
  Reply reply = post();
  EXPECT_EQ(reply.status, 201u) << reply.body;
  EXPECT_EQ(reply.header("content-type"), "application/sdp");
  EXPECT_THAT(reply.body, HasSubstr("m=video 9"));
  EXPECT_THAT(reply.header("location"), MatchesRegex("/whep/live/[0-9a-f]+"));
  EXPECT_EQ(reply.header("location").size(), strlen("/whep/live/") + 32);
  EXPECT_NE(reply.header("location"), post().header("location"));
  auto asked = live->next<StartSession>();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->offer, sdp("recvonly"));
}

TEST_F(WhipTest, Row1AnotherTypeOrBadSdpIsRefusedWithAReasonAndLeavesNothing) {
  start();
  auto live = producer();
  for (const char* type : {"text/plain", "application/json", "application/sdpx"}) {
    Reply reply = request("POST", "/whep/live", sdp("recvonly"),
                          std::string("Content-Type: ") + type + "\r\n");
    EXPECT_EQ(reply.status, 415u) << type;
    EXPECT_THAT(reply.body, HasSubstr("application/sdp"));
  }
  EXPECT_EQ(request("POST", "/whep/live", sdp("recvonly")).status, 415u) << "no type";
  for (const std::string& body : {std::string(), std::string("hello"), std::string(65'000, 'v')}) {
    Reply reply = request("POST", "/whep/live", body, "Content-Type: application/sdp\r\n");
    EXPECT_EQ(reply.status, 400u);
    EXPECT_GT(reply.body.size(), 20u) << "a sentence";
  }
  EXPECT_EQ(request("POST", "/whep/live", std::string(70'000, 'v'),
                    "Content-Type: application/sdp\r\n")
                .status,
            413u);
  EXPECT_EQ(post().status, 201u);
  EXPECT_TRUE(live->next<StartSession>());
  live->send(ListConsumersRequest{});
  EXPECT_TRUE(live->next<ListConsumers>()->consumers.empty());
}

TEST_F(WhipTest, Row2TheAnswerFlowsOneWay) {
  start();
  auto live = producer([](RoomPeer& peer, const std::string& session) {
    peer.send(SessionSdp{session, false, sdp("sendrecv", true)});
  });
  EXPECT_THAT(post().body, HasSubstr("a=sendonly"));
  RoomPeer taker(*server_, Roles{.consumer = true}, "in",
                 [](RoomPeer& peer, const std::string& session) {
                   peer.send(SessionSdp{session, false, sdp("sendrecv", true)});
                 });
  Reply reply = post("/whip/in");
  EXPECT_EQ(reply.status, 201u);
  EXPECT_THAT(reply.body, HasSubstr("a=recvonly"));
  auto offer = taker.next<SessionSdp>();
  ASSERT_TRUE(offer);
  EXPECT_TRUE(offer->is_offer);
  EXPECT_EQ(offer->sdp, sdp("sendonly"));
}

TEST_F(WhipTest, Row3OptionsTellsWhatIsTakenAndCorsExposesTheHeaders) {
  start({.allow_origins = {"https://page.example"}});
  Reply plain = request("OPTIONS", "/whep/live");
  EXPECT_EQ(plain.status, 204u);
  EXPECT_EQ(plain.header("accept-post"), "application/sdp");
  EXPECT_THAT(plain.header("allow"), HasSubstr("POST"));
  Reply preflight = request("OPTIONS", "/whip/live", "",
                            "Origin: https://page.example\r\nAccess-Control-Request-Method: POST\r\n"
                            "Access-Control-Request-Headers: content-type\r\n");
  EXPECT_EQ(preflight.status, 204u);
  EXPECT_EQ(preflight.header("access-control-allow-origin"), "https://page.example");
  for (const char* method : {"POST", "PATCH", "DELETE"})
    EXPECT_THAT(preflight.header("access-control-allow-methods"), HasSubstr(method));
  for (const char* header : {"Authorization", "Content-Type", "If-Match"})
    EXPECT_THAT(preflight.header("access-control-allow-headers"), HasSubstr(header));
  auto live = producer();
  Reply created = post("/whep/live", "Origin: https://page.example\r\n");
  ASSERT_EQ(created.status, 201u);
  for (const char* header : {"Location", "Link", "ETag"})
    EXPECT_THAT(created.header("access-control-expose-headers"), HasSubstr(header));
  EXPECT_EQ(post("/whep/live", "Origin: https://evil.example\r\n").status, 403u);
  Reply resource = request("OPTIONS", created.header("location"));
  EXPECT_EQ(resource.status, 204u);
  EXPECT_EQ(resource.header("accept-patch"), kSdpFragmentType);
}

TEST_F(WhipTest, Row4GetHasNoContentAndWhepHeadTellsTheType) {
  start();
  for (const char* path : {"/whip/live", "/whep/live"}) {
    Reply get = request("GET", path);
    EXPECT_EQ(get.status, 204u) << path;
    EXPECT_EQ(get.body, "");
    EXPECT_EQ(request("PUT", path).status, 405u);
    EXPECT_EQ(request("PATCH", path).status, 405u);
    EXPECT_EQ(request("DELETE", path).status, 405u);
  }
  Reply head = request("HEAD", "/whep/live");
  EXPECT_EQ(head.status, 200u);
  EXPECT_EQ(head.header("content-type"), "application/sdp");
}

TEST_F(WhipTest, Row5CandidatesThatFollowTheAnswerStandInIt) {
  start();
  auto live = producer([](RoomPeer& peer, const std::string& session) {
    peer.send(SessionSdp{session, false, sdp("sendonly")});
    peer.send(SessionIce{session, 0, kCandidate});
    peer.send(SessionIce{session, 0, "candidate:2 1 UDP 1 127.0.0.1 40001 typ host"});
  });
  Reply reply = post();
  EXPECT_EQ(reply.status, 201u);
  EXPECT_THAT(reply.body, HasSubstr("a=" + kCandidate + "\r\n"));
  EXPECT_THAT(reply.body, HasSubstr("40001 typ host\r\na=end-of-candidates"));
}

TEST_F(WhipTest, Row6TrickledCandidatesReachThePublisher) {
  start();
  auto live = producer();
  Reply created = post();
  Reply reply = patch(created, "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"
                               "m=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=" +
                                   kCandidate + "\r\na=end-of-candidates\r\n");
  EXPECT_EQ(reply.status, 204u) << reply.body;
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(reply.header("etag"), "");
  auto ice = live->next<SessionIce>();
  ASSERT_TRUE(ice);
  EXPECT_EQ(ice->candidate, kCandidate);
  EXPECT_EQ(ice->mline, 0u);
  EXPECT_EQ(live->next<SessionIce>()->candidate, "");
  EXPECT_EQ(patch(created, "a=candidate:nonsense\r\n").status, 204u) << "dropped by who gets it";
  EXPECT_EQ(patch(created, "hello").status, 400u);
  EXPECT_EQ(patch(created, "a=" + kCandidate + "\r\n", {}, "application/sdp").status, 415u);
}

TEST_F(WhipTest, Row7RestartIsRefusedAndTheSessionGoesOn) {
  start();
  auto live = producer();
  Reply created = post();
  EXPECT_THAT(created.header("etag"), MatchesRegex("\"[0-9a-f]+\"")) << "strong";
  Reply reply = patch(created, "a=ice-ufrag:new1\r\na=ice-pwd:9999999999999999999999\r\n", "*");
  EXPECT_EQ(reply.status, 422u);
  EXPECT_THAT(reply.body, HasSubstr("the session goes on"));
  EXPECT_EQ(patch(created, "a=" + kCandidate + "\r\n").status, 204u);
  EXPECT_EQ(live->next<SessionIce>()->candidate, kCandidate);
}

TEST_F(WhipTest, Row8ConditionsOfAPatch) {
  start();
  auto live = producer();
  RoomPeer taker(*server_, Roles{.consumer = true}, "in", answers);
  Reply created = post(), published = post("/whip/in");
  std::string fragment = "a=" + kCandidate + "\r\n";
  EXPECT_EQ(patch(published, fragment, "").status, 428u);
  EXPECT_EQ(patch(published, fragment).status, 204u);
  EXPECT_EQ(patch(created, fragment, "").status, 204u) << "players by WHEP leave it out";
  EXPECT_EQ(patch(created, fragment, "\"stale\"").status, 412u);
  EXPECT_EQ(patch(created, fragment).status, 204u);
}

TEST_F(WhipTest, Row9DeleteEndsTheSessionWhateverTheTag) {
  start();
  auto live = producer();
  Reply created = post();
  std::string location = created.header("location");
  EXPECT_EQ(request("DELETE", location + "0").status, 404u);
  std::string other = location;
  other.replace(0, 5, "/whip");
  EXPECT_EQ(request("DELETE", other).status, 404u) << "a resource has one address";
  EXPECT_EQ(request("DELETE", location, "", "If-Match: \"stale\"\r\n").status, 200u);
  auto ended = live->next<EndSessionV1_1>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(request("DELETE", location).status, 404u);
  EXPECT_EQ(patch(created, "a=" + kCandidate + "\r\n").status, 404u);
}

TEST_F(WhipTest, Row10WhatThePublisherEndsIsGone) {
  start();
  auto live = producer();
  Reply created = post();
  auto asked = live->next<StartSession>();
  live->send(EndSessionV1_1{asked->session, "The viewer has not been heard of for 10 s"});
  live->settle();
  EXPECT_EQ(patch(created, "a=" + kCandidate + "\r\n").status, 404u);
  Reply second = post();
  live.reset();
  EXPECT_EQ(request("DELETE", second.header("location")).status, 404u) << "gone with the publisher";
}

TEST_F(WhipTest, Row11MoreThanOneOfAKindIsUnprocessable) {
  start();
  auto live = producer();
  std::string two = sdp("recvonly") + "m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=mid:1\r\na=rtcp-mux\r\n";
  Reply reply = request("POST", "/whep/live", two, "Content-Type: application/sdp\r\n");
  EXPECT_EQ(reply.status, 422u);
  EXPECT_THAT(reply.body, HasSubstr("more than one video"));
}

TEST_F(WhipTest, Row12AnAnswerThatRejectsAMediumRefusesTheWholePost) {
  start();
  auto live = producer([](RoomPeer& peer, const std::string& session) {
    std::string answer = sdp("sendonly", true);
    answer.replace(answer.find("m=video 9"), 9, "m=video 0");
    peer.send(SessionSdp{session, false, answer});
  });
  EXPECT_EQ(post().status, 422u);
  EXPECT_TRUE(live->next<EndSessionV1_1>()) << "nothing is left behind";
}

TEST_F(WhipTest, Row12WhatThePublisherCannotServeIsToldWithItsReason) {
  start();
  auto live = producer([](RoomPeer& peer, const std::string& session) {
    peer.send(EndSessionV1_1{session, "The viewer can decode VP8, and the stream is H264."});
  });
  Reply reply = post();
  EXPECT_EQ(reply.status, 422u);
  EXPECT_THAT(reply.body, HasSubstr("the stream is H264"));
}

TEST_F(WhipTest, Row13FullIs503WithRetryAfter) {
  start({.whip = {.sessions = 1}});
  auto full = producer([](RoomPeer& peer, const std::string& session) {
    peer.send(EndSessionV1_1{session, "The stream is full: try again later"});
  });
  Reply reply = post();
  EXPECT_EQ(reply.status, 503u);
  EXPECT_NE(reply.header("retry-after"), "");
  full.reset();
  auto live = producer();
  EXPECT_EQ(post().status, 201u);
  reply = post();
  EXPECT_EQ(reply.status, 503u) << "as many sessions as there may be";
  EXPECT_NE(reply.header("retry-after"), "");
}

TEST_F(WhipTest, Row14TheTokenIsNeededOnEveryRequestButPreflight) {
  start({.view_token = "s3cret"});
  auto live = producer();
  std::string bearer = "Authorization: Bearer s3cret\r\n";
  Reply refused = post();
  EXPECT_EQ(refused.status, 401u);
  EXPECT_EQ(refused.header("www-authenticate"), "Bearer");
  EXPECT_EQ(request("OPTIONS", "/whep/live").status, 401u) << "no preflight";
  EXPECT_EQ(request("OPTIONS", "/whep/live", "",
                    "Origin: https://x.example\r\nAccess-Control-Request-Method: POST\r\n")
                .status,
            204u);
  Reply created = post("/whep/live", bearer);
  ASSERT_EQ(created.status, 201u);
  EXPECT_THAT(created.header("location"), Not(HasSubstr("s3cret")));
  std::string location = created.header("location");
  EXPECT_EQ(request("PATCH", location, "a=" + kCandidate + "\r\n").status, 401u);
  EXPECT_EQ(request("DELETE", location).status, 401u);
  EXPECT_EQ(request("DELETE", location, "", bearer).status, 200u);
  Reply by_query = post("/whep/live?token=s3cret");
  ASSERT_EQ(by_query.status, 201u);
  EXPECT_EQ(request("DELETE", by_query.header("location")).status, 200u)
      << "who brought it in the address has it in the resource's address";
}

TEST_F(WhipTest, Row14ToPublishTakesThePublishToken) {
  start({.view_token = "s3cret", .publish_token = "publish-s3cret"});
  RoomPeer taker(*server_, Roles{.consumer = true}, "in", answers);
  EXPECT_EQ(post("/whip/in").status, 401u);
  EXPECT_EQ(post("/whip/in", "Authorization: Bearer s3cret\r\n").status, 401u);
  Reply created = post("/whip/in", "Authorization: Bearer publish-s3cret\r\n");
  EXPECT_EQ(created.status, 201u);
  EXPECT_EQ(request("DELETE", created.header("location"), "", "Authorization: Bearer s3cret\r\n")
                .status,
            401u);
}

TEST_F(WhipTest, Row15IceServersInTheCreatedAndOptionsButNotInPreflight) {
  start({.ice_servers = {{"stun:all.example", "", ""}}});
  ASSERT_TRUE(server_->add_stream("live"));
  server_->set_stream({.name = "live",
                       .live = true,
                       .ice_servers = {{"turn:own.example:3478?transport=udp", "user", "pass"}}});
  auto live = producer();
  std::string link =
      "<turn:own.example:3478?transport=udp>; rel=\"ice-server\"; username=\"user\"; "
      "credential=\"pass\"; credential-type=\"password\"";
  EXPECT_EQ(post().header("link"), link);
  EXPECT_EQ(request("OPTIONS", "/whep/live").header("link"), link);
  EXPECT_EQ(request("OPTIONS", "/whep/other").header("link"),
            "<stun:all.example>; rel=\"ice-server\"");
  Reply preflight = request("OPTIONS", "/whep/live", "",
                            "Origin: http://127.0.0.1\r\nAccess-Control-Request-Method: POST\r\n");
  EXPECT_EQ(preflight.status, 204u);
  EXPECT_EQ(preflight.header("link"), "");
}

TEST_F(WhipTest, Row16TooManyRequestsAreRefused) {
  start({.whip = {.loopback_rate = {.burst = 3, .per_second = 0.001}}});
  auto live = producer();
  Reply created = post();
  EXPECT_EQ(created.status, 201u);
  EXPECT_EQ(patch(created, "a=" + kCandidate + "\r\n").status, 204u);
  EXPECT_EQ(request("DELETE", created.header("location")).status, 200u);
  Reply reply = post();
  EXPECT_EQ(reply.status, 429u);
  EXPECT_NE(reply.header("retry-after"), "");
  EXPECT_EQ(request("OPTIONS", "/whep/live").status, 204u) << "not counted";
}

TEST_F(WhipTest, Row17NothingLiveIs409WithRetryAfter) {
  start();
  for (const char* path : {"/whep/live", "/whip/live"}) {
    Reply reply = post(path);
    EXPECT_EQ(reply.status, 409u) << path;
    EXPECT_NE(reply.header("retry-after"), "");
    EXPECT_THAT(reply.body, HasSubstr("live"));
  }
  EXPECT_EQ(post("/whep/no%20name").status, 404u);
}

TEST_F(WhipTest, APublisherThatNeverAnswersIsATimeoutAndNothingIsLeft) {
  start({.whip = {.patience = {.answer = std::chrono::milliseconds(50)}}});
  auto live = producer([](RoomPeer&, const std::string&) {});
  EXPECT_EQ(post().status, 504u);
  EXPECT_TRUE(live->next<EndSessionV1_1>());
}

TEST_F(WhipTest, TheServerGoesWhileAnAnswerIsAwaited) {
  start();
  auto live = producer([](RoomPeer&, const std::string&) {});
  TestClient client(port_);
  std::string offer = sdp("recvonly");
  client.send("POST /whep/live HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/sdp\r\n"
              "Content-Length: " +
              std::to_string(offer.size()) + "\r\n\r\n" + offer);
  ASSERT_TRUE(live->next<StartSession>());
  live.reset();
  server_.reset();
  EXPECT_TRUE(client.ends());
}

// By WebSocket and by WHEP together; it may ask again later, and stays.
TEST_F(WhipTest, AnAddressThatBeginsTooManySessionsWaits) {
  ServerSettings settings;
  // Ten for the loopback address of this test; none comes back while it runs.
  settings.new_sessions = {.burst = 1, .per_second = 1e-4};
  start(settings);
  TestClient client(port_);
  ASSERT_TRUE(client.upgrade());
  for (int i = 0; i < 9; i++) {
    client.send_text(R"({"type":"startSession","peerId":"nobody"})");
    auto error = client.receive_text_with("error");
    ASSERT_TRUE(error);
    EXPECT_THAT(*error, HasSubstr("no such peer")) << i;
  }
  EXPECT_EQ(post().status, 409u) << "nothing is live";
  Reply refused = post();
  EXPECT_EQ(refused.status, 429u);
  EXPECT_FALSE(refused.header("retry-after").empty());
  client.send_text(R"({"type":"startSession","peerId":"nobody"})");
  auto error = client.receive_text_with("error");
  ASSERT_TRUE(error);
  EXPECT_THAT(*error, HasSubstr("Too many sessions"));
  client.send_text(R"({"type":"list"})");
  EXPECT_TRUE(client.receive_text_with("\"list\"")) << "who is in stays in";
}

}  // namespace
}  // namespace webcast::test
