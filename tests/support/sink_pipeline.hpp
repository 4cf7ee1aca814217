// A pipeline with a webcastsink or a webcastsrc in it, for tests: its bus is read in order, every
// wait is bounded. A secret in a message fails the test.
#pragma once

#include <gst/gst.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "plugins/gst/gst_ref.hpp"

namespace webcast::test {

inline constexpr auto kPatience = std::chrono::seconds(30);  // a watchdog, never a measure

class SinkPipeline {
 public:
  // `launch`: as for gst-launch-1.0; the sink (or source) is found by its type.
  explicit SinkPipeline(const std::string& launch);
  ~SinkPipeline();  // to NULL
  SinkPipeline(const SinkPipeline&) = delete;
  SinkPipeline& operator=(const SinkPipeline&) = delete;

  GstElement* pipeline() const { return pipeline_.get(); }
  GstElement* sink() const { return sink_.get(); }
  GstElement* element(const std::string& name) const;  // borrowed from the pipeline

  bool play();  // to PLAYING; false when it failed
  bool pause();
  void stop();  // to NULL
  // To PLAYING, then the address that the sink listens on ("http://127.0.0.1:41234/").
  std::string play_and_listen();

  // The next element message of that name (older ones of other names are dropped).
  std::optional<Ref<GstMessage>> wait_for(const std::string& name,
                                          std::chrono::milliseconds patience = kPatience);
  // The sentence of the next error or warning; empty when none comes in time.
  std::string wait_for_error(std::chrono::milliseconds patience = kPatience);
  std::string wait_for_warning(std::chrono::milliseconds patience = kPatience);
  bool wait_for_end(std::chrono::milliseconds patience = kPatience);
  bool wait_for_message(GstMessageType type, std::chrono::milliseconds patience = kPatience);

  void drop_messages();

  unsigned viewers() const;
  StructurePtr stats() const;
  // All that a message says.
  static std::string text_of(GstMessage* message);
  // Polls (10 ms) until it holds; false after the patience.
  static bool eventually(const std::function<bool()>& condition,
                         std::chrono::milliseconds patience = kPatience);

 private:
  Ref<GstMessage> wait_for_type(GstMessageType types, std::chrono::milliseconds patience,
                                const std::function<bool(GstMessage*)>& wanted);
  Ref<GstElement> pipeline_, sink_;
  Ref<GstBus> bus_;
};

// A field of the structure of an element message, as text; empty when it is missing.
std::string field(const Ref<GstMessage>& message, const char* name);

struct ProcessCensus {
  unsigned threads = 0, descriptors = 0;
  size_t resident_kib = 0;
};
ProcessCensus census();
// Empty as soon as there are at most so many: a thread that was joined leaves the list of them a
// moment later. Else what there is after the patience.
std::string left_behind(unsigned threads, unsigned descriptors);

}  // namespace webcast::test
