#include "tests/bench/swarm/transport.hpp"

#include <sys/socket.h>

namespace webcast::swarm {
namespace {

constexpr guint kComponent = 1;

struct FreeCandidate {
  void operator()(NiceCandidate* candidate) const { nice_candidate_free(candidate); }
};

}  // namespace

Transport::Transport(const DtlsIdentity& identity, const std::string& local_address, Events events)
    : identity_(identity), events_(std::move(events)) {
  agent_ = adopt(nice_agent_new_full(g_main_context_default(), NICE_COMPATIBILITY_RFC5245,
                                     NICE_AGENT_OPTION_ICE_TRICKLE));
  g_object_set(agent_.get(), "upnp", FALSE, "ice-tcp", FALSE, "stun-pacing-timer", 5, nullptr);
  NiceAddress address;
  nice_address_init(&address);
  nice_address_set_from_string(&address, local_address.c_str());
  nice_agent_add_local_address(agent_.get(), &address);
  stream_ = nice_agent_add_stream(agent_.get(), 1);
  g_signal_connect(agent_.get(), "component-state-changed", G_CALLBACK(&Transport::on_state), this);
  nice_agent_attach_recv(agent_.get(), stream_, kComponent, g_main_context_default(),
                         &Transport::on_datagram, this);
}

Transport::~Transport() {
  g_signal_handlers_disconnect_by_data(agent_.get(), this);
  nice_agent_attach_recv(agent_.get(), stream_, kComponent, nullptr, nullptr, nullptr);
  nice_agent_remove_stream(agent_.get(), stream_);
}

bool Transport::gather(bool controlling) {
  g_object_set(agent_.get(), "controlling-mode", controlling, nullptr);
  return nice_agent_gather_candidates(agent_.get(), stream_);
}

void Transport::describe(LocalDescription& local) const {
  gchar *ufrag = nullptr, *password = nullptr;
  nice_agent_get_local_credentials(agent_.get(), stream_, &ufrag, &password);
  local.ufrag = ufrag ? ufrag : "";
  local.password = password ? password : "";
  local.fingerprint = identity_.fingerprint;
  g_free(ufrag);
  g_free(password);
  GSList* candidates = nice_agent_get_local_candidates(agent_.get(), stream_, kComponent);
  for (GSList* item = candidates; item; item = item->next) {
    gchar* text = nice_agent_generate_local_candidate_sdp(agent_.get(),
                                                          static_cast<NiceCandidate*>(item->data));
    local.candidates.emplace_back(text + (g_str_has_prefix(text, "a=") ? 2 : 0));
    g_free(text);
  }
  g_slist_free_full(candidates, [](gpointer candidate) {
    nice_candidate_free(static_cast<NiceCandidate*>(candidate));
  });
}

void Transport::set_payload_types(const RemoteDescription& remote) {
  counter_.set_payload_types(remote.payload_types);
}

void Transport::connect(const RemoteDescription& remote, bool dtls_server) {
  dtls_server_ = dtls_server;
  remote_fingerprint_ = remote.fingerprint;
  nice_agent_set_remote_credentials(agent_.get(), stream_, remote.ufrag.c_str(),
                                    remote.password.c_str());
  for (const std::string& candidate : remote.candidates)
    add_candidate(candidate);
}

void Transport::add_candidate(const std::string& text) {
  std::string line = "a=" + text;
  std::unique_ptr<NiceCandidate, FreeCandidate> candidate(
      nice_agent_parse_remote_candidate_sdp(agent_.get(), stream_, line.c_str()));
  if (!candidate || candidate->transport != NICE_CANDIDATE_TRANSPORT_UDP ||
      candidate->component_id != kComponent)
    return;
  GSList list{candidate.get(), nullptr};
  nice_agent_set_remote_candidates(agent_.get(), stream_, kComponent, &list);
}

void Transport::on_state(NiceAgent*, guint, guint, guint state, Transport* self) {
  if (state == NICE_COMPONENT_STATE_FAILED) return self->events_.ended("ICE failed");
  if (state != NICE_COMPONENT_STATE_READY || self->ready_) return;
  self->ready_ = true;
  self->widen_receive_buffer();
  self->events_.ice_ready();
  if (!self->dtls_) self->start_dtls();
  if (!self->dtls_server_) self->dtls_->start();
}

// One thread serves all viewers: a keyframe must wait in the kernel while others join.
void Transport::widen_receive_buffer() {
  GSocket* socket = nice_agent_get_selected_socket(agent_.get(), stream_, kComponent);
  if (!socket) return;
  constexpr gint kBytes = 1 << 20;
  // Past the system's limit where we may.
  if (!g_socket_set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, kBytes, nullptr))
    g_socket_set_option(socket, SOL_SOCKET, SO_RCVBUF, kBytes, nullptr);
}

