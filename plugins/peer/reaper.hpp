// Reaper: takes pipelines to NULL and frees them, away from the threads that must not wait.
//
// One thread for the process, there only while it has something to do; work that itself waits for
// the network gets a thread of its own. Any thread may call.
#pragma once

#include <functional>

namespace webcast {

enum class Reap {
  in_order,  // one after the other
  apart      // beside all else: it may take a second
};

// Runs `work` on a reaper's thread.
void reap(std::function<void()> work, Reap how = Reap::in_order);

// Waits until all that was given to reap() before is done. Not on a reaper's thread.
void wait_for_reaped();

}  // namespace webcast
