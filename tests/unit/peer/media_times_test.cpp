#include "plugins/peer/media_times.hpp"

#include <gtest/gtest.h>

namespace webcast {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kStart = 100'000 * kMs, kWall = 4'000'000'000'000 * kMs;

// A sender whose pictures come each 40 ms and whose sound comes each 20 ms; captured at `ms`.
class Sender {
 public:
  void picture(uint64_t ms, uint64_t arrival_ms) {
    times_.arrived(picture_, picture_rtp(ms), kStart + arrival_ms * kMs);
  }
  void sound(uint64_t ms, uint64_t arrival_ms) {
    times_.arrived(sound_, sound_rtp(ms), kStart + arrival_ms * kMs);
  }
  int64_t picture_time(uint64_t ms) { return told(picture_, picture_rtp(ms)); }
  int64_t sound_time(uint64_t ms) { return told(sound_, sound_rtp(ms)); }
  void report(uint64_t ms, int64_t wrong_ms = 0) {
    times_.reported(picture_, picture_rtp(ms), kWall + ms * kMs);
    times_.reported(sound_, sound_rtp(ms), kWall + (ms + static_cast<uint64_t>(wrong_ms)) * kMs);
  }
  MediaTimes& times() { return times_; }

 private:
  static uint32_t picture_rtp(uint64_t ms) { return 0xfffff000u + static_cast<uint32_t>(ms * 90); }
  static uint32_t sound_rtp(uint64_t ms) { return 77u + static_cast<uint32_t>(ms * 48); }
  int64_t told(size_t stream, uint32_t rtp) {
    auto time = times_.time_of(stream, rtp);
    return time ? (static_cast<int64_t>(*time) - static_cast<int64_t>(kStart)) /
                      static_cast<int64_t>(kMs)
                : -1'000'000;
  }

