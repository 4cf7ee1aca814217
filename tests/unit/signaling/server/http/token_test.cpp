#include "signaling/server/http/token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signaling/server/http/access.hpp"
#include "tests/support/signed_token.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kSecret = "0123456789abcdef0123456789abcdef";
const std::string kView = R"({"stream":"live","role":"view","exp":1000})";
const std::string kPublish = R"({"stream":"live","role":"publish","exp":1000})";

std::chrono::system_clock::time_point at(long seconds) {
  return std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
}
std::optional<TokenGrant> read(const std::string& token, long seconds = 999) {
  return read_token(token, kSecret, at(seconds));
}
std::optional<TokenGrant> claims(const std::string& text) {
  return read(signed_token(kSecret, text));
}

TEST(Token, SaysWhatItsBearerMay) {
  auto view = claims(kView), publish = claims(kPublish);
  ASSERT_TRUE(view && publish);
  EXPECT_EQ(view->stream, "live");
  EXPECT_FALSE(view->publishes);
  EXPECT_TRUE(publish->publishes);
  EXPECT_TRUE(view->covers("live"));
  EXPECT_FALSE(view->covers("live2"));
  EXPECT_FALSE(view->covers(""));
  auto any = claims(R"({"stream":"*","role":"view","exp":1000})");
  ASSERT_TRUE(any);
  EXPECT_TRUE(any->covers("live") && any->covers(""));
}

TEST(Token, IsSignedByTheSecretAndNotChangedSince) {
  std::string token = signed_token(kSecret, kView), publish = signed_token(kSecret, kPublish);
  EXPECT_FALSE(read(signed_token(kSecret + "x", kView)));
  EXPECT_FALSE(read_token(signed_token("", kView), "", at(999))) << "no secret, no tokens";
  EXPECT_FALSE(read_token(signed_token("short", kView), "short", at(999)));
  size_t dot = token.rfind('.');
  EXPECT_FALSE(read(token.substr(0, dot)));
  EXPECT_FALSE(read(token.substr(0, dot + 1)));
  EXPECT_FALSE(read(publish.substr(0, publish.rfind('.')) + token.substr(dot)));
  for (size_t i = dot + 1; i + 1 < token.size(); i++) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read(changed)) << i;
  }
}

TEST(Token, TheAlgorithmIsNotTheTokensToChoose) {
  for (const char* header : {R"({"alg":"none"})", R"({"alg":"NONE"})", R"({})", R"({"alg":""})",
                             R"({"alg":"RS256"})", R"({"alg":"HS512"})", R"({"alg":7})"}) {
    std::string token = signed_token(kSecret, kView, header);
    EXPECT_FALSE(read(token)) << header;
    EXPECT_FALSE(read(token.substr(0, token.rfind('.') + 1))) << header;
    EXPECT_FALSE(read(token.substr(0, token.rfind('.')))) << header;
  }
  EXPECT_FALSE(read(signed_token(kSecret, kView, R"({"alg":"HS512"})", G_CHECKSUM_SHA512)));
  EXPECT_FALSE(read(signed_token(kSecret, kView, R"({"alg":"HS384"})", G_CHECKSUM_SHA384)));
}

TEST(Token, WhatItsHeaderHoldsToBeCriticalIsNotPassedOver) {
  for (const char* critical : {R"(["exp"])", R"(["b64"])", R"([])", R"("x")", "null", "{}"}) {
    std::string header =
        R"({"alg":"HS256","typ":"JWT","b64":true,"crit":)" + std::string(critical) + "}";
    EXPECT_FALSE(read(signed_token(kSecret, kView, header))) << critical;
  }
  EXPECT_TRUE(read(signed_token(kSecret, kView, R"({"alg":"HS256","typ":"JWT","kid":"x"})")));
}

TEST(Token, ThatIsForSomebodyElseIsNoneHere) {
  auto with = [](const std::string& audience) {
    return claims(R"({"stream":"live","role":"view","exp":1000,"aud":)" + audience + "}");
  };
  EXPECT_TRUE(with(R"("webcast")"));
  EXPECT_TRUE(with(R"(["other","webcast"])"));
  for (const char* audience : {R"("other")", R"(["other"])", "[]", R"("")", "7", "null", "{}",
                               R"([["webcast"]])", R"({"webcast":"webcast"})", "[7]"})
    EXPECT_FALSE(with(audience)) << audience;
}

