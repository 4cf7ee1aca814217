// WebrtcSession: what a sending and a receiving side of ours share: one webrtcbin's negotiation,
// candidates, certificate, connection and end. Private to peer/.
//
// State lives on the control thread. webrtcbin's threads reach it through a PeerMailbox only,
// which dies with the session; the pipeline goes to the reaper in one piece.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/address_kind.hpp"
#include "common/connection.hpp"
#include "plugins/peer/messages/peer_debug.hpp"
#include "plugins/peer/messages/webrtc_messages.hpp"
#include "plugins/peer/negotiation.hpp"
#include "plugins/peer/peer.hpp"
#include "plugins/peer/webrtc_peer_pipeline.hpp"
#include "plugins/sdp/sdp.hpp"

namespace webcast {

class WebrtcSession;

// Brings what webrtcbin's threads have to tell to the control thread.
struct PeerMailbox {
  ControlThread& control;
  std::weak_ptr<WebrtcSession> session;

  template <typename Function>
  void post(Function function);
};

class WebrtcSession : public std::enable_shared_from_this<WebrtcSession> {
 public:
  bool is_open() const { return negotiation_.state() != Negotiation::State::closed; }
  // From the bus, by way of the mailbox.
  void pipeline_failed(const std::string& cause);

 protected:
  using Time = Negotiation::Time;
  static Time now() { return std::chrono::steady_clock::now(); }

  // `other`: who is on the other side, in the words of errors ("viewer").
  WebrtcSession(std::string id, ControlThread& control, GstClock* clock, const char* other,
                IceSettings ice, NegotiationLimits limits, bool messages, PeerEvents events,
                std::shared_ptr<Place> place);
  // The destructor of each kind calls end().
  virtual ~WebrtcSession() = default;

  // What the kinds do differently. Half-way: ICE is connected, DTLS not yet.
  virtual void half_way() {}
  // The certificate is the one that was announced.
  virtual void media_allowed() = 0;
  virtual void media_ends() = 0;
  // Tells negotiation_ what was heard and sent.
  virtual void note_traffic() = 0;
  // Our offer (own_) as the other side gets it.
  virtual std::string written_offer(const std::vector<std::string>& candidates) const {
    return offer_for_viewer(own_.get(), candidates);
  }

  // In the order of things.
  Result<void> begin(bool remote_offers);
  using MakePlan = std::function<Result<SessionPlan>(const RemoteDescription&)>;
  Result<void> take_offer(const std::string& sdp, const MakePlan& make_plan,
                          MediaDirection others_direction);
  Result<void> launch(PeerPipeline pipeline);
  void answer_offer();
  void make_offer();
  void take_answer(const SessionDescription& answer, const MakePlan& make_plan,
                   MediaDirection others_direction);
  void take_candidate(const IceCandidate& candidate);

  bool agreed_on_messages() const { return messages_ && data_; }
  Result<void> send_message(const PeerMessage& message);
  unsigned candidates_refused() const { return candidates_refused_; }
  guint64 packets_refused() const { return pipeline_.guard ? pipeline_.guard->refused.load() : 0; }
  MessageStats message_stats() const { return messages_ ? messages_->stats() : MessageStats{}; }

  void fail(Error error);
  void end();

  const std::string id_;
  ControlThread& control_;
  const Ref<GstClock> clock_;
  const std::string other_;
  const IceSettings ice_;
  const bool wants_messages_;
  PeerEvents events_;
  Negotiation negotiation_;
  SessionPlan plan_;
  RemoteDescription remote_{};
  CleanOffer clean_{};
  SdpPtr own_{};
  PeerPipeline pipeline_{};

 private:
  void expect_sources();
  Result<void> make_messages();
  void connect_signals();
  void create_description(bool offer);
  void description_created(bool offer, SdpPtr sdp);
  void description_set(bool offer, std::vector<std::string> candidates);
  Result<void> apply_answer(const std::string& sdp, const MakePlan& make_plan,
                            MediaDirection others_direction);
  void answer_applied();
  void call(const char* signal, GstSDPMessage* sdp, GstWebRTCSDPType type,
            std::function<void(WebrtcSession&)> done);

  void refuse_candidate(AddressKind network);
  void local_candidate(const std::string& candidate);
  void apply_remote_candidate(const std::string& candidate);
  void apply_remote_candidates();
  std::vector<std::string> with_external(const std::vector<std::string>& candidates) const;
  void connection_changed();
  GstWebRTCDTLSTransportState dtls_state() const;
  void dtls_changed();
  void dtls_failed(const std::string& cause);
  void watch_dtls();
  void reached();
  void verified();
  void check_time();

  std::shared_ptr<Place> place_;  // goes with the pipeline
  std::optional<DataPlan> data_;  // what was agreed
  std::shared_ptr<WebrtcMessages> messages_;
  std::vector<Fingerprint> fingerprints_;
  unsigned candidate_mline_ = 0, candidates_refused_ = 0;
  std::shared_ptr<PeerMailbox> mailbox_;
  std::vector<Connection> connections_;
  Connection dtls_connection_;
  Timer watchdog_, dtls_failure_;
};

template <typename Function>
void PeerMailbox::post(Function function) {
  control.post([session = session, function = std::move(function)] {
    // What was on its way when the session ended is of no interest any more.
    if (auto self = session.lock(); self && self->is_open()) function(*self);
  });
}

}  // namespace webcast
