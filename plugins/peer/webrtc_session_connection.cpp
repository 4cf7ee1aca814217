// The connection of a WebrtcSession: candidates, states, the certificate, and the watchdog.
#include "common/clean_text.hpp"
#include "plugins/peer/webrtc_session.hpp"
#include "plugins/sdp/candidate.hpp"

namespace webcast {
namespace {

constexpr std::chrono::milliseconds kAlertPatience{50};

const char* place_of(AddressKind network) {
  switch (network) {
    case AddressKind::loopback:
      return "on this machine itself (loopback)";
    case AddressKind::link_local:
      return "of a single link (link-local)";
    default:
      return "in a private network";
  }
}

}  // namespace

void WebrtcSession::take_candidate(const IceCandidate& candidate) {
  auto usable = usable_remote_candidate(candidate.candidate);
  if (!usable) {
    GST_LOG("%s: not usable: %s", id_.c_str(), clean_text(candidate.candidate).c_str());
    return;
  }
  if (!ice_.candidate_networks.allows(usable->network)) return refuse_candidate(usable->network);
  if (negotiation_.add_remote_candidate(usable->text)) apply_remote_candidate(usable->text);
}

void WebrtcSession::refuse_candidate(AddressKind network) {
  if (candidates_refused_++ != 0) return;
  GST_INFO(
      "%s: an address %s that the %s named (an ICE candidate) is not tried, nor are further ones: "
      "peer-networks does not allow it. Where the %s can be met by its own attempts it still is.",
      id_.c_str(), place_of(network), other_.c_str(), other_.c_str());
}

void WebrtcSession::apply_remote_candidate(const std::string& candidate) {
  GST_LOG("%s: the %s's %s", id_.c_str(), other_.c_str(), candidate.c_str());
  // All media are bundled with the first that webrtcbin knows.
  g_signal_emit_by_name(pipeline_.webrtcbin.get(), "add-ice-candidate", 0u, candidate.c_str());
}

// Those that came before the description was in place, and those that stand in it.
void WebrtcSession::apply_remote_candidates() {
  for (const std::string& candidate : negotiation_.take_remote_candidates())
    apply_remote_candidate(candidate);
  for (const RemoteMedia& media : remote_.media)
    for (const std::string& candidate : media.candidates)
      take_candidate({0, candidate});
}

void WebrtcSession::local_candidate(const std::string& candidate) {
  for (const std::string& each : with_external({candidate}))
    if (negotiation_.add_local_candidate(each) && events_.candidate)
      events_.candidate({candidate_mline_, each});
}

std::vector<std::string> WebrtcSession::with_external(
    const std::vector<std::string>& candidates) const {
  std::vector<std::string> all;
  for (const std::string& candidate : candidates) {
    all.push_back(candidate);
    if (ice_.external_address.empty()) continue;
    auto parsed = parse_candidate(candidate);
    bool loopback = parsed && kind_of_address(parsed->address) == AddressKind::loopback;
    // Nobody reaches loopback from outside, unless it was asked for by name (a port forward).
    if (loopback && ice_.local_addresses.empty()) continue;
    if (auto external = external_candidate(candidate, ice_.external_address))
      all.push_back(*external);
  }
  return all;
}

void WebrtcSession::watch_dtls() {
  Ref<GstWebRTCDTLSTransport> transport = pipeline_.dtls_transport();
  if (!transport) return;
  dtls_connection_ = connect(
      transport.get(), "notify::state", mailbox_, +[](PeerMailbox& mailbox, GParamSpec*) {
        mailbox.post([](WebrtcSession& session) { session.dtls_changed(); });
      });
}

GstWebRTCDTLSTransportState WebrtcSession::dtls_state() const {
  GstWebRTCDTLSTransportState state = GST_WEBRTC_DTLS_TRANSPORT_STATE_NEW;
  Ref<GstWebRTCDTLSTransport> transport = pipeline_.dtls_transport();
  if (transport) g_object_get(transport.get(), "state", &state, nullptr);
  return state;
}

// The alert that tells why may still be on its way through the thread that sends.
void WebrtcSession::dtls_failed(const std::string& cause) {
  if (dtls_failure_) return;
  dtls_failure_ = control_.after(kAlertPatience, [weak = weak_from_this(), cause] {
    auto self = weak.lock();
    if (!self || !self->is_open()) return;
    std::string reason = self->pipeline_.alerts->reason(self->other_);
    self->fail(
        {ErrorCode::failed,
         "The viewer's encrypted connection (DTLS) failed" + (reason.empty() ? "." : ": " + reason),
         reason.empty() ? cause : ""});
  });
}

void WebrtcSession::dtls_changed() {
  GstWebRTCDTLSTransportState state = dtls_state();
  GST_DEBUG("%s: DTLS state %d", id_.c_str(), state);
  if (state == GST_WEBRTC_DTLS_TRANSPORT_STATE_FAILED)
    dtls_failed("no alert was sent or received");
  else if (state == GST_WEBRTC_DTLS_TRANSPORT_STATE_CLOSED)
    fail({ErrorCode::refused, "The viewer closed the connection."});
}

void WebrtcSession::connection_changed() {
  GstWebRTCPeerConnectionState state = GST_WEBRTC_PEER_CONNECTION_STATE_NEW;
  GstWebRTCICEConnectionState ice = GST_WEBRTC_ICE_CONNECTION_STATE_NEW;
  g_object_get(pipeline_.webrtcbin.get(), "connection-state", &state, "ice-connection-state", &ice,
               nullptr);
  GST_DEBUG("%s: connection %d, ICE %d", id_.c_str(), state, ice);
  bool connected = negotiation_.state() == Negotiation::State::connected;
  if (negotiation_.state() == Negotiation::State::connecting) {
    if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED) return verified();
    if (ice == GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED ||
        ice == GST_WEBRTC_ICE_CONNECTION_STATE_COMPLETED)
      reached();
  }
  // While connecting, a later candidate may still make it good.
  if (connected && (ice == GST_WEBRTC_ICE_CONNECTION_STATE_FAILED ||
                    ice == GST_WEBRTC_ICE_CONNECTION_STATE_DISCONNECTED))
    fail({ErrorCode::timeout, "The viewer cannot be reached any more."});
  else if (connected && state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED)
    fail({ErrorCode::refused, "The viewer closed the connection."});
}

void WebrtcSession::reached() {
  negotiation_.reached();
  half_way();
  if (events_.reachable) events_.reachable();
}

void WebrtcSession::verified() {
  if (auto ok = verify_certificate(pipeline_.remote_certificate(), fingerprints_); !ok)
    return fail(ok.error());
  if (auto ok = negotiation_.connected(now()); !ok) return fail(ok.error());
  media_allowed();
  std::chrono::milliseconds setup = *negotiation_.setup_time();
  GST_INFO("%s: connected after %d ms", id_.c_str(), static_cast<int>(setup.count()));
  if (events_.connected) events_.connected(setup);
  if (is_open() && agreed_on_messages())
    messages_->allow(data_->max_message_size == 0 ? kMaxMessageSize : data_->max_message_size);
}

void WebrtcSession::check_time() {
  note_traffic();
  auto error = negotiation_.expired(now());
  if (!error) return;
  bool connected = negotiation_.state() == Negotiation::State::connected;
  if (!connected && candidates_refused_ > 0)
    error->sentence += " Of its addresses " + std::to_string(candidates_refused_) +
                       " were not tried, because peer-networks does not allow them.";
  fail(std::move(*error));
}

}  // namespace webcast
