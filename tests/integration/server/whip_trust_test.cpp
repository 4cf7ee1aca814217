// whip:// as the element uses it: what is shown to whom, and where a server may lead us.
//
// Meson starts it in a network of its own, where this machine has a public address.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/server/whip_client_fixture.hpp"

namespace webcast::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Of RFC 2544's block for tests; on the loopback device beside 127.0.0.1.
const char* const kPublic = "198.18.0.9";

class WhipTrust : public WhipClientTest {
 protected:
  static void SetUpTestSuite() {
    ASSERT_EQ(system("ip link set lo up && ip addr add 198.18.0.9/32 dev lo"), 0)
        << "to be started by way of `unshare -n`";
  }
};

TEST_F(WhipTrust, TheTokenStaysWithTheOriginWhereverARedirectionLeads) {
  for (unsigned status : {307u, 308u}) {
    WhipServer other;
    WhipServer server(
        {.redirections = 1, .redirect_status = status, .redirect_to = other.url("/elsewhere")});
    Sink sink(control_, server.location(), "live", {.publish_token = "s3cret"});
    std::string session = connect(sink);
    EXPECT_EQ(server.next("POST")->header("authorization"), "Bearer s3cret");
    auto post = other.next("POST");
    ASSERT_TRUE(post) << status;
    EXPECT_EQ(post->body, kSinksOffer);
    EXPECT_EQ(post->header("authorization"), "");
    candidate(sink, session);
    EXPECT_EQ(other.next("PATCH")->header("authorization"), "");
    sink.stop();
    EXPECT_EQ(other.next("DELETE")->header("authorization"), "");
  }
}

TEST_F(WhipTrust, TheTokenStaysWithTheOriginWhereverALocationLeads) {
  WhipServer other;
  WhipServer server({.location = other.url("/session/1")});
  Sink sink(control_, server.location(), "live", {.publish_token = "s3cret"});
  std::string session = connect(sink);
  candidate(sink, session);
  EXPECT_EQ(other.next("PATCH")->header("authorization"), "");
  sink.stop();
  EXPECT_EQ(other.next("DELETE")->header("authorization"), "");
}

TEST_F(WhipTrust, ATokenThatWasNotShownElsewhereIsToldAsSuch) {
  WhipServer other({.post_status = 401, .refusals = 1});
  WhipServer server({.redirections = 1, .redirect_to = other.url("/elsewhere")});
  Sink sink(control_, server.location(), "live", {.publish_token = "s3cret"});
  offer(sink, ask(sink));
  auto warning = sink.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->text, HasSubstr("it leads to " + other.url("")));
  EXPECT_THAT(warning->text, HasSubstr("let location name that address"));
}

TEST_F(WhipTrust, ARefusalNamesTheOneRemedyThatFits) {
  for (std::string token : {"", "s3cret"}) {
    WhipServer server({.post_status = 401, .refusals = 1});
    Sink sink(control_, server.location(), "live", {.publish_token = token});
    offer(sink, ask(sink));
    auto warning = sink.next("warning");
    ASSERT_TRUE(warning);
    EXPECT_THAT(warning->text, HasSubstr(token.empty() ? "set publish-token to the token"
                                                       : "does not take the publish-token"));
    EXPECT_THAT(warning->text, Not(HasSubstr("view-token")));
  }
}

TEST_F(WhipTrust, HeadersGoToTheOriginThatLocationNamesAlone) {
  WhipServer other;
  WhipServer server({.redirections = 1, .redirect_to = other.url("/elsewhere")});
  Sink sink(control_, server.location(), "live", {.publish_token = "s3cret"},
            SignalerRole::producer, {.headers = {{"X-Api-Key", "s3cret-key"}}});
  connect(sink);
  auto shown = server.next("POST");
  ASSERT_TRUE(shown);
  EXPECT_EQ(shown->header("x-api-key"), "s3cret-key");
  EXPECT_EQ(shown->header("authorization"), "Bearer s3cret");
  auto hidden = other.next("POST");
  ASSERT_TRUE(hidden);
  EXPECT_EQ(hidden->header("x-api-key"), "");
}

