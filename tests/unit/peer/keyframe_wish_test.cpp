#include <gtest/gtest.h>

#include "plugins/peer/keyframe_wish.hpp"

namespace webcast {
namespace {

using namespace std::chrono_literals;
using Time = KeyframeWish::Time;

const Time kStart{1h};

TEST(KeyframeWish, IsAskedForAtOnce) {
  KeyframeWish wish;
  EXPECT_FALSE(wish.due(kStart));
  wish.want(kStart);
  EXPECT_TRUE(wish.due(kStart));
}

TEST(KeyframeWish, IsRepeatedEverLaterUntilAKeyframeComes) {
  KeyframeWish wish;
  wish.want(kStart);
  Time now = kStart;
  for (auto pause : {500ms, 1000ms, 2000ms, 2000ms, 2000ms}) {
    ASSERT_TRUE(wish.due(now));
    wish.asked(now);
    EXPECT_FALSE(wish.due(now + pause - 1ms));
    now += pause;
  }
  ASSERT_TRUE(wish.due(now));
  wish.arrived();
  EXPECT_FALSE(wish.due(now + 1h));
}

TEST(KeyframeWish, WishesOfManyAreOneRequest) {
  KeyframeWish wish;
  wish.want(kStart);
  wish.asked(kStart);
  for (int i = 0; i < 100; i++)
    wish.want(kStart + 10ms);
  EXPECT_FALSE(wish.due(kStart + 499ms));
  EXPECT_TRUE(wish.due(kStart + 500ms));
}

TEST(KeyframeWish, OneThatComesRightAfterAKeyframeIsServedAMomentLater) {
  KeyframeWish wish;
  wish.want(kStart);
  wish.asked(kStart);
  wish.arrived();
  wish.want(kStart + 100ms);
  EXPECT_FALSE(wish.due(kStart + 100ms));
  EXPECT_TRUE(wish.due(kStart + 500ms)) << "it is late, not lost";
}

TEST(KeyframeWish, WhatOthersAskedForIsRepeatedToo) {
  KeyframeWish wish;
  wish.asked(kStart);
  EXPECT_FALSE(wish.due(kStart));
  EXPECT_TRUE(wish.due(kStart + 500ms));
}

}  // namespace
}  // namespace webcast
