// FanOut: hands each frame of a rendition to all who watch it. Any thread; one pushes at a time.
//
// A subscriber gets nothing before the next keyframe: its decoder could not begin.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "plugins/media/codecs/snapshot_list.hpp"
#include "plugins/rtp/rtp_frame.hpp"

namespace webcast {

class FanOut {
 public:
  void subscribe(std::shared_ptr<FrameSink> sink);
  // After it returns no new call to the sink begins.
  void unsubscribe(const FrameSink* sink);
  size_t size() const;
  // It has got its first keyframe.
  bool has_begun(const FrameSink* sink) const;

  // Streaming thread.
  void push(const RtpFrame& frame);

 private:
  struct Subscriber {
    std::shared_ptr<FrameSink> sink;
    std::atomic<bool> active{true};
    std::atomic<bool> waits_for_keyframe{true};
  };
  SnapshotList<Subscriber> subscribers_;
};

}  // namespace webcast
