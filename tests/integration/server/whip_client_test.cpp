// whip:// as the element uses it, at a server with habits. The names of the tests are the client's
// rows in docs/protocol.md, "WHIP and WHEP".
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/signalers/whip/http_client.hpp"
#include "plugins/signalers/whip/whip.hpp"
#include "signaling/protocol/sdp_fragment.hpp"
#include "tests/integration/server/whip_client_fixture.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(WhipClientTest, Row1PostsTheOfferAndBringsTheAnswer) {
  WhipServer server;
  Sink sink(control_, server.location(), "live");
  std::string session = ask(sink);
  offer(sink, session);
  auto post = server.next("POST");
  ASSERT_TRUE(post);
  EXPECT_EQ(post->path, "/whip/live");
  EXPECT_EQ(post->header("content-type"), "application/sdp");
  EXPECT_EQ(post->body, kSinksOffer);
  auto answer = sink.next("answer");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->session, session);
  EXPECT_EQ(answer->text, WhipHabits().answer);
}

TEST_F(WhipClientTest, Row1AnUnknownStatusIsTakenAsItsClass) {
  for (unsigned status : {499u, 599u, 399u}) {
    WhipServer server({.post_status = status, .refusals = 1});
    Sink sink(control_, server.location(), "live");
    std::string session = ask(sink);
    offer(sink, session);
    auto warning = sink.next("warning");
    ASSERT_TRUE(warning) << status;
    EXPECT_THAT(warning->text, HasSubstr(std::to_string(status)));
    EXPECT_THAT(warning->text, HasSubstr(server.location()));
    auto ended = sink.next("ended");
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->session, session);
  }
}

TEST_F(WhipClientTest, Row1ASlowAnswerIsWaitedFor) {
  WhipServer server({.slowness = std::chrono::seconds(2)});
  Sink sink(control_, server.location(), "live");
  connect(sink);
  EXPECT_EQ(server.count("POST"), 1u) << "asked once";
}

TEST_F(WhipClientTest, Row1AWrongPathIsToldAsOne) {
  WhipServer server({.post_status = 404, .refusals = 1});
  Sink sink(control_, server.location(), "live");
  offer(sink, ask(sink));
  auto warning = sink.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->text, HasSubstr("check its path"));
}

TEST_F(WhipClientTest, Row2FollowsA307WithTheWholeRequest) {
  for (unsigned status : {307u, 308u}) {
    WhipServer server({.redirections = 2, .redirect_status = status});
    Sink sink(control_, server.location(), "live", {.publish_token = "s3cret"});
    std::string session = connect(sink);
    server.next("POST");
    server.next("POST");
    auto post = server.next("POST");
    ASSERT_TRUE(post) << status;
    EXPECT_EQ(post->path, "/elsewhere");
    EXPECT_EQ(post->body, kSinksOffer);
    EXPECT_EQ(post->header("authorization"), "Bearer s3cret");
  }
}

TEST_F(WhipClientTest, Row2DoesNotFollowForEverNorA301) {
  for (unsigned status : {301u, 302u, 307u}) {
    WhipServer server({.redirections = 1000, .redirect_status = status});
    Sink sink(control_, server.location(), "live");
    offer(sink, ask(sink));
    EXPECT_TRUE(sink.next("ended")) << status;
    EXPECT_LE(server.count("POST"), status == 307 ? 6u : 1u);
  }
}

TEST_F(WhipClientTest, Row2WaitsAsRetryAfterSaysAndTriesAgain) {
  for (unsigned status : {503u, 409u}) {
    WhipServer server({.post_status = status, .refusals = 1, .retry_after = "1"});
    Sink sink(control_, server.location(), "live");
    std::string first = ask(sink);
    offer(sink, first);
    auto warning = sink.next("warning");
    ASSERT_TRUE(warning);
    EXPECT_THAT(warning->text, HasSubstr("No, says the test"));
    ASSERT_TRUE(sink.next("ended"));
    ASSERT_TRUE(sink.next("reconnecting"));
    auto again = sink.next("requested");
    ASSERT_TRUE(again);
    EXPECT_NE(again->session, first);
    offer(sink, again->session);
    EXPECT_TRUE(sink.next("connected"));
  }
}

TEST_F(WhipClientTest, Row3CandidatesBeforeTheCreatedWaitForItAndGoTogether) {
  WhipServer server({.slowness = std::chrono::milliseconds(300)});
  Sink sink(control_, server.location(), "live");
  offer(sink, ask(sink), {kSinksCandidate, "candidate:2 1 UDP 1 127.0.0.1 4001 typ host"});
  auto patch = server.next("PATCH");
  ASSERT_TRUE(patch);
  EXPECT_EQ(patch->path, "/session/1");
  EXPECT_EQ(patch->header("content-type"), kSdpFragmentType);
  EXPECT_EQ(patch->header("if-match"), "\"tag\"");
  auto fragment = read_sdp_fragment(patch->body);
  ASSERT_TRUE(fragment);
  EXPECT_EQ(fragment->ufrag, "abcd");
  ASSERT_EQ(fragment->media.size(), 1u);
  EXPECT_EQ(fragment->media[0].mid, "v");
  EXPECT_EQ(fragment->media[0].candidates.size(), 2u);
}

