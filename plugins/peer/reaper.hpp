// Reaper: takes pipelines to NULL and frees them, away from the threads that must not wait.
//
// A few threads for the process, there only while they have something to do: to end a pipeline
// waits for its own threads, and for the network where a TURN server is told. Any thread may call.
#pragma once

#include <functional>

namespace webcast {

inline constexpr unsigned kMaxReapers = 8;

// Runs `work` on a reaper's thread. What waits for one is in the process's budget still, which
// keeps the line short.
void reap(std::function<void()> work);

// Waits until all that was given to reap() before is done, and for nothing that came later. Not on
// a reaper's thread.
void wait_for_reaped();

}  // namespace webcast
