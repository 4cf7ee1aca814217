// WebrtcReceiver: the Receiver whose transport is webrtcbin's. Private to peer/.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "plugins/peer/packet_times.hpp"
#include "plugins/peer/receive_chain.hpp"
#include "plugins/peer/receiver.hpp"
#include "plugins/peer/webrtc_session.hpp"

namespace webcast {

// What webrtcbin's threads need of the receiver: whose packets these are, and that they came.
struct ReceiverInlets : std::enable_shared_from_this<ReceiverInlets> {
  struct Line {
    uint8_t payload_type = 0;
    uint32_t clock_rate = 90'000;
    bool nack = false;
    std::vector<uint32_t> ssrcs{};
    std::shared_ptr<ReceiveChain> chain{};
  };
  std::vector<Line> lines{};
  std::atomic<gint64> last_heard{0};  // monotonic µs
  const std::shared_ptr<PacketTimes> times = std::make_shared<PacketTimes>();

  // By SSRC where one was announced, else by payload type; null: nobody's.
  const Line* find(uint32_t ssrc, int payload_type) const;
};

class WebrtcReceiver final : public Receiver, public WebrtcSession {
 public:
  WebrtcReceiver(std::string id, ControlThread& control, GstClock* clock,
                 ReceiverSettings settings, ReceiverEvents events);
  ~WebrtcReceiver() override;

  void start(std::optional<SessionDescription> offer) override;
  void set_remote_answer(const SessionDescription& answer) override;
  void add_remote_candidate(const IceCandidate& candidate) override { take_candidate(candidate); }
  Result<void> send(const PeerMessage& message) override { return send_message(message); }
  void request_keyframe(size_t track) override;
  std::chrono::milliseconds silence() const override;
  ReceiverStats stats() override;
  void close() override { end(); }

 private:
  Result<void> answer(const std::string& sdp);
  Result<void> offer();
  Result<SessionPlan> take(const RemoteDescription& answer);
  Result<PeerPipeline> build() const;
  Result<void> add_chain(PeerPipeline& pipeline, size_t index);
  void tell_tracks();
  void connect_inlets(PeerPipeline& pipeline);
  std::string written_offer(const std::vector<std::string>& candidates) const override;
  void media_allowed() override;
  void media_ends() override;
  void note_traffic() override;

  const ReceiverSettings settings_;
  ReceiverEvents receiver_events_;
  std::vector<RemoteMedia> offered_;  // the lines of our offer, if we made one
  std::vector<ReceivedMedium> media_;
  std::shared_ptr<ReceiverInlets> inlets_ = std::make_shared<ReceiverInlets>();
  std::vector<Connection> inlet_connections_;
};

}  // namespace webcast