void Transport::start_dtls() {
  dtls_ = std::make_unique<DtlsSession>(
      identity_, dtls_server_, remote_fingerprint_,
      DtlsSession::Events{.send = [this](std::span<const uint8_t> datagram) { send(datagram); },
                          .connected =
                              [this](const SrtpKeys& keys) {
                                rtcp_ = std::make_unique<RtcpEndpoint>(
                                    keys,
                                    [this](std::span<const uint8_t> datagram) { send(datagram); });
                                events_.dtls_ready();
                              },
                          .failed = [this](const std::string& reason) { events_.ended(reason); }});
}

void Transport::on_datagram(NiceAgent*, guint, guint, guint size, char* data, gpointer self) {
  static_cast<Transport*>(self)->receive({reinterpret_cast<const uint8_t*>(data), size});
}

// RFC 7983 tells DTLS from RTP by the first byte, RFC 5761 RTP from RTCP by the second.
void Transport::receive(std::span<const uint8_t> datagram) {
  if (datagram.size() < 2) return;
  if (datagram[0] >= 20 && datagram[0] <= 63) {
    // A client that is quicker than our own `ready`.
    if (!dtls_ && dtls_server_) start_dtls();
    if (dtls_) dtls_->receive(datagram);
    return;
  }
  if (datagram[0] < 128 || datagram[0] > 191) return;
  gint64 now = g_get_monotonic_time();
  if (datagram[1] >= 192 && datagram[1] <= 223) {
    if (rtcp_ && rtcp_->receive(datagram, counter_.streams(), now))
      events_.ended("the peer said BYE");
    return;
  }
  if (counter_.count(datagram, now) && !got_packet_) {
    got_packet_ = true;
    events_.first_packet();
  }
}

void Transport::send(std::span<const uint8_t> datagram) {
  nice_agent_send(agent_.get(), stream_, kComponent, static_cast<guint>(datagram.size()),
                  reinterpret_cast<const char*>(datagram.data()));
}

void Transport::send_report() {
  if (rtcp_) rtcp_->send_report(counter_.streams(), g_get_monotonic_time());
}

void Transport::send_flood() {
  if (!rtcp_) return;
  rtcp_->send_flood(counter_.streams());
  std::array<uint8_t, 600> noise;
  // STUN, DTLS, TURN channels, RTP and RTCP that was not encrypted, and nothing known.
  for (uint8_t first : {0, 1, 20, 22, 23, 64, 128, 129, 144, 200, 255}) {
    for (uint8_t& byte : noise)
      byte = static_cast<uint8_t>(g_random_int());
    noise[0] = first;
    send(std::span(noise).first(static_cast<size_t>(g_random_int_range(1, 600))));
    // SCTP's ports and no checksum that would be right.
    if (first == 23) dtls_->send_data(noise);
  }
}

void Transport::send_pli() {
  if (rtcp_) rtcp_->send_pli(counter_.streams());
}

}  // namespace webcast::swarm
