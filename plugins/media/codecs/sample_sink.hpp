// SampleSink: whoever takes media buffers with their caps; SampleFanOut: several of them.
//
// push and end come on one streaming thread at a time and never wait.
#pragma once

#include <gst/gst.h>

#include <memory>

#include "plugins/media/codecs/snapshot_list.hpp"

namespace webcast {

class SampleSink {
 public:
  virtual ~SampleSink() = default;
  // Both are borrowed; `buffer` is on the internal timeline.
  virtual void push(GstBuffer* buffer, GstCaps* caps) = 0;
  // No more will come, until the next push begins anew.
  virtual void end() = 0;
};

class SampleFanOut : public SampleSink {
 public:
  using Sinks = SnapshotList<SampleSink>::Items;

  std::shared_ptr<const Sinks> read() const { return sinks_.read(); }
  void add(std::shared_ptr<SampleSink> sink) { sinks_.add(std::move(sink)); }
  void remove(const SampleSink* sink) {
    sinks_.remove_if([sink](const SampleSink& other) { return &other == sink; });
  }
  void push(GstBuffer* buffer, GstCaps* caps) override {
    auto sinks = sinks_.read();
    for (const auto& sink : *sinks)
      sink->push(buffer, caps);
  }
  void end() override {
    auto sinks = sinks_.read();
    for (const auto& sink : *sinks)
      sink->end();
  }

 private:
  SnapshotList<SampleSink> sinks_;
};

}  // namespace webcast
