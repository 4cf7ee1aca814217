#include "common/control_thread.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

namespace webcast {
namespace {

using std::chrono::milliseconds;

TEST(ControlThread, RunsInTheOrderOfPosting) {
  ControlThread control("test");
  std::vector<int> order;
  for (int i = 0; i < 1000; i++)
    control.post([&order, i] { order.push_back(i); });
  ASSERT_TRUE(control.call([] {}));
  ASSERT_EQ(order.size(), 1000u);
  for (int i = 0; i < 1000; i++)
    EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(ControlThread, TakesWorkFromManyThreads) {
  ControlThread control("test");
  int count = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; t++) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; i++)
        control.post([&count] { count++; });
      control.call([&count] { count++; });
    });
  }
  for (auto& thread : threads)
    thread.join();
  control.stop();
  EXPECT_EQ(count, 8 * 501);
}

TEST(ControlThread, CallOnTheThreadItselfRunsAtOnce) {
  ControlThread control("test");
  bool ran = false, inside = false;
  EXPECT_FALSE(control.is_current());
  EXPECT_TRUE(control.call([&] {
    inside = control.is_current();
    EXPECT_TRUE(control.call([&] { ran = true; }));
    EXPECT_TRUE(ran);
  }));
  EXPECT_TRUE(inside);
}

// call() ends with its function, which must not wait for others of the same batch.
TEST(ControlThread, AFunctionIsFreedWhereItRan) {
  ControlThread control("test");
  auto token = std::make_shared<int>(0);
  control.call([&] {
    control.post([token] {});
    control.post([weak = std::weak_ptr(token)] { EXPECT_EQ(weak.use_count(), 1); });
  });
  control.call([] {});
  EXPECT_EQ(token.use_count(), 1);
}

TEST(ControlThread, StopRunsWhatWasPostedBeforeAndDropsWhatComesAfter) {
  ControlThread control("test");
  int ran = 0;
  for (int i = 0; i < 100; i++)
    control.post([&ran] { ran++; });
  control.stop();
  EXPECT_EQ(ran, 100);
  control.post([&ran] { ran++; });
  EXPECT_FALSE(control.call([&ran] { ran++; }));
  control.stop();
  EXPECT_EQ(ran, 100);
}

TEST(ControlThread, CallersAreReleasedWhenItStops) {
  for (int round = 0; round < 50; round++) {
    auto control = std::make_unique<ControlThread>("test");
    std::atomic<int> answered = 0;
    std::vector<std::thread> callers;
    for (int t = 0; t < 4; t++) {
      callers.emplace_back([&] {
        while (control->call([] {})) {
        }
        answered++;
      });
    }
    control->stop();
    for (auto& caller : callers)
      caller.join();
    EXPECT_EQ(answered, 4);
  }
}

TEST(ControlThread, TimersFireOnceOrAgainAndNotAfterCancel) {
  ControlThread control("test");
  std::promise<void> once, thrice;
  int repeats = 0, cancelled = 0;
  Timer one, many, none;
  control.call([&] {
    one = control.after(milliseconds(1), [&] { once.set_value(); });
    many = control.every(milliseconds(1), [&] {
      if (++repeats == 3) {
        many.cancel();  // frees the function that runs
        thrice.set_value();
      }
    });
    none = control.after(milliseconds(1), [&] { cancelled++; });
    none.cancel();
    EXPECT_FALSE(none);
  });
  EXPECT_EQ(once.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(thrice.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  control.call([&] { one.cancel(); });
  EXPECT_EQ(repeats, 3);
  EXPECT_EQ(cancelled, 0);
}

TEST(ControlThread, ATimerMayReplaceItself) {
  ControlThread control("test");
  std::promise<void> second;
  Timer timer;
  control.call([&] {
    timer = control.after(milliseconds(1), [&] {
      timer = control.after(milliseconds(1), [&] { second.set_value(); });
    });
  });
  EXPECT_EQ(second.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  control.call([&] { timer.cancel(); });
}

TEST(ControlThread, ATimerMayOutliveItsThread) {
  auto control = std::make_unique<ControlThread>("test");
  Timer timer;
  auto token = std::make_shared<int>(0);
  control->call([&] { timer = control->after(std::chrono::hours(1), [token] {}); });
  control.reset();
  timer.cancel();
  EXPECT_EQ(token.use_count(), 1);
}

TEST(ControlThread, ItsContextIsTheThreadsDefault) {
  ControlThread control("test");
  control.call([&] { EXPECT_EQ(g_main_context_get_thread_default(), control.context()); });
}

}  // namespace
}  // namespace webcast