  MediaTimes times_;
  size_t picture_ = times_.add(90'000), sound_ = times_.add(48'000);
};

TEST(MediaTimes, WhatWasHeldUpKeepsItsTimes) {
  Sender sender;
  for (uint64_t ms = 0; ms < 4'000; ms += 20) {
    uint64_t arrival = ms >= 1'000 && ms < 2'800 ? 2'800 : ms;  // 1.8 s at once
    sender.sound(ms, arrival + 30);
    EXPECT_NEAR(sender.sound_time(ms), static_cast<int64_t>(ms) + 30, 1) << ms;
  }
}

TEST(MediaTimes, WhatASenderKeptUntilItWasConnectedIsNotAheadOfItsTime) {
  Sender sender;
  // 1.2 s that waited come within 120 ms.
  for (uint64_t ms = 0; ms < 1'200; ms += 20)
    sender.sound(ms, 1'200 + ms / 10);
  for (uint64_t ms = 1'320; ms < 3'000; ms += 20) {
    sender.sound(ms, ms);
    EXPECT_NEAR(sender.sound_time(ms), static_cast<int64_t>(ms), 1) << ms;
  }
}

TEST(MediaTimes, NothingIsOfALaterMomentThanItsArrival) {
  Sender sender;
  int64_t before = -1'000'000;
  for (uint64_t ms = 0; ms < 60'000; ms += 20) {
    uint64_t arrival = ms + 2'000 - ms % 7'000 / 4 + ms % 60;  // now slower, now faster
    sender.sound(ms, arrival);
    int64_t time = sender.sound_time(ms);
    EXPECT_LE(time, static_cast<int64_t>(arrival) + 40) << ms;
    EXPECT_GE(time, before) << ms;
    before = time;
  }
}

TEST(MediaTimes, ALongerWayThatStaysIsTaken) {
  Sender sender;
  for (uint64_t ms = 0; ms < 15'000; ms += 20) {
    uint64_t arrival = ms < 5'000 ? ms : ms + 900;
    sender.sound(ms, arrival);
    int64_t time = sender.sound_time(ms);
    if (ms > 12'000) {
      EXPECT_NEAR(time, static_cast<int64_t>(arrival), 1) << ms;
    }
  }
}

TEST(MediaTimes, ReportsBringTogetherWhatWasCapturedTogether) {
  Sender sender;
  for (uint64_t ms = 0; ms < 6'000; ms += 40) {
    sender.picture(ms, ms + 300);  // the encoder takes its time
    sender.sound(ms, ms + 10);
    if (ms == 2'000) sender.report(ms);
    int64_t picture = sender.picture_time(ms), sound = sender.sound_time(ms);
    EXPECT_NEAR(picture - sound, ms < 2'000 ? 290 : 0, 1) << ms;
    EXPECT_NEAR(picture, static_cast<int64_t>(ms) + 300, 1) << ms;
  }
}

TEST(MediaTimes, AReportThatCannotBeMovesNothing) {
  for (int64_t wrong : {-3'600'000LL, 3'600'000LL, -4'000'000'000'000LL, 9'000'000'000'000LL}) {
    Sender sender;
    for (uint64_t ms = 0; ms < 2'000; ms += 40) {
      sender.picture(ms, ms);
      sender.sound(ms, ms);
      sender.report(ms, wrong);
      EXPECT_NEAR(sender.picture_time(ms), static_cast<int64_t>(ms), 1) << wrong;
      EXPECT_NEAR(sender.sound_time(ms), static_cast<int64_t>(ms), 1) << wrong;
    }
  }
}

TEST(MediaTimes, AnotherTimelineIsAnotherBegin) {
  Sender sender;
  for (uint64_t ms = 0; ms < 2'000; ms += 20)
    sender.sound(ms, ms);
  sender.report(1'980);
  sender.sound(3'600'000, 2'000);
  EXPECT_EQ(sender.sound_time(3'600'000), 2'000) << "an hour ahead";
  EXPECT_EQ(sender.sound_time(1'980), -1'000'000) << "not known any more";
  sender.sound(10, 2'020);
  EXPECT_EQ(sender.sound_time(10), 2'020) << "and back";
}

TEST(MediaTimes, WhatIsLeftOfATimelineIsNotAheadWhereTheClockJumpsBack) {
  constexpr uint64_t kJump = 8'000, kBuffered = 200;  // ms
  for (uint64_t back : {1'040u, 1'500u, 3'000u, 5'980u, 7'000u}) {
    Sender sender;
    auto told_by_sender = [&](uint64_t ms) { return ms < kJump ? ms : ms - back; };
    for (uint64_t ms = 0; ms < 12'000; ms += 20) {
      sender.sound(told_by_sender(ms), ms);
      if (ms < kBuffered) continue;
      int64_t time = sender.sound_time(told_by_sender(ms - kBuffered));
      EXPECT_LE(time, static_cast<int64_t>(ms)) << back << ", " << ms;
      if (ms < kJump || ms >= kJump + kBuffered) {
        EXPECT_EQ(time, static_cast<int64_t>(ms - kBuffered)) << back;
      }
    }
  }
}

TEST(MediaTimes, PicturesKeepTimesOfTheirOwnWhereTheWayGetsShorter) {
  Sender sender;
  int64_t before = -1'000'000;
  for (uint64_t ms = 0; ms < 2'000; ms += 40) {
    sender.picture(ms, ms < 1'000 ? ms + 300 : ms + 10);
    int64_t time = sender.picture_time(ms);
    EXPECT_GT(time, before) << ms;
    before = time;
  }
  EXPECT_NEAR(before, 1'970, 1);
}

TEST(MediaTimes, APictureThatCameLastInAnotherOrderHasItsTime) {
  Sender sender;
  for (uint64_t ms = 0; ms < 2'000; ms += 40)
    sender.picture(ms, ms);
  // Three pictures that are shown before one that was lost; it comes again once they are here.
  EXPECT_NEAR(sender.picture_time(2'120), 2'120, 1);
}

TEST(MediaTimes, APictureOfSeveralPacketsHasOneTime) {
  Sender sender;
  sender.picture(0, 500);
  int64_t time = sender.picture_time(0);
  sender.picture(40, 100);
  EXPECT_EQ(sender.picture_time(0), time);
}

TEST(MediaTimes, NoTimesOfASenderOverflow) {
  for (uint32_t rate : {1u, 8'000u, 90'000u, 0xffffffffu}) {
    MediaTimes times;
    size_t stream = times.add(rate), other = times.add(90'000);
    uint32_t rtp = 1, state = rate;
    for (int i = 0; i < 200'000; i++) {
      state = state * 1'664'525u + 1'013'904'223u;
      rtp += i % 3 == 0 ? 0x7fffffffu : state >> (i % 31);
      times.arrived(i % 5 ? stream : other, rtp, kStart + static_cast<uint64_t>(i) * kMs);
      if (i % 7 == 0) times.reported(i % 2 ? stream : other, state, ~uint64_t{0} / (state | 1));
      auto time = times.time_of(i % 5 ? stream : other, rtp);
      if (time) {
        EXPECT_LE(*time, kStart + static_cast<uint64_t>(i) * kMs + 6'000 * kMs);
      }
    }
  }
}

TEST(MediaTimes, WhoSendsMoreThanAThousandTimesASecondDoesNotRunAhead) {
  MediaTimes times;
  size_t stream = times.add(90'000);
  uint64_t before = 0;
  for (uint32_t i = 0; i < 200'000; i++) {
    uint64_t arrival = kStart + i * kMs / 10;
    times.arrived(stream, i, arrival);
    auto time = times.time_of(stream, i);
    if (!time) continue;
    ASSERT_LE(*time, arrival + 6'000 * kMs) << i;
    ASSERT_GE(*time, before) << i;
    before = *time;
  }
  EXPECT_GT(before, kStart);
}

}  // namespace
}  // namespace webcast
