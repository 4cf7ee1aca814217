// Warm-up: loads the plugins that a peer needs and makes the process's DTLS certificate, on a
// thread of its own, once in a process. Any thread.
#pragma once

#include <functional>

namespace webcast {

// Starts it unless that was done before; `load` is what it does.
void begin_warm_up(std::function<void()> load);

// Waits until it is done. It must not work while exit() or gst_deinit() takes away what it uses:
// exit() waits by itself, elements wait on their way to NULL.
void wait_for_warm_up();

}  // namespace webcast