TEST(Token, IsValidUntilItExpires) {
  std::string token = signed_token(kSecret, kView);
  EXPECT_TRUE(read(token, 999));
  EXPECT_FALSE(read(token, 1000));
  EXPECT_FALSE(read_token(token, kSecret, std::chrono::system_clock::time_point::max()));
  for (const char* exp : {"", R"(,"exp":"1000")", R"(,"exp":1000.5)", R"(,"exp":null)",
                          R"(,"exp":true)", R"(,"exp":-1)", R"(,"exp":[1000])"})
    EXPECT_FALSE(claims(std::string(R"({"stream":"live","role":"view")") + exp + "}")) << exp;
  std::string later =
      signed_token(kSecret, R"({"stream":"live","role":"view","exp":1000,"nbf":500})");
  EXPECT_FALSE(read(later, 499));
  EXPECT_TRUE(read(later, 500));
  EXPECT_FALSE(claims(R"({"stream":"live","role":"view","exp":1000,"nbf":"1"})"));
}

TEST(Token, NamesAStreamAndARole) {
  for (const char* text :
       {R"({"role":"view","exp":1000})", R"({"stream":"","role":"view","exp":1000})",
        R"({"stream":"..","role":"view","exp":1000})",
        R"({"stream":"l*","role":"view","exp":1000})",
        R"({"stream":["live"],"role":"view","exp":1000})", R"({"stream":"live","exp":1000})",
        R"({"stream":"live","role":"admin","exp":1000})",
        R"({"stream":"live","role":["view"],"exp":1000})",
        R"({"stream":"live","role":"View","exp":1000})", R"([])", R"("x")", "", "{"})
    EXPECT_FALSE(claims(text)) << text;
}

TEST(Token, GarbageIsNone) {
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("..."),
        std::string("a.b.c"), std::string("a"), std::string("\0.\0.\0", 5), std::string(2049, 'A'),
        std::string(1 << 20, '.'), std::string("\xff\xfe.\xff.\xff"), "x" + std::string(1000, '.')})
    EXPECT_FALSE(read(text));
  EXPECT_FALSE(claims(std::string(400, '[')));
  EXPECT_FALSE(read(signed_token(kSecret, R"({"stream":"live","role":"view","exp":1000,"x":")" +
                                              std::string(2048, 'x') + R"("})")));
}

TEST(Access, ASignedTokenOpensItsStreamOnly) {
  Access access({.address = {"127.0.0.1", 8080}, .token_secret = kSecret});
  auto status = [&](const std::string& text, const std::string& stream, bool publishes) {
    Verdict verdict = access.check({.host = "127.0.0.1",
                                    .query_token = signed_token(kSecret, text),
                                    .stream = stream,
                                    .publishes = publishes,
                                    .now = at(999)});
    EXPECT_THAT(verdict.sentence, Not(HasSubstr("ey")));
    return verdict.status;
  };
  EXPECT_EQ(status(kView, "live", false), 0u);
  EXPECT_EQ(status(kView, "live", true), 401u);
  EXPECT_EQ(status(kView, "other", false), 401u);
  EXPECT_EQ(status(kView, "", false), 401u);
  EXPECT_EQ(status(kPublish, "live", true), 0u);
  EXPECT_EQ(status(kPublish, "live", false), 0u);
  EXPECT_EQ(status(kPublish, "other", true), 401u);
  EXPECT_EQ(status(R"({"stream":"*","role":"view","exp":1000})", "", false), 0u);
  EXPECT_EQ(status(R"({"stream":"live","role":"view","exp":999})", "live", false), 401u);
}

TEST(Access, ASecretAsksForATokenAndLeavesTheLiteralOnesAsTheyAre) {
  Access secret({.address = {"127.0.0.1", 8080}, .token_secret = kSecret});
  EXPECT_EQ(secret.check({.host = "127.0.0.1", .stream = "live"}).status, 401u);
  EXPECT_EQ(secret.check({.host = "127.0.0.1", .query_token = kSecret}).status, 401u);
  Access both({.address = {"127.0.0.1", 8080}, .view_token = "look", .token_secret = kSecret});
  Verdict literal = both.check({.host = "127.0.0.1", .query_token = "look"});
  EXPECT_EQ(literal.status, 0u);
  EXPECT_EQ(literal.only_stream, "");
  EXPECT_FALSE(literal.may_publish) << "that takes a signed one";
}

TEST(Access, AWebSocketIsHeldToItsToken) {
  Access access({.address = {"127.0.0.1", 8080}, .token_secret = kSecret});
  std::string token = signed_token(kSecret, kPublish);
  AccessRequest socket{
      .host = "127.0.0.1", .subprotocols = "bearer." + token, .is_websocket = true, .now = at(999)};
  Verdict verdict = access.check(socket);
  EXPECT_EQ(verdict.status, 0u);
  EXPECT_EQ(verdict.subprotocol, "bearer." + token);
  EXPECT_EQ(verdict.only_stream, "live");
  EXPECT_TRUE(verdict.may_publish);
  socket.now = at(1000);
  EXPECT_EQ(access.check(socket).status, 401u);
  EXPECT_EQ(access.check(socket).subprotocol, "");
}

}  // namespace
}  // namespace webcast::test
