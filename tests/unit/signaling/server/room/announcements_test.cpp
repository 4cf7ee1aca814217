#include "signaling/server/room/announcements.hpp"

#include <gtest/gtest.h>

#include "signaling/server/room/shared_bound.hpp"

namespace webcast {
namespace {

using std::chrono::seconds;

Standing named(const std::string& name) {
  return {{.producer = true}, name, "null"};
}

TEST(Announcements, TellOfEachWhatWasToldOfItLast) {
  Announcements news;
  news.note("a", {}, named("1"), false);
  news.note("b", {}, named("b"), true);
  news.note("a", named("1"), named("2"), false);
  EXPECT_EQ(news.told_last("a"), Standing{});
  EXPECT_FALSE(news.told_last("c"));
  auto first = news.take(Announcements::Time{});
  ASSERT_TRUE(first);
  EXPECT_EQ(first->peer, "a");
  EXPECT_EQ(first->before, Standing{}) << "of the 1 nobody was told";
  EXPECT_FALSE(first->is_remote);
  auto second = news.take(Announcements::Time{});
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->is_remote);
  EXPECT_FALSE(news.take(Announcements::Time{}));
  EXPECT_FALSE(news.due());
}

TEST(Announcements, OfWhatCameAndWentNothingIsLeft) {
  Announcements news;
  news.note("a", {}, named("1"), false);
  news.note("a", named("1"), {}, false);
  news.note("b", named("b"), named("b"), false);
  EXPECT_FALSE(news.due());
}

TEST(Announcements, WhatGoesToAllTogetherIsBoundedInTime) {
  for (size_t listeners : {1, 16, 1000}) {
    Announcements news;
    Announcements::Time now{};
    size_t bytes = 0;
    for (int i = 0; i < 100'000; i++) {
      news.note("a", {}, named("1"), false);
      if (now < Announcements::Time{} + seconds(10) && !news.take(now)) now = *news.due();
      if (now >= Announcements::Time{} + seconds(10)) break;
      news.told(8192, listeners, now);
      bytes += 8192 * listeners;
    }
    EXPECT_LE(bytes, 11u * 8 * 1024 * 1024 + 8192 * listeners) << listeners;
    EXPECT_GE(bytes / listeners, 8192u) << "each is told something";
  }
}

TEST(SharedBound, WhoHasTheMostLosesIt) {
  SharedBound bound(100);
  bound.set("a", 60);
  bound.set("b", 40);
  EXPECT_FALSE(bound.excess());
  bound.set("c", 1);
  EXPECT_EQ(bound.excess(), "a");
  bound.set("a", 0);
  EXPECT_FALSE(bound.excess());
  EXPECT_EQ(bound.total(), 41u);
  bound.set("b", 200);
  EXPECT_EQ(bound.excess(), "b");
  bound.set("b", 5);
  EXPECT_EQ(bound.total(), 6u);
}

}  // namespace
}  // namespace webcast
