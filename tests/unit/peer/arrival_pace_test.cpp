#include "plugins/peer/arrival_pace.hpp"

#include <gtest/gtest.h>

namespace webcast {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint32_t kRate = 48'000, kStep = 960;  // 20 ms
constexpr uint64_t kStart = 5'000 * kMs;

// A stream of packets each 20 ms, by their number.
class Stream {
 public:
  uint64_t take(unsigned number, uint64_t arrival_ms) {
    return (pace_.take(0xffffff00u + number * kStep, kStart + arrival_ms * kMs) - kStart) / kMs;
  }

 private:
  ArrivalPace pace_{kRate};
};

TEST(ArrivalPace, WhatComesInTimeCountsAsItComes) {
  Stream stream;
  for (unsigned i = 0; i < 500; i++)
    EXPECT_EQ(stream.take(i, i * 20 + i % 7), i * 20 + i % 7);
}

TEST(ArrivalPace, ABurstAfterAStallCountsAsLateByLittle) {
  Stream stream;
  for (unsigned i = 0; i < 100; i++)
    stream.take(i, i * 20);
  // Two seconds' worth at once.
  uint64_t last = 0;
  for (unsigned i = 100; i < 200; i++) {
    uint64_t counts = stream.take(i, 4'000);
    EXPECT_LE(counts, i * 20 + 400) << i;
    EXPECT_GE(counts, i * 20) << i;
    EXPECT_GE(counts, last) << i;
    last = counts;
  }
  for (unsigned i = 200; i < 300; i++)
    EXPECT_EQ(stream.take(i, i * 20), i * 20) << "in time again";
}

TEST(ArrivalPace, ALongerWayThatStaysIsTaken) {
  Stream stream;
  for (unsigned i = 0; i < 100; i++)
    stream.take(i, i * 20);
  for (unsigned i = 100; i < 400; i++)
    stream.take(i, i * 20 + 1'000);
  EXPECT_EQ(stream.take(400, 9'000), 9'000u);
}

TEST(ArrivalPace, AnotherTimelineIsAnotherBegin) {
  Stream stream;
  for (unsigned i = 0; i < 100; i++)
    stream.take(i, i * 20);
  EXPECT_EQ(stream.take(1'000'000, 2'000), 2'000u) << "20,000 s ahead";
  EXPECT_EQ(stream.take(0, 2'020), 2'020u) << "and back";
}

TEST(ArrivalPace, KnowsWhatCameOfItsTimelineAndNothingNewer) {
  ArrivalPace pace(kRate);
  EXPECT_FALSE(pace.knows(0)) << "before the first one";
  constexpr uint32_t kFirst = 0xffffff00u, kSecond = kRate;
  for (uint32_t ms = 0; ms < 10'000; ms += 20)
    pace.take(kFirst + ms * 48, kStart + ms * kMs);
  EXPECT_TRUE(pace.knows(kFirst));
  EXPECT_TRUE(pace.knows(kFirst + 10 * kSecond));
  EXPECT_FALSE(pace.knows(kFirst + 11 * kSecond));
  pace.take(kFirst + 9 * kSecond + kSecond / 2, kStart + 10'000 * kMs);
  EXPECT_TRUE(pace.knows(kFirst + 10 * kSecond)) << "the last one was out of order";
  pace.take(kFirst + 4 * kSecond, kStart + 10'020 * kMs);
  EXPECT_FALSE(pace.knows(kFirst + 10 * kSecond)) << "the sender's clock jumped back";
  EXPECT_TRUE(pace.knows(kFirst + 4 * kSecond));
}

// Half of the timeline a packet: what is added up has to stay a number.
TEST(ArrivalPace, LeapsOfASenderDoNotRunOver) {
  ArrivalPace pace(8'000);
  uint32_t rtp_time = 0;
  for (uint64_t i = 0; i < 100'000; i++, rtp_time += 0x7fffffff)
    ASSERT_EQ(pace.take(rtp_time, kStart + i * kMs), kStart + i * kMs);
}

TEST(ArrivalPace, ASenderWithASlowClockIsNotHeldForLate) {
  Stream stream;
  for (unsigned i = 0; i < 180'000; i++) {  // an hour, 100 ppm
    uint64_t arrival = i * 20 + i * 20 / 10'000;
    ASSERT_EQ(stream.take(i, arrival), arrival) << i;
  }
}

}  // namespace
}  // namespace webcast
