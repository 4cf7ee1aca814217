#include "plugins/peer/reaper.hpp"

#include <pthread.h>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

namespace webcast {
namespace {

using Work = std::function<void()>;
using Number = uint64_t;  // in the order of reap()

struct Reaper {
  std::mutex mutex;
  std::condition_variable progress;
  std::map<Number, Work> waiting;
  std::set<Number> running;
  Number last = 0;
  unsigned threads = 0;

  // With the lock held.
  bool is_done_up_to(Number number) const {
    bool waits = !waiting.empty() && waiting.begin()->first <= number;
    return !waits && (running.empty() || *running.begin() > number);
  }
};

Reaper& reaper() {
  // Never freed: a thread may outlive static destructors.
  static auto* instance = new Reaper;
  return *instance;
}

// Until nothing waits.
void run(Reaper& self) {
  std::unique_lock lock(self.mutex);
  while (!self.waiting.empty()) {
    auto entry = self.waiting.extract(self.waiting.begin());
    self.running.insert(entry.key());
    lock.unlock();
    entry.mapped()();
    entry.mapped() = nullptr;  // frees what it owned, before it counts as done
    lock.lock();
    self.running.erase(entry.key());
    self.progress.notify_all();
  }
  self.threads--;
}

}  // namespace

void reap(Work work) {
  Reaper& self = reaper();
  {
    std::lock_guard lock(self.mutex);
    self.waiting.emplace(++self.last, std::move(work));
    if (self.threads == kMaxReapers) return;
    self.threads++;
  }
  try {
    std::thread([&self] {
      pthread_setname_np(pthread_self(), "webcast-reaper");
      run(self);
    }).detach();
  } catch (const std::system_error&) {
    // No thread is to be had, and some become free by this work: the caller does it.
    run(self);
  }
}

void wait_for_reaped() {
  Reaper& self = reaper();
  std::unique_lock lock(self.mutex);
  self.progress.wait(lock, [&self, number = self.last] { return self.is_done_up_to(number); });
}

}  // namespace webcast
