#include "plugins/peer/warm_up.hpp"

#include <pthread.h>

#include <cstdlib>
#include <mutex>
#include <thread>

#include "plugins/gst/gst_ref.hpp"

namespace webcast {
namespace {

struct WarmUp {
  std::mutex mutex;  // while the thread is made and joined; the thread itself never takes it
  bool begun = false;
  std::thread thread;
};

WarmUp& warm_up() {
  // Never freed: exit() waits for the thread after static destructors may have run.
  static auto* instance = new WarmUp;
  return *instance;
}

// What exit() takes down first is what asked for it last: with the DTLS class OpenSSL has asked
// before we do.
void load_openssl() {
  Ref<GstElementFactory> found = adopt(gst_element_factory_find("dtlsdec"));
  if (!found) return;
  Ref<GstPluginFeature> loaded = adopt(gst_plugin_feature_load(GST_PLUGIN_FEATURE(found.get())));
  if (!loaded) return;
  GType type = gst_element_factory_get_element_type(GST_ELEMENT_FACTORY(loaded.get()));
  if (type != G_TYPE_INVALID) g_type_class_unref(g_type_class_ref(type));
}

}  // namespace

void begin_warm_up(std::function<void()> load) {
  WarmUp& self = warm_up();
  std::lock_guard lock(self.mutex);
  if (std::exchange(self.begun, true)) return;
  load_openssl();
  std::atexit(wait_for_warm_up);
  self.thread = std::thread([load = std::move(load)] {
    pthread_setname_np(pthread_self(), "webcast-warm-up");
    load();
  });
}

void wait_for_warm_up() {
  WarmUp& self = warm_up();
  std::lock_guard lock(self.mutex);
  if (self.thread.joinable()) self.thread.join();
}

}  // namespace webcast
