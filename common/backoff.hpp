// How long to wait before the next attempt: doubling, with jitter.
#pragma once

#include <glib.h>

#include <algorithm>
#include <chrono>

namespace webcast {

struct BackoffSettings {
  std::chrono::milliseconds first{250};
  std::chrono::milliseconds longest{4'000};
};

// `attempt`: how many failed before, from 0. `random`: from 0 to 1, so that many who were cut off
// in one moment do not come back in one moment; the wait is 60 to 100 % of its bound.
inline std::chrono::milliseconds backoff(unsigned attempt, double random,
                                         BackoffSettings settings = {}) {
  std::chrono::milliseconds bound = settings.first * (1 << std::min(attempt, 16u));
  bound = std::min(bound, settings.longest);
  return std::chrono::duration_cast<std::chrono::milliseconds>(bound * (0.6 + 0.4 * random));
}

// For `random`. No secret: all that it tells is when somebody tries again.
inline double jitter() {
  return g_random_double();
}

}  // namespace webcast
