// WebrtcPeer: the Peer whose transport and sending side are webrtcbin's. Private to peer/.
//
// State lives on the control thread (webrtc_session.hpp has the half that receivers share).
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "plugins/egress/egress.hpp"
#include "plugins/peer/peer.hpp"
#include "plugins/peer/webrtc_session.hpp"
#include "plugins/rtp/rtcp_reader.hpp"

namespace webcast {

// What the RTCP that arrives tells; written by the receiving thread.
struct RtcpState {
  std::mutex mutex;
  RtcpReader reader;
  std::atomic<gint64> last_heard{0};  // monotonic µs
  explicit RtcpState(std::map<uint32_t, int> rates) : reader(std::move(rates)) {}
};

class WebrtcPeer final : public Peer, public WebrtcSession {
 public:
  WebrtcPeer(std::string id, ControlThread& control, GstClock* clock, PeerSettings settings,
             std::vector<PeerMedium> media, PeerEvents events);
  ~WebrtcPeer() override;

  void start(std::optional<SessionDescription> remote_offer) override;
  void set_remote_answer(const SessionDescription& answer) override;
  void add_remote_candidate(const IceCandidate& candidate) override { take_candidate(candidate); }
  std::shared_ptr<FrameSink> egress(size_t index) override;
  bool takes_messages() const override { return agreed_on_messages(); }
  Result<void> send(const PeerMessage& message) override { return send_message(message); }
  PeerStats stats() override;
  void close() override { end(); }

 private:
  Result<void> start_answer(const std::string& sdp);
  Result<void> start_offer();
  Result<void> launch(const std::vector<PipelineLine>& lines);

  void half_way() override;
  void media_allowed() override;
  void media_ends() override;
  void note_traffic() override;
  void watch_rtcp();
  void open_egresses();
  size_t line_of(size_t medium) const;
  void add_session_stats(PeerStats& stats);
  void update_bitrates();

  const PeerSettings settings_;
  const std::vector<PeerMedium> media_;
  std::vector<RtpFormat> formats_;
  std::vector<std::shared_ptr<Egress>> egresses_;
  std::shared_ptr<RtcpState> rtcp_;

  struct Rate {
    guint64 bytes = 0;
    unsigned bitrate = 0;
  };
  std::vector<Rate> rates_;
  Time rates_at_{};
};

}  // namespace webcast
