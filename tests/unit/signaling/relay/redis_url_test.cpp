#include "signaling/relay/redis_url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace webcast {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RedisUrl, NamesHostPortPasswordAndNumber) {
  auto url = parse_redis_url("redis://relays:north-s3cret%40@redis.example:6380/7");
  ASSERT_TRUE(url) << url.error().sentence;
  EXPECT_EQ(url->host, "redis.example");
  EXPECT_EQ(url->port, 6380);
  EXPECT_EQ(url->user, "relays");
  EXPECT_EQ(url->password, "north-s3cret@");
  EXPECT_EQ(url->number, 7u);
  EXPECT_EQ(url->shown(), "redis.example:6380");
}

TEST(RedisUrl, TheHostIsEnough) {
  auto url = parse_redis_url("redis://[::1]");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->shown(), "[::1]:6379");
  EXPECT_EQ(url->user + url->password, "");
  EXPECT_TRUE(parse_redis_url("redis://:north-s3cret@h/"));
}

TEST(RedisUrl, WhatIsWrongIsNamedAndNoSecretShown) {
  const std::pair<const char*, const char*> wrong[] = {
      {"", "no URL"},
      {"127.0.0.1:6379", "URL"},
      {"http://:north-s3cret@h", "begins with redis://"},
      {"rediss://:north-s3cret@h", "TLS is not spoken here"},
      {"redis://", "host is missing"},
      {"redis://:north-s3cret@h:0", "no port 0"},
      {"redis://:north-s3cret@h:70000", "no URL"},
      {"redis://north-s3cret@h", "user has no password"},
      {"redis://:north-s3cret@h/x", "a number"},
      {"redis://:north-s3cret@h/1/2", "a number"},
      {"redis://:north-s3cret@h?x=y", "nothing may stand behind"},
  };
  for (const auto& [text, sentence] : wrong) {
    auto url = parse_redis_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_THAT(url.error().sentence, HasSubstr(sentence)) << text;
    EXPECT_THAT(url.error().sentence, Not(HasSubstr("s3cret")));
  }
}

}  // namespace
}  // namespace webcast