TEST_F(WhipClientTest, Row3AServerThatRefusesPatchDoesNotEndTheSession) {
  for (unsigned status : {405u, 501u, 404u, 422u}) {
    WhipServer server({.patch_status = status});
    Sink sink(control_, server.location(), "live");
    std::string session = connect(sink);
    candidate(sink, session);
    ASSERT_TRUE(server.next("PATCH"));
    control_.call([] {});
    sink.run([&](Signaler& s) { s.end_session(session, std::nullopt); });
    EXPECT_TRUE(server.next("DELETE")) << "it was there until now";
    EXPECT_EQ(server.count("PATCH"), 1u);
    EXPECT_EQ(server.count("POST"), 1u);
  }
}

TEST_F(WhipClientTest, Row3AServerThatNeverAnswersAPatchDoesNotEndTheSession) {
  WhipServer server({.patch_hangs = true});
  Sink sink(control_, server.location(), "live");
  std::string session = connect(sink);
  candidate(sink, session);
  ASSERT_TRUE(server.next("PATCH"));
  sink.stop();
  EXPECT_TRUE(server.next("DELETE"));
}

TEST_F(WhipClientTest, Row4DeletesOnStopWithoutATag) {
  for (const char* location : {"/session/1", "session/1", "../session/1", "?id=1"}) {
    WhipServer server({.location = location});
    Sink sink(control_, server.location("/whip/live"), "live");
    connect(sink);
    sink.stop();
    auto gone = server.next("DELETE");
    ASSERT_TRUE(gone) << location;
    std::string expected = location == std::string("session/1") ? "/whip/session/1"
                           : location[0] == '?'                 ? "/whip/live"
                                                                : "/session/1";
    EXPECT_EQ(gone->path, expected);
    EXPECT_EQ(gone->header("if-match"), "");
  }
}

TEST_F(WhipClientTest, Row4AStreamThatEndsDeletesAndComesBackWhenItIsLiveAgain) {
  WhipServer server;
  Sink sink(control_, server.location(), "live");
  std::string session = connect(sink);
  sink.run([&](Signaler& s) { s.end_session(session, std::nullopt); });
  sink.set_live(false);
  ASSERT_TRUE(server.next("DELETE"));
  sink.set_live(true);
  auto again = sink.next("requested");
  ASSERT_TRUE(again);
  EXPECT_NE(again->session, session);
}

TEST_F(WhipClientTest, Row5TheTokenIsOnEveryRequestAndNothingWithoutOne) {
  for (std::string token : {"", "s3cret"}) {
    WhipServer server;
    std::string expected = token.empty() ? "" : "Bearer s3cret";
    Sink sink(control_, server.location(), "live", {.publish_token = token});
    std::string session = ask(sink);
    EXPECT_EQ(server.next("OPTIONS")->header("authorization"), expected);
    offer(sink, session);
    EXPECT_EQ(server.next("POST")->header("authorization"), expected);
    ASSERT_TRUE(sink.next("answer"));
    candidate(sink, session);
    EXPECT_EQ(server.next("PATCH")->header("authorization"), expected);
    sink.stop();
    EXPECT_EQ(server.next("DELETE")->header("authorization"), expected);
  }
}

TEST_F(WhipClientTest, Row5ARefusedTokenIsToldWithTheRemedyAndWithoutTheToken) {
  for (std::string words : {"Nobody knows you", "Nobody knows s3cret"}) {
    WhipServer server({.post_status = 401, .refusals = 1, .refusal = words});
    Sink sink(control_, server.location(), "live", {.publish_token = "s3cret"});
    offer(sink, ask(sink));
    auto warning = sink.next("warning");
    ASSERT_TRUE(warning);
    EXPECT_THAT(warning->text, HasSubstr("publish-token"));
    EXPECT_EQ(warning->text.ends_with("Nobody knows you"), words == "Nobody knows you");
    EXPECT_THAT(warning->text, Not(HasSubstr("s3cret")));
  }
}

TEST_F(WhipClientTest, Row6IceServersOfOptionsComeBeforeTheOffer) {
  WhipServer server({.link = "<stun:s.example:3478>; rel=\"ice-server\", "
                             "<turn:t.example:3478?transport=udp>; rel=\"ice-server\"; "
                             "username=\"u\"; credential=\"p@ss\""});
  Sink sink(control_, server.location(), "live");
  ASSERT_TRUE(sink.start());
  auto asked = sink.next("requested");
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->servers,
            (std::vector<std::string>{"stun://s.example:3478",
                                      "turn://u:p%40ss@t.example:3478?transport=udp"}));
  EXPECT_TRUE(asked->is_server);
  // Candidates of those servers come behind the offer: it waits for them.
  offer(sink, asked->session, {kSinksCandidate});
  auto post = server.next("POST");
  ASSERT_TRUE(post);
  EXPECT_THAT(post->body, HasSubstr("a=" + kSinksCandidate + "\r\n"));
}

