#include "plugins/signalers/origin.hpp"

#include <gtest/gtest.h>

namespace webcast {
namespace {

TEST(Origin, IsSchemeHostAndPort) {
  EXPECT_EQ(origin_of("https://Example.org/a?b=c#d"), "https://example.org:443");
  EXPECT_EQ(origin_of("HTTP://example.org"), "http://example.org:80");
  EXPECT_EQ(origin_of("http://example.org:8080/x"), "http://example.org:8080");
  EXPECT_EQ(origin_of("https://[2001:DB8::1]/x"), "https://[2001:db8::1]:443");
  for (const char* none : {"", "example.org", "/path", "https://", "mailto:a@b", "http://h:x/"})
    EXPECT_EQ(origin_of(none), "") << none;
}

TEST(Credentials, AreShownToTheirOriginOnly) {
  Credentials credentials("https://example.org/whip/live",
                          {{"Authorization", "Bearer s3cret"}, {"X-Key", "s3cret"}});
  for (const char* own :
       {"https://example.org/session/1", "https://EXAMPLE.org:443/", "https://u@example.org/"})
    EXPECT_EQ(credentials.headers(own).size(), 2u) << own;
  for (const char* other :
       {"http://example.org/whip/live", "https://example.org:444/whip/live", "https://example.com/",
        "https://example.org.evil.example/", "https://sub.example.org/",
        "https://evil.example/?https://example.org/", "https://example.org@evil.example/", ""})
    EXPECT_TRUE(credentials.headers(other).empty()) << other;
  EXPECT_TRUE(Credentials("", {{"X-Key", "s3cret"}}).headers("").empty());
}

}  // namespace
}  // namespace webcast
