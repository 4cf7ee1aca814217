#include "tests/support/sink_pipeline.hpp"

#include <dirent.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <thread>

#include "tests/support/secrets.hpp"

namespace webcast::test {
namespace {

Ref<GstElement> find_sink(GstElement* pipeline) {
  Ref<GstElement> found;
  GstIterator* elements = gst_bin_iterate_recurse(GST_BIN(pipeline));
  GValue item = G_VALUE_INIT;
  while (!found && gst_iterator_next(elements, &item) == GST_ITERATOR_OK) {
    auto* element = GST_ELEMENT(g_value_get_object(&item));
    GstElementFactory* factory = gst_element_get_factory(element);
    if (factory && (g_str_equal(GST_OBJECT_NAME(factory), "webcastsink") ||
                    g_str_equal(GST_OBJECT_NAME(factory), "webcastsrc")))
      found = retain(element);
    g_value_reset(&item);
  }
  g_value_unset(&item);
  gst_iterator_free(elements);
  return found;
}

GstBusSyncReply look_for_secrets(GstBus*, GstMessage* message, gpointer) {
  constexpr auto kTold = GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING |
                         GST_MESSAGE_INFO;
  if (GST_MESSAGE_TYPE(message) & kTold) {
    EXPECT_FALSE(shows_secret(SinkPipeline::text_of(message)))
        << "a secret in a message of the type " << GST_MESSAGE_TYPE_NAME(message);
  }
  return GST_BUS_PASS;
}

unsigned entries_of(const char* directory) {
  unsigned count = 0;
  DIR* dir = opendir(directory);
  while (dir && readdir(dir))
    count++;
  if (dir) closedir(dir);
  return count > 2 ? count - 2 : 0;  // without . and ..
}

}  // namespace

SinkPipeline::SinkPipeline(const std::string& launch) {
  GError* error = nullptr;
  GstElement* parsed =
      gst_parse_launch_full(launch.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  if (!parsed) {
    g_printerr("%s: %s\n", launch.c_str(), error ? error->message : "?");
    g_abort();
  }
  g_clear_error(&error);
  parsed = GST_ELEMENT(gst_object_ref_sink(parsed));
  if (GST_IS_PIPELINE(parsed)) {
    pipeline_ = adopt(parsed);
  } else {  // a single element
    pipeline_ = adopt(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))));
    gst_bin_add(GST_BIN(pipeline_.get()), parsed);
    gst_object_unref(parsed);
  }
  sink_ = find_sink(pipeline_.get());
  bus_ = adopt(gst_element_get_bus(pipeline_.get()));
  gst_bus_set_sync_handler(bus_.get(), look_for_secrets, nullptr, nullptr);
}

SinkPipeline::~SinkPipeline() {
  stop();
}

GstElement* SinkPipeline::element(const std::string& name) const {
  GstElement* found = gst_bin_get_by_name(GST_BIN(pipeline_.get()), name.c_str());
  if (found) gst_object_unref(found);
  return found;
}

bool SinkPipeline::play() {
  return gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
}

bool SinkPipeline::pause() {
  return gst_element_set_state(pipeline_.get(), GST_STATE_PAUSED) != GST_STATE_CHANGE_FAILURE;
}

void SinkPipeline::stop() {
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

std::string SinkPipeline::play_and_listen() {
  if (!play()) return {};
  auto message = wait_for("webcast-listening");
  return message ? field(*message, "url") : std::string();
}

Ref<GstMessage> SinkPipeline::wait_for_type(GstMessageType types,
                                            std::chrono::milliseconds patience,
                                            const std::function<bool(GstMessage*)>& wanted) {
  auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto left = deadline - std::chrono::steady_clock::now();
    if (left <= std::chrono::seconds(0)) return {};
    auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
    Ref<GstMessage> message = adopt(
        gst_bus_timed_pop_filtered(bus_.get(), static_cast<GstClockTime>(nanoseconds), types));
    if (message && wanted(message.get())) return message;
  }
}

std::optional<Ref<GstMessage>> SinkPipeline::wait_for(const std::string& name,
                                                      std::chrono::milliseconds patience) {
  auto message = wait_for_type(GST_MESSAGE_ELEMENT, patience, [&](GstMessage* candidate) {
    return gst_message_has_name(candidate, name.c_str());
  });
  if (!message) return std::nullopt;
  return message;
}

namespace {
std::string sentence_of(GstMessage* message) {
  if (!message) return {};
  GError* error = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
    gst_message_parse_error(message, &error, nullptr);
  else
    gst_message_parse_warning(message, &error, nullptr);
  std::string sentence = error->message;
  g_error_free(error);
  return sentence;
}
bool any_message(GstMessage*) {
  return true;
}
}  // namespace

std::string SinkPipeline::wait_for_error(std::chrono::milliseconds patience) {
  return sentence_of(wait_for_type(GST_MESSAGE_ERROR, patience, any_message).get());
}

std::string SinkPipeline::wait_for_warning(std::chrono::milliseconds patience) {
  return sentence_of(wait_for_type(GST_MESSAGE_WARNING, patience, any_message).get());
}

bool SinkPipeline::wait_for_end(std::chrono::milliseconds patience) {
  return wait_for_message(GST_MESSAGE_EOS, patience);
}

bool SinkPipeline::wait_for_message(GstMessageType type, std::chrono::milliseconds patience) {
  return static_cast<bool>(wait_for_type(type, patience, any_message));
}

std::string SinkPipeline::text_of(GstMessage* message) {
  const GstStructure* structure = gst_message_get_structure(message);
  if (!structure) return {};
  std::unique_ptr<char, decltype(&g_free)> fields(gst_structure_to_string(structure), g_free);
  std::string text = fields.get();
  // A GError is no field that can be written.
  GError* error = nullptr;
  gst_structure_get(structure, "gerror", G_TYPE_ERROR, &error, nullptr);
  if (error) text += std::string(" ") + error->message;
  g_clear_error(&error);
  return text;
}

void SinkPipeline::drop_messages() {
  while (adopt(gst_bus_pop(bus_.get()))) {
  }
}

unsigned SinkPipeline::viewers() const {
  guint count = 0;
  g_object_get(sink_.get(), "viewers", &count, nullptr);
  return count;
}

StructurePtr SinkPipeline::stats() const {
  GstStructure* stats = nullptr;
  g_object_get(sink_.get(), "stats", &stats, nullptr);
  return StructurePtr(stats);
}

bool SinkPipeline::eventually(const std::function<bool()>& condition,
                              std::chrono::milliseconds patience) {
  auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

std::string field(const Ref<GstMessage>& message, const char* name) {
  const GstStructure* structure = gst_message_get_structure(message.get());
  const char* text = structure ? gst_structure_get_string(structure, name) : nullptr;
  return text ? text : "";
}

ProcessCensus census() {
  ProcessCensus now;
  now.threads = entries_of("/proc/self/task");
  now.descriptors = entries_of("/proc/self/fd");
  std::ifstream statm("/proc/self/statm");
  size_t total = 0, resident = 0;
  statm >> total >> resident;
  now.resident_kib = resident * 4;
  return now;
}

std::string left_behind(unsigned threads, unsigned descriptors) {
  ProcessCensus now;
  if (SinkPipeline::eventually([&] {
        now = census();
        return now.threads <= threads && now.descriptors <= descriptors;
      }))
    return "";
  return std::to_string(now.threads) + " threads of " + std::to_string(threads) + ", " +
         std::to_string(now.descriptors) + " descriptors of " + std::to_string(descriptors);
}

}  // namespace webcast::test
