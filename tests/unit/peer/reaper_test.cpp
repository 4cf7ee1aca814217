#include "plugins/peer/reaper.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace webcast {
namespace {

// Work that goes on until it is let go.
class Gate {
 public:
  std::function<void()> work() {
    return [this] {
      begun_.set_value();
      opened_.get_future().wait();
    };
  }
  void wait_until_begun() { begun_.get_future().wait(); }
  void open() { opened_.set_value(); }

 private:
  std::promise<void> begun_, opened_;
};

TEST(Reaper, OneThatTakesLongHoldsNoOtherUp) {
  Gate slow;
  reap(slow.work());
  slow.wait_until_begun();
  std::promise<void> done;
  reap([&done] { done.set_value(); });
  done.get_future().wait();
  slow.open();
  wait_for_reaped();
}

// Others come and go all the while, so that there is no moment without any work.
TEST(Reaper, ABarrierDoesNotWaitForWhatComesAfterIt) {
  std::vector<std::unique_ptr<Gate>> gone;
  auto running = std::make_unique<Gate>();
  reap(running->work());
  running->wait_until_begun();
  auto barrier = std::async(std::launch::async, wait_for_reaped);
  do {
    auto next = std::make_unique<Gate>();
    reap(next->work());
    next->wait_until_begun();
    running->open();
    gone.push_back(std::exchange(running, std::move(next)));
  } while (barrier.wait_for(std::chrono::milliseconds(1)) == std::future_status::timeout);
  running->open();
  wait_for_reaped();
}

TEST(Reaper, ABarrierWaitsForWhatWaitsInLine) {
  std::vector<std::unique_ptr<Gate>> gates;
  for (unsigned i = 0; i < kMaxReapers; i++) {
    gates.push_back(std::make_unique<Gate>());
    reap(gates.back()->work());
    gates.back()->wait_until_begun();
  }
  std::atomic<bool> done = false;
  reap([&done] { done = true; });
  EXPECT_FALSE(done);
  for (auto& gate : gates)
    gate->open();
  wait_for_reaped();
  EXPECT_TRUE(done);
}

TEST(Reaper, ThreadsAreBounded) {
  std::atomic<unsigned> at_once = 0, most = 0;
  for (int i = 0; i < 200; i++)
    reap([&] {
      unsigned now = ++at_once, before = most;
      while (now > before && !most.compare_exchange_weak(before, now)) {
      }
      std::this_thread::yield();
      at_once--;
    });
  wait_for_reaped();
  EXPECT_LE(most, kMaxReapers);
  EXPECT_GE(most, 1u);
}

TEST(Reaper, WhatTheWorkOwnedIsFreedWhenTheBarrierIsThrough) {
  auto owned = std::make_shared<int>(1);
  std::weak_ptr<int> weak = owned;
  reap([kept = std::move(owned)] {});
  wait_for_reaped();
  EXPECT_TRUE(weak.expired());
}

}  // namespace
}  // namespace webcast
