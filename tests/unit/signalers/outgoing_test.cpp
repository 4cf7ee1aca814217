#include "plugins/signalers/outgoing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace webcast {
namespace {

using testing::HasSubstr;
using testing::Not;

Result<void> check(const std::string& name, const std::string& value,
                   const std::string& token_property = "") {
  return check_outgoing({.headers = {{name, value}}}, token_property);
}

TEST(Outgoing, HeadersAreTakenWhereTheyAreSome) {
  EXPECT_TRUE(check_outgoing({}, "publish-token"));
  EXPECT_TRUE(check("X-Api-Key", "s3cret, with\ttab"));
  EXPECT_TRUE(check("Authorization", "Basic s3cret"));
  EXPECT_TRUE(check("Cookie", ""));
}

TEST(Outgoing, HeadersThatWouldBreakARequestAreAnErrorWithoutTheirValue) {
  for (const char* name :
       {"", "a b", "a:b", "Host", "content-length", "Sec-WebSocket-Key", "Transfer-Encoding",
        "Upgrade", "Proxy-Authorization", "Webcast-Resume"}) {
    auto checked = check(name, "s3cret");
    ASSERT_FALSE(checked) << name;
    EXPECT_THAT(checked.error().sentence, HasSubstr("headers: "));
    EXPECT_THAT(checked.error().sentence, Not(HasSubstr("s3cret")));
  }
  auto split = check("X-Key", "s3cret\r\nX-Other: 1");
  ASSERT_FALSE(split);
  EXPECT_THAT(split.error().sentence, HasSubstr("X-Key"));
  EXPECT_THAT(split.error().sentence, Not(HasSubstr("s3cret")));
  EXPECT_FALSE(check("X-Key", std::string(9000, 'a')));
  HttpHeaders many;
  for (int i = 0; i < 33; i++)
    many["X-" + std::to_string(i)] = "";
  EXPECT_FALSE(check_outgoing({.headers = many}, ""));
}

TEST(Outgoing, AuthorizationIsSaidOnce) {
  auto checked = check("authorization", "Basic s3cret", "view-token");
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().sentence, HasSubstr("view-token"));
}

TEST(Outgoing, AuthoritiesThatCannotBeReadAreAnErrorThatNamesTheFile) {
  auto missing = OutgoingHttp::load({.ca_file = "/nowhere/ca.pem"});
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().sentence, HasSubstr("ca-file: \"/nowhere/ca.pem\""));
  char name[] = "/tmp/webcast-ca-XXXXXX";
  int file = mkstemp(name);
  ASSERT_GE(file, 0);
  ASSERT_EQ(write(file, "none\n", 5), 5);
  close(file);
  auto empty = OutgoingHttp::load({.ca_file = name});
  unlink(name);
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().sentence, HasSubstr("no certificate"));
}

}  // namespace
}  // namespace webcast