TEST_F(WhipTrust, HeadersGoWithAHandshakeAndNotWhereItIsLed) {
  for (const char* path : {"/", "/room"}) {
    WhipServer other;
    WhipServer server({.redirections = 1, .redirect_status = 302, .redirect_to = other.url("/")});
    std::string address = "127.0.0.1:" + std::to_string(server.port()) + path;
    Sink sink(control_, (path[1] ? "janus://" : "ws://") + address, "live",
              {.publish_token = "s3cret"}, SignalerRole::producer,
              {.headers = {{"X-Api-Key", "s3cret-key"}}});
    ASSERT_TRUE(sink.start());
    auto shown = server.next("GET");
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->header("x-api-key"), "s3cret-key");
    EXPECT_EQ(shown->header("authorization"), path[1] ? "" : "Bearer s3cret");
    auto warning = sink.next("warning");
    ASSERT_TRUE(warning);
    EXPECT_THAT(warning->text, HasSubstr("leads elsewhere (302)"));
    EXPECT_EQ(other.count("GET"), 0u);
  }
}

TEST_F(WhipTrust, WhatAServerRepeatsOfTheHeadersIsNotTold) {
  WhipServer server({.post_status = 401, .refusals = 1, .refusal = "Nobody knows s3cret-key"});
  Sink sink(control_, server.location(), "live", {}, SignalerRole::producer,
            {.headers = {{"X-Api-Key", "s3cret-key"}}});
  offer(sink, ask(sink));
  auto warning = sink.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->text, Not(HasSubstr("s3cret")));
}

TEST_F(WhipTrust, AServerOfTheInternetNamesNoIceServerInAPrivateNetwork) {
  const std::string link =
      "<stun:198.18.0.9:3478>; rel=\"ice-server\", <turn:127.0.0.1:3478>; rel=\"ice-server\"; "
      "username=\"u\"; credential=\"s3cret\"";
  WhipServer server({.address = kPublic, .link = link});
  Sink sink(control_, server.location(), "live");
  ASSERT_TRUE(sink.start());
  auto warning = sink.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->text, HasSubstr("turn:127.0.0.1:3478"));
  EXPECT_THAT(warning->text, Not(HasSubstr("s3cret")));
  auto asked = sink.next("requested");
  ASSERT_TRUE(asked);
  EXPECT_THAT(asked->servers, ElementsAre("stun://198.18.0.9:3478"));
}

TEST_F(WhipTrust, AServerInAPrivateNetworkMayNameWhatIsThere) {
  WhipServer server({.link = "<stun:127.0.0.1:3478>; rel=\"ice-server\""});
  Sink sink(control_, server.location(), "live");
  ASSERT_TRUE(sink.start());
  auto asked = sink.next("requested");
  ASSERT_TRUE(asked);
  EXPECT_THAT(asked->servers, ElementsAre("stun://127.0.0.1:3478"));
}

TEST_F(WhipTrust, AServerOfTheInternetSendsNobodyIntoAPrivateNetwork) {
  WhipServer inside;
  WhipServer redirects(
      {.address = kPublic, .redirections = 1, .redirect_to = inside.url("/elsewhere")});
  Sink first(control_, redirects.location(), "live");
  offer(first, ask(first));
  auto warning = first.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->text, HasSubstr("leads into a private network"));

  WhipServer server({.address = kPublic, .location = inside.url("/session/1")});
  Sink second(control_, server.location(), "live");
  std::string session = connect(second);
  candidate(second, session);
  second.stop();
  EXPECT_EQ(inside.count("POST") + inside.count("PATCH") + inside.count("DELETE"), 0u);
}

}  // namespace
}  // namespace webcast::test
