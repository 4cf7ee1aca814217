#include "plugins/peer/reaper.hpp"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace webcast {
namespace {

using Work = std::function<void()>;

struct Reaper {
  std::mutex mutex;
  std::condition_variable idle;
  std::deque<Work> work;
  bool in_order_runs = false;
  unsigned threads = 0;
};

Reaper& reaper() {
  // Never freed: the thread may outlive static destructors.
  static auto* instance = new Reaper;
  return *instance;
}

// With the lock held.
void start_thread(Reaper& self, Work body) {
  ++self.threads;
  std::thread([&self, body = std::move(body)]() mutable {
    pthread_setname_np(pthread_self(), "webcast-reaper");
    body();
    body = nullptr;
    std::lock_guard lock(self.mutex);
    if (--self.threads == 0) self.idle.notify_all();
  }).detach();
}

void run_in_order() {
  Reaper& self = reaper();
  std::unique_lock lock(self.mutex);
  while (!self.work.empty()) {
    Work work = std::move(self.work.front());
    self.work.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
  self.in_order_runs = false;
}

}  // namespace

void reap(Work work, Reap how) {
  Reaper& self = reaper();
  std::lock_guard lock(self.mutex);
  if (how == Reap::apart) {
    start_thread(self, std::move(work));
    return;
  }
  self.work.push_back(std::move(work));
  if (self.in_order_runs) return;
  self.in_order_runs = true;
  start_thread(self, run_in_order);
}

void wait_for_reaped() {
  Reaper& self = reaper();
  std::unique_lock lock(self.mutex);
  self.idle.wait(lock, [&] { return self.threads == 0; });
}

}  // namespace webcast
