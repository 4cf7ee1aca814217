// Rig: a peer, a viewer and frames that flow, joined by in-process signaling.
#pragma once

#include <gtest/gtest.h>

#include <thread>

#include "plugins/peer/peer.hpp"
#include "tests/unit/rtp/frames.hpp"
#include "tests/unit/peer/loop_viewer.hpp"

namespace webcast::test {

inline RtpFormat video_format(Codec codec = Codec::vp8, uint32_t ssrc = 0x1111) {
  RtpFormat format;
  format.codec = codec;
  format.ssrc = ssrc;
  format.transport_cc_id = 1;
  if (codec == Codec::h264)
    format.parameters = {{"profile-level-id", "42c01f"}, {"packetization-mode", "1"}};
  return format;
}

inline RtpFormat audio_format(uint32_t ssrc = 0x2222) {
  RtpFormat format;
  format.kind = MediaKind::audio;
  format.codec = Codec::opus;
  format.clock_rate = 48000;
  format.channels = 2;
  format.payload_type = 111;
  format.ssrc = ssrc;
  return format;
}

// Waits for what threads of others bring about; the test's own watchdog ends it otherwise.
template <typename Condition>
bool eventually(Condition condition, std::chrono::seconds limit = std::chrono::seconds(60)) {
  auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

class Rig {
 public:
  explicit Rig(std::vector<RtpFormat> formats = {video_format()}, PeerSettings settings = {});
  ~Rig();

  void viewer_offers(const std::vector<ViewerMedium>& media);
  void sink_offers();
  void close_peer();
  // Ends the flow of frames and the viewer.
  void stop();

  bool connected() const { return connected_; }
  std::optional<Error> closed();
  PeerStats stats();
  bool wait_connected() {
    return eventually([this] { return connected() || closed(); }) && connected();
  }
  bool wait_packets(unsigned count) {
    return eventually([=, this] { return viewer->packets() >= count; });
  }

  LoopViewer::Text change_answer = [](std::string sdp) { return sdp; };
  // Candidates are held back until release_candidates().
  bool hold_candidates = false;
  void release_candidates();

  std::unique_ptr<LoopViewer> viewer = std::make_unique<LoopViewer>();
  std::shared_ptr<Peer> peer;
  std::atomic<unsigned> keyframe_requests{0};
  std::atomic<int> setup_ms{-1};
  std::string our_sdp();
  std::vector<IceCandidate> our_candidates();
  ControlThread control{"test-control"};

 private:
  void start(std::optional<SessionDescription> offer);
  void feed();

  std::vector<RtpFormat> formats_;
  PeerSettings settings_;
  Ref<GstClock> clock_ = adopt(gst_system_clock_obtain());
  std::mutex mutex_;
  std::optional<Error> closed_;
  std::string our_sdp_;
  std::vector<IceCandidate> our_candidates_, held_;
  std::atomic<bool> connected_{false}, feeding_{true}, keyframe_{true};
  std::thread feeder_;
};

}  // namespace webcast::test
