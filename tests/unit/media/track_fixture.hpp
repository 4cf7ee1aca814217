// What the tests of tracks share: a control thread, a track, a small pipeline that feeds it and a
// sink that keeps what comes out. Every wait is for an event, never for a time.
#pragma once

#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/control_thread.hpp"
#include "plugins/media/track.hpp"

namespace webcast {

// Waits until `condition` holds under its lock; wake() whenever something changes.
class Waiter {
 public:
  void change(const std::function<void()>& function) {
    std::lock_guard lock(mutex_);
    function();
    condition_.notify_all();
  }
  // The watchdog of the test program ends a wait that never ends.
  void wait(const std::function<bool()>& done) {
    std::unique_lock lock(mutex_);
    condition_.wait(lock, done);
  }
  bool look(const std::function<bool()>& question) {
    std::lock_guard lock(mutex_);
    return question();
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
};

// How many keyframes beyond the first may have been forced since: one each 500 ms.
inline size_t governed_keyframes(std::chrono::steady_clock::time_point began) {
  return static_cast<size_t>((std::chrono::steady_clock::now() - began) /
                             std::chrono::milliseconds(500));
}

// Keeps the frames that a rendition hands out.
class Collected : public FrameSink {
 public:
  void push(const RtpFrame& frame) override;
  size_t count();
  size_t keyframes();
  void wait_for_frames(size_t count);
  void wait_for_keyframes(size_t count);
  std::vector<RtpFrame> frames();

 private:
  Waiter waiter_;
  std::vector<RtpFrame> frames_;
};

// gst-launch syntax; every buffer of its appsink "out" is fed to the track, in real time.
class Feeder {
 public:
  // `edit` may change each buffer before it is fed, or drop it (an empty Ref).
  using Edit = std::function<Ref<GstBuffer>(Ref<GstBuffer>)>;
  Feeder(Track& track, const std::string& description, Edit edit = {});
  ~Feeder();
  void wait_for_end();  // the track was told too
  void send_force_keyframe();
  // A property of the element of that name.
  void set(const char* element, const char* property, const std::string& value);
  // As the application's pipeline would share it; false: it has none.
  bool share_context(GstElement* asker, const char* type);

 private:
  GstElement* pipeline_;
  Track& track_;
  const Edit edit_;
  Waiter waiter_;
  bool ended_ = false;
};

class TrackTest : public ::testing::Test {
 protected:
  ~TrackTest() override;
  Track& make_track(MediaKind kind, TrackSettings settings = {});
  Track& track() { return *track_; }

  // On the control thread.
  Result<std::unique_ptr<RenditionLease>> try_lease(std::vector<Codec> preference,
                                                    ViewerCodecs viewer = everything());
  // A lease that is ready, with `sink` subscribed.
  struct Held {
    std::unique_ptr<RenditionLease> lease;
    std::shared_ptr<Collected> sink = std::make_shared<Collected>();
    RtpFormat format;
    std::string error;  // of when_ready
    std::string lost;
    std::string name;
  };
  std::shared_ptr<Held> hold(std::vector<Codec> preference, ViewerCodecs viewer = everything());
  void release(const std::shared_ptr<Held>& held);
  void stop_track();
  void wait_for_input(int changes = 1);
  StructurePtr stats(const std::shared_ptr<Held>& held);
  size_t rendition_count();

  static ViewerCodecs everything();
  static ViewerCodecs only(std::vector<CodecCapability> capabilities);
  static CodecCapability h264(const char* profile_level_id);

  Waiter waiter_;
  int input_changes_ = 0, drained_ = 0;
  std::atomic<int> upstream_keyframes_{0};
  std::vector<std::string> warnings_;
  std::vector<std::string> encoders_;  // factories that were set up
  std::function<void()> on_upstream_keyframe_;
  std::function<void(GstElement*)> on_encoder_;  // before it leaves NULL
  std::function<void(GstElement* asker, const char* type)> on_context_needed_;
  ControlThread control_{"test-control"};

 private:
  std::shared_ptr<Track> track_;
};

}  // namespace webcast
