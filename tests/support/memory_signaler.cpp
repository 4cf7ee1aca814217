#include "tests/support/memory_signaler.hpp"

#include <gio/gio.h>

#include "tests/support/sink_pipeline.hpp"

using webcast::test::MemorySignaler;
using webcast::test::SignalerCall;

struct TestSignaler {
  GObject parent;
  MemorySignaler* memory;
};
struct TestSignalerClass {
  GObjectClass parent_class;
};

static void implement_signaler(WebcastSignalerInterface* interface);
G_DEFINE_TYPE_WITH_CODE(TestSignaler, test_signaler, G_TYPE_OBJECT,
                        G_IMPLEMENT_INTERFACE(WEBCAST_TYPE_SIGNALER, implement_signaler))

static MemorySignaler& memory_of(WebcastSignaler* self) {
  return *reinterpret_cast<TestSignaler*>(self)->memory;
}

static gboolean start(WebcastSignaler* self, const char* stream, GError** error) {
  MemorySignaler& memory = memory_of(self);
  if (!memory.refuse_start.empty()) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, memory.refuse_start.c_str());
    return FALSE;
  }
  memory.record({SignalerCall::What::start, stream});
  return TRUE;
}

static void stop(WebcastSignaler* self) {
  memory_of(self).record({SignalerCall::What::stop});
}

static void send_description(WebcastSignaler* self, const char* session, const char* type,
                             const char* sdp) {
  memory_of(self).record({SignalerCall::What::description, session, type, sdp});
}

static void send_candidate(WebcastSignaler* self, const char* session, unsigned,
                           const char* candidate) {
  memory_of(self).record({SignalerCall::What::candidate, session, "", candidate});
}

static void end_session(WebcastSignaler* self, const char* session, const char* error) {
  memory_of(self).record({SignalerCall::What::end, session, "", error ? error : ""});
}

static void implement_signaler(WebcastSignalerInterface* interface) {
  interface->start = start;
  interface->stop = stop;
  interface->send_description = send_description;
  interface->send_candidate = send_candidate;
  interface->end_session = end_session;
}

static void test_signaler_init(TestSignaler*) {}
static void test_signaler_class_init(TestSignalerClass*) {}

namespace webcast::test {

MemorySignaler::MemorySignaler() {
  auto* object = static_cast<TestSignaler*>(g_object_new(test_signaler_get_type(), nullptr));
  object->memory = this;
  object_ = adopt(WEBCAST_SIGNALER(object));
}

std::optional<SignalerCall> MemorySignaler::wait_for(SignalerCall::What what) {
  std::unique_lock lock(mutex_);
  std::optional<SignalerCall> found;
  arrived_.wait_for(lock, kPatience, [&] {
    while (!calls_.empty() && !found) {
      if (calls_.front().what == what) found = calls_.front();
      calls_.erase(calls_.begin());
    }
    return found.has_value();
  });
  return found;
}

void MemorySignaler::record(SignalerCall call) {
  {
    std::lock_guard lock(mutex_);
    calls_.push_back(call);
  }
  arrived_.notify_all();
  if (on_call) on_call(call);
}

}  // namespace webcast::test
