// ControlThread: one thread with a GMainContext of its own that owns some state.
//
// Who posts work here needs no lock for what the work touches. The context is the thread's
// default one, so libsoup and GIO objects made on it call back on it.
#pragma once

#include <glib.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "common/ref.hpp"

namespace webcast {

// Ends its timer when it goes. Belongs to the control thread, like the timer's function.
class Timer {
 public:
  Timer() = default;
  explicit Timer(Ref<GSource> source) : source_(std::move(source)) {}
  Timer(Timer&& other) noexcept = default;
  Timer& operator=(Timer&& other) noexcept {
    if (this != &other) {
      cancel();
      source_ = std::move(other.source_);
    }
    return *this;
  }
  ~Timer() { cancel(); }
  void cancel() {
    if (source_) g_source_destroy(source_.get());
    source_.reset();
  }
  explicit operator bool() const { return static_cast<bool>(source_); }

 private:
  Ref<GSource> source_;
};

class ControlThread {
 public:
  using Function = std::function<void()>;

  // `name`: shown by debuggers, 15 bytes at most.
  explicit ControlThread(const std::string& name);
  // Stops; must not run on the thread itself.
  ~ControlThread();
  ControlThread(const ControlThread&) = delete;
  ControlThread& operator=(const ControlThread&) = delete;

  // Any thread. Runs in the order of posting. After stop() it is dropped, not run.
  void post(Function function);
  // Any thread. Runs and waits for the end; at once when already on the thread. Never with a lock
  // held that a function on the thread takes.
  // After stop() nothing runs and it returns false.
  bool call(const Function& function);
  // Control thread only. Once after `delay`, or, with `every`, again and again.
  [[nodiscard]] Timer after(std::chrono::milliseconds delay, Function function);
  [[nodiscard]] Timer every(std::chrono::milliseconds interval, Function function);

  // Runs what was posted before, then ends and joins the thread. Idempotent.
  void stop();

  bool is_current() const;
  GMainContext* context() const { return context_.get(); }

 private:
  Timer start_timer(std::chrono::milliseconds interval, Function function, bool repeat);

  Ref<GMainContext> context_;
  Ref<GMainLoop> loop_;
  std::thread thread_;
  std::thread::id id_;
  struct Queue;
  std::unique_ptr<Queue> queue_;
};

}  // namespace webcast