TEST_F(WhipClientTest, Row6AServerWithoutOptionsIsPostedToAllTheSame) {
  for (unsigned status : {404u, 405u, 500u}) {
    WhipServer server({.options_status = status});
    Sink sink(control_, server.location(), "live");
    connect(sink);
  }
}

TEST_F(WhipClientTest, Row7ALostSessionIsMadeAnewWithBackoff) {
  WhipServer server;
  Sink sink(control_, server.location(), "live");
  std::string first = connect(sink);
  sink.run([&](Signaler& s) { s.end_session(first, "The viewer cannot be reached any more."); });
  auto warning = sink.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_TRUE(sink.next("reconnecting"));
  auto second = sink.next("requested");
  ASSERT_TRUE(second);
  offer(sink, second->session);
  EXPECT_TRUE(sink.next("connected"));
  EXPECT_TRUE(server.next("DELETE")) << "the old one is ended";
}

TEST_F(WhipClientTest, Row7MakesBeforeItBreaksWhenTheServerForgotTheSession) {
  WhipServer server({.patches_until_gone = 1});
  Sink sink(control_, server.location(), "live");
  std::string first = connect(sink);
  candidate(sink, first);
  ASSERT_TRUE(server.next("PATCH"));
  candidate(sink, first, "candidate:2 1 UDP 1 127.0.0.1 4001 typ host");
  auto second = sink.next("requested");
  ASSERT_TRUE(second);
  EXPECT_NE(second->session, first);
  offer(sink, second->session);
  auto answer = sink.next("answer");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->session, second->session);
  auto ended = sink.next("ended");
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->session, first) << "only now";
}

TEST_F(WhipClientTest, Row7AServerThatIsNotThereIsTriedAgain) {
  auto listener = adopt(g_socket_listener_new());
  guint16 port = g_socket_listener_add_any_inet_port(listener.get(), nullptr, nullptr);
  g_socket_listener_close(listener.get());
  Sink sink(control_, "whip://127.0.0.1:" + std::to_string(port) + "/x", "live");
  ASSERT_TRUE(sink.start()) << "it may come later";
  auto warning = sink.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->text, HasSubstr("cannot be reached"));
  EXPECT_TRUE(sink.next("reconnecting"));
  EXPECT_TRUE(sink.next("reconnecting"));
}

TEST_F(WhipClientTest, NothingIsAskedBeforeTheStreamIsLive) {
  WhipServer server;
  Sink sink(control_, server.location(), "live");
  ASSERT_TRUE(sink.start(false));
  EXPECT_TRUE(sink.quiet());
  sink.set_live(true);
  EXPECT_TRUE(sink.next("requested"));
}

TEST_F(WhipClientTest, StopsInEveryPhase) {
  for (int phase = 0; phase < 5; phase++) {
    auto slowness = std::chrono::milliseconds(phase == 2 ? 5000 : 0);
    WhipServer server({.patch_hangs = true, .slowness = slowness});
    Sink sink(control_, server.location(), "live");
    ASSERT_TRUE(sink.start());
    std::string session;
    if (phase >= 1) session = sink.next("requested")->session;
    if (phase >= 2) offer(sink, session);
    if (phase >= 3) {
      ASSERT_TRUE(sink.next("answer"));
    }
    if (phase >= 4) candidate(sink, session);
    sink.stop();
    sink.drain();
    EXPECT_TRUE(sink.start()) << "and begins again";
  }
}

TEST_F(WhipClientTest, LocationsBecomeUrlsOrSentences) {
  EXPECT_EQ(*whip_url("whip", "host/path?x=1"), "http://host/path?x=1");
  EXPECT_EQ(*whip_url("whips", "[::1]:8/p"), "https://[::1]:8/p");
  for (const char* rest : {"", "/path", ":80/x", "host:99999/"})
    EXPECT_FALSE(whip_url("whip", rest)) << rest;
  EXPECT_THAT(whip_url("whip", "user:s3cret@host/").error().sentence, HasSubstr("publish-token"));
  Sink sink(control_, "whip://user:s3cret@host/x", "live");
  EXPECT_THAT(sink.error().sentence, Not(HasSubstr("s3cret")));
}

TEST_F(WhipClientTest, NeverFromHttpsToHttp) {
  EXPECT_EQ(resolve_url("https://a/b", "http://a/c"), "");
  EXPECT_EQ(resolve_url("https://a/b", "c"), "https://a/c");
  EXPECT_EQ(resolve_url("http://a/b", "https://d/c"), "https://d/c");
  EXPECT_EQ(resolve_url("http://a/b", "file:///etc/passwd"), "");
  EXPECT_EQ(resolve_url("http://a/b", "//["), "");
}

}  // namespace
}  // namespace webcast::test
