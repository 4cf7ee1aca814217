// The budget by a clock of ours, and the process's own by its real limits.
#include "common/budget.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

#include "common/process_budget.hpp"

namespace webcast {
namespace {

using Answer = Budget::Answer;
using std::chrono::seconds;

constexpr Resources kPeer{.descriptors = 10, .threads = 7, .address_space = 60};
constexpr size_t kPlenty = 1'000'000;

constexpr Resources kReserve{.descriptors = 32, .threads = 16, .address_space = 100};

Headroom descriptors(size_t free) {
  return {{.descriptors = free, .threads = kPlenty, .address_space = kPlenty}, kReserve};
}

class BudgetTest : public testing::Test {
 protected:
  Answer ask(Budget::Id id, size_t free, const std::string& from = {}) {
    return budget_.ask(id, kPeer, descriptors(free), now_, from);
  }
  // Who is granted when room for one comes.
  Budget::Id next(std::initializer_list<std::pair<Budget::Id, const char*>> waiting) {
    for (auto [id, from] : waiting)
      if (ask(id, 42, from) == Answer::granted) {
        budget_.taken(id);
        return id;
      }
    return 0;
  }
  Budget budget_{{.waiting = 3}};
  Budget::Time now_{};
};

TEST_F(BudgetTest, LetsInAsLongAsTheReserveStays) {
  EXPECT_EQ(ask(1, 42), Answer::granted);
  EXPECT_EQ(ask(2, 51), Answer::waits) << "ten are promised to the first";
  EXPECT_EQ(ask(2, 52), Answer::granted);
}

TEST_F(BudgetTest, EachResourceCounts) {
  EXPECT_EQ(budget_.ask(1, kPeer, {{41, kPlenty, kPlenty}, kReserve}, now_), Answer::waits);
  EXPECT_EQ(budget_.ask(1, kPeer, {{kPlenty, 22, kPlenty}, kReserve}, now_), Answer::waits);
  EXPECT_EQ(budget_.ask(1, kPeer, {{kPlenty, kPlenty, 159}, kReserve}, now_), Answer::waits);
  EXPECT_EQ(budget_.ask(1, kPeer, {{42, 23, 160}, kReserve}, now_), Answer::granted);
}

// A session that ended is in nobody's list any more, but what it holds is not free yet.
TEST_F(BudgetTest, WhatIsStillBeingFreedIsNotGivenToTheNext) {
  ASSERT_EQ(ask(1, 42), Answer::granted);
  budget_.taken(1);
  budget_.give_back(1);
  EXPECT_EQ(ask(2, 32), Answer::waits) << "measured: the first one's ten are in use still";
  EXPECT_EQ(ask(2, 42), Answer::granted);
}

TEST_F(BudgetTest, OneThatGaveUpBeforeItWasMadeLeavesItsRoom) {
  ASSERT_EQ(ask(1, 42), Answer::granted);
  EXPECT_EQ(ask(2, 42), Answer::waits);
  budget_.give_back(1);
  EXPECT_EQ(ask(2, 42), Answer::granted);
}

TEST_F(BudgetTest, TheLineKeepsItsOrder) {
  EXPECT_EQ(ask(1, 0), Answer::waits);
  EXPECT_EQ(ask(2, 0), Answer::waits);
  EXPECT_EQ(ask(2, 42), Answer::waits) << "the first was here before";
  EXPECT_EQ(ask(3, 42), Answer::waits);
  EXPECT_EQ(ask(1, 42), Answer::granted);
  budget_.taken(1);
  EXPECT_EQ(ask(3, 42), Answer::waits);
  EXPECT_EQ(ask(2, 42), Answer::granted);
}

TEST_F(BudgetTest, TellsWhoWaitsBehindAnother) {
  EXPECT_FALSE(budget_.is_behind(1, now_));
  EXPECT_EQ(ask(1, 0), Answer::waits);
  EXPECT_EQ(ask(2, 0), Answer::waits);
  EXPECT_FALSE(budget_.is_behind(1, now_));
  EXPECT_TRUE(budget_.is_behind(2, now_));
  EXPECT_FALSE(budget_.is_behind(3, now_)) << "it has not asked yet";
  EXPECT_FALSE(budget_.is_behind(2, now_ + std::chrono::seconds(10))) << "its time is up";
  budget_.give_back(1);
  EXPECT_FALSE(budget_.is_behind(2, now_));
}

TEST_F(BudgetTest, WhoWaitedTenSecondsIsRefused) {
  EXPECT_EQ(ask(1, 0), Answer::waits);
  now_ += seconds(9);
  EXPECT_EQ(ask(1, 0), Answer::waits);
  now_ += seconds(1);
  EXPECT_EQ(ask(1, 0), Answer::refused);
  EXPECT_EQ(budget_.waiting(), 0u);
}

TEST_F(BudgetTest, TheLineIsBounded) {
  for (Budget::Id id = 1; id <= 3; id++)
    EXPECT_EQ(ask(id, 0), Answer::waits);
  EXPECT_EQ(ask(4, 0), Answer::refused);
  budget_.give_back(2);
  EXPECT_EQ(ask(5, 0), Answer::waits);
}

TEST_F(BudgetTest, WhoLeftTheLineInSilenceHoldsNoPlaceInIt) {
  for (Budget::Id id = 1; id <= 3; id++)
    EXPECT_EQ(ask(id, 0), Answer::waits);
  now_ += seconds(10);
  EXPECT_EQ(ask(4, 0), Answer::waits);
}

TEST_F(BudgetTest, AnAddressThatFillsTheLineMakesWayForAnother) {
  for (Budget::Id id = 1; id <= 3; id++)
    EXPECT_EQ(ask(id, 0, "crowd"), Answer::waits);
  EXPECT_EQ(ask(4, 0, "crowd"), Answer::refused);
  EXPECT_EQ(ask(5, 0, "other"), Answer::waits);
  EXPECT_EQ(ask(3, 0, "crowd"), Answer::refused) << "the last that came of the crowd";
  EXPECT_EQ(ask(6, 0, "crowd"), Answer::refused);
  EXPECT_EQ(ask(1, 0, "crowd"), Answer::waits);
  EXPECT_EQ(ask(2, 0, "crowd"), Answer::waits);
  EXPECT_EQ(ask(5, 0, "other"), Answer::waits);
}

TEST_F(BudgetTest, ALineOfManyAddressesIsFull) {
  EXPECT_EQ(ask(1, 0, "a"), Answer::waits);
  EXPECT_EQ(ask(2, 0, "b"), Answer::waits);
  EXPECT_EQ(ask(3, 0, "c"), Answer::waits);
  EXPECT_EQ(ask(4, 0, "d"), Answer::refused);
  EXPECT_EQ(ask(5, 0, "a"), Answer::refused);
  EXPECT_EQ(ask(3, 0, "c"), Answer::waits) << "nobody was sent away for them";
}

TEST_F(BudgetTest, AddressesTakeTurnsHoweverManyOneSends) {
  EXPECT_EQ(ask(1, 0, "crowd"), Answer::waits);
  EXPECT_EQ(ask(2, 0, "crowd"), Answer::waits);
  EXPECT_EQ(ask(3, 0, "other"), Answer::waits);
  EXPECT_EQ(next({{3, "other"}, {2, "crowd"}, {1, "crowd"}}), 1u);
  EXPECT_EQ(ask(4, 0, "crowd"), Answer::waits) << "it goes on coming";
  EXPECT_EQ(next({{4, "crowd"}, {3, "other"}, {2, "crowd"}}), 3u);
  EXPECT_EQ(next({{4, "crowd"}, {2, "crowd"}}), 2u);
  EXPECT_EQ(ask(5, 0, "other"), Answer::waits) << "waiting long ago is no credit";
  EXPECT_EQ(next({{5, "other"}, {4, "crowd"}}), 5u);
  EXPECT_EQ(next({{4, "crowd"}}), 4u);
}

TEST_F(BudgetTest, WhoDoesNotAskAnyMoreHoldsNobodyUpForLonger) {
  EXPECT_EQ(ask(1, 0), Answer::waits);
  now_ += seconds(5);
  EXPECT_EQ(ask(2, 42), Answer::waits);
  now_ += seconds(5);
  EXPECT_EQ(ask(2, 42), Answer::granted);
}

TEST_F(BudgetTest, SmallThingsMayTakeHalfOfTheReserve) {
  constexpr Resources kConnection{.descriptors = 1, .threads = 0, .address_space = 0};
  EXPECT_TRUE(budget_.has_room(kConnection, descriptors(17)));
  EXPECT_FALSE(budget_.has_room(kConnection, descriptors(16)));
  ASSERT_EQ(ask(1, 42), Answer::granted);
  EXPECT_FALSE(budget_.has_room(kConnection, descriptors(26))) << "ten are promised";
}

TEST_F(BudgetTest, WhatHasNoLimitIsNeverShort) {
  size_t none = std::numeric_limits<size_t>::max();
  for (Budget::Id id = 1; id <= 100; id++)
    EXPECT_EQ(budget_.ask(id, kPeer, {{none, none, none}, kReserve}, now_), Answer::granted);
}

TEST(Reserve, LeavesThreeQuartersOfASmallLimit) {
  Resources reserve = reserve_of({.descriptors = 128, .threads = 100, .address_space = 1 << 30});
  EXPECT_EQ(reserve.descriptors, 32u);
  EXPECT_EQ(reserve.threads, 25u);
  EXPECT_EQ(reserve.address_space, size_t{1} << 28);
}

TEST(ProcessBudget, SeesDescriptorsComeAndGo) {
  size_t before = measure_process().free.descriptors;
  int copies[5];
  for (int& copy : copies)
    copy = dup(0);
  EXPECT_EQ(measure_process().free.descriptors, before - 5);
  for (int copy : copies)
    close(copy);
  EXPECT_EQ(measure_process().free.descriptors, before);
}

TEST(ProcessBudget, FollowsALimitThatIsSetLater) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 50;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  ProcessResources found = measure_process();
  EXPECT_EQ(found.limit.descriptors, 50u);
  EXPECT_LT(found.free.descriptors, 50u);
  EXPECT_FALSE(process_has_room({.descriptors = 50, .threads = 0, .address_space = 0}));
  EXPECT_NE(no_room().cause.find("50 open files"), std::string::npos);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(ProcessBudget, APlaceIsAskedForTakenAndGivenBack) {
  Place place({.descriptors = 1, .threads = 1, .address_space = 1});
  EXPECT_EQ(place.ask(), Answer::granted);
  place.taken();
  Place too_much({.descriptors = SIZE_MAX / 2, .threads = 1, .address_space = 1});
  EXPECT_EQ(too_much.ask(), Answer::waits);
}

}  // namespace
}  // namespace webcast
