#include "common/control_thread.hpp"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>

namespace webcast {

struct ControlThread::Queue {
  std::mutex mutex;
  std::deque<Function> functions;
  bool stopped = false;

  // What has not run by now is dropped, outside of the lock: it may own anything.
  void close() {
    std::deque<Function> dropped;
    std::lock_guard lock(mutex);
    stopped = true;
    dropped.swap(functions);
  }
};

namespace {

constexpr int kLastIterations = 1000;

struct TimerState {
  ControlThread::Function function;
  bool repeat;
};

gboolean on_timer(gpointer data) {
  auto* state = static_cast<TimerState*>(data);
  // The function may cancel its own timer, which frees this state: run a copy.
  bool repeat = state->repeat;
  ControlThread::Function function = state->function;
  function();
  return repeat ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

}  // namespace

ControlThread::ControlThread(const std::string& name)
    : context_(adopt(g_main_context_new())),
      loop_(adopt(g_main_loop_new(context_.get(), FALSE))),
      queue_(std::make_unique<Queue>()) {
  thread_ = std::thread([this, name] {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    g_main_context_push_thread_default(context_.get());
    g_main_loop_run(loop_.get());
    queue_->close();
    // What was cancelled answers once more; unanswered, GIO's tasks would keep the context.
    for (int i = 0; i < kLastIterations && g_main_context_iteration(context_.get(), FALSE); i++) {
    }
    g_main_context_pop_thread_default(context_.get());
  });
  id_ = thread_.get_id();
}

ControlThread::~ControlThread() {
  stop();
}

bool ControlThread::is_current() const {
  return std::this_thread::get_id() == id_;
}

void ControlThread::post(Function function) {
  {
    std::lock_guard lock(queue_->mutex);
    if (queue_->stopped) return;
    queue_->functions.push_back(std::move(function));
    if (queue_->functions.size() > 1) return;  // a source is on its way already
  }
  Ref<GSource> source = adopt(g_idle_source_new());
  g_source_set_priority(source.get(), G_PRIORITY_DEFAULT);
  g_source_set_callback(
      source.get(),
      [](gpointer data) -> gboolean {
        auto& queue = *static_cast<Queue*>(data);
        std::deque<Function> functions;
        {
          std::lock_guard lock(queue.mutex);
          functions.swap(queue.functions);
        }
        for (auto& posted : functions) {
          // Freed before the next one runs: call() waits for its end, and not for that of others.
          Function current = std::move(posted);
          current();
        }
        return G_SOURCE_REMOVE;
      },
      queue_.get(), nullptr);  // the thread that runs this ends before the queue does
  g_source_attach(source.get(), context_.get());
}

bool ControlThread::call(const Function& function) {
  if (is_current()) {
    function();
    return true;
  }
  struct Wait {
    std::mutex mutex;
    std::condition_variable condition;
    bool done = false;
    bool ran = false;
  };
  auto wait = std::make_shared<Wait>();
  // Whether it ran or was dropped unrun, the guard's end wakes the caller.
  auto guard = std::shared_ptr<void>(nullptr, [wait](void*) {
    std::lock_guard lock(wait->mutex);
    wait->done = true;
    wait->condition.notify_all();
  });
  post([&function, wait, guard = std::move(guard)] {
    function();
    wait->ran = true;
  });
  std::unique_lock lock(wait->mutex);
  wait->condition.wait(lock, [&] { return wait->done; });
  return wait->ran;
}

Timer ControlThread::start_timer(std::chrono::milliseconds interval, Function function,
                                 bool repeat) {
  Ref<GSource> source = adopt(g_timeout_source_new(static_cast<guint>(interval.count())));
  g_source_set_callback(source.get(), on_timer, new TimerState{std::move(function), repeat},
                        [](gpointer data) { delete static_cast<TimerState*>(data); });
  g_source_attach(source.get(), context_.get());
  return Timer(std::move(source));
}

Timer ControlThread::after(std::chrono::milliseconds delay, Function function) {
  return start_timer(delay, std::move(function), false);
}

Timer ControlThread::every(std::chrono::milliseconds interval, Function function) {
  return start_timer(interval, std::move(function), true);
}

void ControlThread::stop() {
  if (!thread_.joinable()) return;
  post([this] { g_main_loop_quit(loop_.get()); });
  thread_.join();
}

}  // namespace webcast
