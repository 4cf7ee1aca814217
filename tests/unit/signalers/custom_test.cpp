#include "plugins/signalers/custom.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/memory_signaler.hpp"

namespace webcast::test {
namespace {

SignalerEvents deaf() {
  SignalerEvents events;
  events.session_requested = [](const SessionRequest&) {};
  events.session_ended = [](const std::string&, const std::string&) {};
  events.warning = [](const Error&) {};
  events.candidate = [](const std::string&, unsigned, const std::string&) {};
  return events;
}

// Each of a signaler and a control thread of its own, over the same object.
void come_and_go(MemorySignaler& memory, int times) {
  for (int i = 0; i < times; i++) {
    ControlThread control("control");
    std::unique_ptr<Signaler> signaler;
    control.call([&] {
      signaler = make_custom_signaler(memory.object(), {.control = control, .events = deaf()});
      EXPECT_EQ(bool(signaler->start({.name = "mine"})), memory.refuse_start.empty());
      signaler->stop();
      signaler.reset();
    });
  }
}

// What the sanitizers watch here is the memory.
TEST(CustomSignaler, TheApplicationsThreadsMaySpeakWhileItGoes) {
  MemorySignaler memory;
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; i++)
    threads.emplace_back([&, session = "S" + std::to_string(i)] {
      while (!over) {
        webcast_signaler_request_session(memory.object(), session.c_str(), "somebody", nullptr);
        webcast_signaler_receive_candidate(memory.object(), session.c_str(), 0, "candidate:1");
        webcast_signaler_session_ended(memory.object(), session.c_str(), "enough");
      }
    });
  come_and_go(memory, 100);
  memory.refuse_start = "no";
  come_and_go(memory, 100);
  over = true;
  for (std::thread& thread : threads)
    thread.join();
}

}  // namespace
}  // namespace webcast::test
