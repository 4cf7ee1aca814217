#include "signaling/server/http/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace webcast {
namespace {

using testing::HasSubstr;
using testing::Not;

unsigned status(const Access& access, AccessRequest request) {
  return access.check(request).status;
}
unsigned host(const Access& access, const std::string& name) {
  return status(access, {.host = name});
}

TEST(Access, ALoopbackListenerIsAskedForByLoopbackNames) {
  Access access({.address = {"127.0.0.1", 8080}});
  for (const char* name : {"127.0.0.1:8080", "127.0.0.1", "localhost:1", "LocalHost", "[::1]:8080",
                           "127.0.0.2", "localhost."})
    EXPECT_EQ(host(access, name), 0u) << name;
  for (const char* name :
       {"", "evil.example", "127.0.0.1.evil.example", "10.0.0.1", "[::2]", "localhost.evil.example",
        "127.0.0.1:8080:1", "127.0.0.1:x", "a b", "[::1", "::1", "2130706433.x", "localhost:99999"})
    EXPECT_EQ(host(access, name), 403u) << name;
}

TEST(Access, AdmitsWhoStillHasATokenThatIsAskedFor) {
  auto now = std::chrono::system_clock::now();
  Access access({});
  EXPECT_EQ(access.admits("", true, now), Admission::whole);
  access.set_tokens("view-s3cret", "");
  EXPECT_EQ(access.admits("", false, now), Admission::none);
  EXPECT_EQ(access.admits("old-s3cret", false, now), Admission::none);
  EXPECT_EQ(access.admits("view-s3cret", true, now), Admission::whole);
  access.set_tokens("view-s3cret", "publish-s3cret");
  EXPECT_EQ(access.admits("view-s3cret", false, now), Admission::whole);
  EXPECT_EQ(access.admits("view-s3cret", true, now), Admission::watching);
  EXPECT_EQ(access.admits("publish-s3cret", true, now), Admission::whole);
  access.set_tokens("", "publish-s3cret");
  EXPECT_EQ(access.admits("", false, now), Admission::whole);
  EXPECT_EQ(access.admits("", true, now), Admission::watching) << "everybody may";
  EXPECT_EQ(access.admits("old-s3cret", true, now), Admission::none);
}

TEST(Access, AListenerOnOneAddressIsAskedForByThatAddress) {
  Access access({.address = {"192.168.1.9", 8080}, .host_names = {"box", "box.local"}});
  EXPECT_EQ(host(access, "192.168.1.9:8080"), 0u);
  EXPECT_EQ(host(access, "box.local"), 0u);
  EXPECT_EQ(host(access, "192.168.1.10"), 403u);
  EXPECT_EQ(host(access, "localhost"), 403u);
}

TEST(Access, AListenerOnAllAddressesIsAskedForByAnyAddressButNoForeignName) {
  for (const char* all : {"", "0.0.0.0", "::"}) {
    Access access({.address = {all, 8080}, .host_names = {"box"}});
    for (const char* name : {"10.1.2.3", "[2001:db8::1]:8080", "localhost", "BOX:8080"})
      EXPECT_EQ(host(access, name), 0u) << name;
    EXPECT_EQ(host(access, "evil.example"), 403u);
  }
}

TEST(Access, NamesOfCertificatesAndAllowedOriginsAreNamesOfTheListener) {
  Access access({.allow_origins = {"https://cam.example:8443"},
                 .host_names = {"*.stream.example", "Cam2.example"}});
  for (const char* name : {"cam.example", "a.stream.example", "cam2.example:443"})
    EXPECT_EQ(host(access, name), 0u) << name;
  for (const char* name : {"a.b.stream.example", "stream.example", "example"})
    EXPECT_EQ(host(access, name), 403u) << name;
}

TEST(Access, AnOriginIsOursWhenItIsTheHostThatWasAskedFor) {
  Access access({});
  auto with = [&](const std::string& origin) {
    return status(access, {.host = "127.0.0.1:8080", .origin = origin});
  };
  EXPECT_EQ(with("http://127.0.0.1:8080"), 0u);
  EXPECT_EQ(with("https://127.0.0.1:8080"), 0u) << "a proxy in front speaks TLS";
  for (const char* origin : {"http://127.0.0.1:8081", "http://localhost:8080", "null",
                             "http://evil.example", "http://127.0.0.1:8080.evil.example", "x"})
    EXPECT_EQ(with(origin), 403u) << origin;
}

TEST(Access, AllowedOriginsAreToldSoToTheBrowser) {
  Access some({.allow_origins = {"https://Friend.example"}}), any({.allow_origins = {"*"}});
  AccessRequest friendly{.host = "localhost", .origin = "https://friend.example"};
  AccessRequest foreign{.host = "localhost", .origin = "https://else.example"};
  EXPECT_EQ(some.check(friendly).status, 0u);
  EXPECT_EQ(some.check(friendly).cors_origin, "https://friend.example");
  EXPECT_EQ(some.check(foreign).status, 403u);
  EXPECT_EQ(some.check(foreign).cors_origin, "");
  EXPECT_EQ(any.check(foreign).status, 0u);
  EXPECT_EQ(any.check(foreign).cors_origin, "*");
  EXPECT_EQ(any.check({.host = "localhost"}).cors_origin, "");
  EXPECT_EQ(any.check({.host = "evil.example", .origin = "http://evil.example"}).status, 403u)
      << "any origin is not any host";
}

TEST(Access, ATokenIsTakenFromThreePlaces) {
  Access access({.view_token = "s3cret"});
  AccessRequest request{.host = "localhost"};
  EXPECT_EQ(status(access, request), 401u);
  request.query_token = "s3cret";
  EXPECT_EQ(status(access, request), 0u);
  request = {.host = "localhost", .authorization = "bearer s3cret"};
  EXPECT_EQ(status(access, request), 0u);
  request = {.host = "localhost", .subprotocols = "other, bearer.s3cret"};
  EXPECT_EQ(status(access, request), 0u);
  EXPECT_EQ(access.check(request).subprotocol, "bearer.s3cret");
  for (const AccessRequest& wrong :
       std::initializer_list<AccessRequest>{{.host = "localhost", .query_token = "s3cre"},
                                            {.host = "localhost", .query_token = "s3cret "},
                                            {.host = "localhost", .query_token = "S3CRET"},
                                            {.host = "localhost", .authorization = "s3cret"},
                                            {.host = "localhost", .authorization = "Basic s3cret"},
                                            {.host = "localhost", .authorization = "Bearer "},
                                            {.host = "localhost", .subprotocols = "bearer."},
                                            {.host = "localhost", .subprotocols = "s3cret"}}) {
    Verdict verdict = access.check(wrong);
    EXPECT_EQ(verdict.status, 401u);
    EXPECT_THAT(verdict.sentence, Not(HasSubstr("s3cret")));
    EXPECT_EQ(verdict.subprotocol, "");
  }
}

TEST(Access, ATokenComesInFromAnywhere) {
  Access access({.view_token = "s3cret"});
  AccessRequest request{
      .host = "box.example", .origin = "http://else.example", .query_token = "s3cret"};
  EXPECT_EQ(access.check(request).status, 0u);
  EXPECT_EQ(access.check(request).cors_origin, "http://else.example");
  request.query_token = "wrong";
  EXPECT_EQ(access.check(request).status, 403u);
}

TEST(Access, TellsTheTokenThatWasShownAValidOneFirst) {
  Access access({.view_token = "look"});
  AccessRequest request{.host = "localhost", .query_token = "guess"};
  EXPECT_EQ(access.check(request).token, "guess");
  EXPECT_FALSE(access.check(request).token_valid);
  request.subprotocols = "bearer.other";
  request.authorization = "Bearer look";
  EXPECT_EQ(access.check(request).token, "look");
  EXPECT_TRUE(access.check(request).token_valid);
  EXPECT_EQ(Access({}).check(request).token, "other");
  EXPECT_FALSE(Access({}).check(request).token_valid) << "nobody asks for it";
  EXPECT_EQ(access.check({.host = "localhost"}).token, "");
}

TEST(Access, WithoutATokenSetNoTokenOpensAnything) {
  Access access({});
  EXPECT_EQ(status(access, {.host = "evil.example", .query_token = "x"}), 403u);
  EXPECT_EQ(
      status(access,
             {.host = "localhost", .origin = "http://evil.example", .authorization = "Bearer "}),
      403u);
  EXPECT_EQ(access.check({.host = "localhost", .subprotocols = "bearer.x"}).subprotocol, "bearer.x")
      << "a client that brings a token nobody asked for is served";
}

TEST(Access, ScriptsNeedNoTokenButARightHostAndOrigin) {
  Access access({.view_token = "s3cret"});
  EXPECT_EQ(status(access, {.host = "localhost", .token_needed = false}), 0u);
  EXPECT_EQ(status(access, {.host = "evil.example", .token_needed = false}), 403u);
  EXPECT_EQ(
      status(access, {.host = "localhost", .origin = "http://x.example", .token_needed = false}),
      403u);
}

TEST(Access, APreflightIsAnsweredWhereATokenMayFollow) {
  AccessRequest preflight{
      .host = "localhost", .origin = "http://else.example", .is_preflight = true};
  EXPECT_EQ(status(Access({.view_token = "s3cret"}), preflight), 0u);
  EXPECT_EQ(status(Access({}), preflight), 403u);
  Access publishing({.publish_token = "bring"});
  EXPECT_EQ(status(publishing, preflight), 403u) << "to watch takes none";
  preflight.publishes = true;
  EXPECT_EQ(status(publishing, preflight), 0u);
}

TEST(Access, ThePublishTokenIsAskedForWhereAStreamIsBrought) {
  Access access({.address = {"127.0.0.1", 8080}, .publish_token = "bring"});
  AccessRequest page{.host = "127.0.0.1:8080", .publishes = true};
  EXPECT_EQ(status(access, page), 401u);
  EXPECT_THAT(access.check(page).sentence, Not(HasSubstr("bring")));
  page.query_token = "wrong";
  EXPECT_EQ(status(access, page), 401u);
  page.query_token = "bring";
  EXPECT_EQ(status(access, page), 0u);
  AccessRequest socket{.host = "127.0.0.1:8080"};
  EXPECT_EQ(status(access, socket), 0u) << "to watch takes no token";
  EXPECT_FALSE(access.check(socket).may_publish);
  socket.subprotocols = "bearer.bring";
  EXPECT_TRUE(access.check(socket).may_publish);
  EXPECT_EQ(access.check(socket).subprotocol, "bearer.bring");
}

TEST(Access, AViewersTokenPublishesNothingAndAPublishersMayWatch) {
  Access access({.address = {"127.0.0.1", 8080}});
  access.set_tokens("watch", "bring");
  AccessRequest socket{.host = "127.0.0.1:8080", .query_token = "watch"};
  EXPECT_EQ(status(access, socket), 0u);
  EXPECT_FALSE(access.check(socket).may_publish);
  socket.query_token = "bring";
  EXPECT_EQ(status(access, socket), 0u);
  EXPECT_TRUE(access.check(socket).may_publish);
  access.set_tokens("watch", "");
  socket.query_token = "watch";
  EXPECT_TRUE(access.check(socket).may_publish) << "no publish token: who may come in may";
}

TEST(ListenAddress, IsReadAsWritten) {
  struct Case {
    const char* text;
    const char* host;
    unsigned port;
  };
  for (const Case& c : {Case{"127.0.0.1:8080", "127.0.0.1", 8080}, Case{":9000", "", 9000},
                        Case{"[::1]:0", "::1", 0}, Case{"localhost:80", "localhost", 80},
                        Case{"0.0.0.0", "0.0.0.0", 8080}, Case{"[::]", "::", 8080},
                        Case{"127.0.0.1:8080/", "127.0.0.1", 8080}, Case{"", "", 8080}}) {
    auto address = parse_listen_address(c.text);
    ASSERT_TRUE(address) << c.text << address.error().sentence;
    EXPECT_EQ(address->host, c.host) << c.text;
    EXPECT_EQ(address->port, c.port) << c.text;
  }
}

TEST(ListenAddress, WhatIsNoneIsSaidToBeNone) {
  for (const char* text : {"example.org:80", "127.0.0.1:x", "127.0.0.1:", "127.0.0.1:65536",
                           "127.0.0.1:-1", "::1:8080", "[::1", "[127.0.0.1]:80", "256.0.0.1:80",
                           "127.0.0.1:80/path", "[::1]8080", "127.0.0.1:80:81", "a b"})
    EXPECT_FALSE(parse_listen_address(text)) << text;
}

TEST(ListenAddress, KnowsLoopbackAndAll) {
  EXPECT_TRUE((ListenAddress{"127.0.0.1", 1}.is_loopback()));
  EXPECT_TRUE((ListenAddress{"::1", 1}.is_loopback()));
  EXPECT_TRUE((ListenAddress{"localhost", 1}.is_loopback()));
  EXPECT_FALSE((ListenAddress{"", 1}.is_loopback()));
  EXPECT_TRUE((ListenAddress{"", 1}.is_all()));
  EXPECT_TRUE((ListenAddress{"::", 1}.is_all()));
  EXPECT_FALSE((ListenAddress{"10.0.0.1", 1}.is_all()));
  EXPECT_EQ((ListenAddress{"::1", 80}.text()), "[::1]:80");
}

TEST(Access, WhatIsRememberedOfAVisitorIsBounded) {
  Access access({.address = {"127.0.0.1", 8080}});
  AccessRequest request{.host = "127.0.0.1:8080", .query_token = std::string(5000, 'x')};
  EXPECT_EQ(access.check(request).status, 0u);
  EXPECT_EQ(access.check(request).token, "");
}

}  // namespace
}  // namespace webcast
