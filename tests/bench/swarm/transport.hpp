// Transport: the media path of one viewer: ICE by libnice, DTLS by OpenSSL, RTP counted.
//
// Owned by its Viewer, on the swarm's thread (the default main context); libnice calls back on
// the same. Packets are counted from their headers and forgotten.
#pragma once

#include <nice/agent.h>

#include <functional>
#include <memory>
#include <string>

#include "common/ref.hpp"
#include "tests/bench/swarm/description.hpp"
#include "tests/bench/swarm/dtls.hpp"
#include "tests/bench/swarm/rtcp.hpp"
#include "tests/bench/swarm/rtp_counter.hpp"

namespace webcast::swarm {

class Transport {
 public:
  struct Events {
    std::function<void()> ice_ready;
    std::function<void()> dtls_ready;
    std::function<void()> first_packet;
    std::function<void(const std::string& reason)> ended;
  };
  Transport(const DtlsIdentity& identity, const std::string& local_address, Events events);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // `controlling`: we are the one who offers. With one given address the candidates are there when
  // it returns.
  bool gather(bool controlling);
  // Fills in what ICE and DTLS know.
  void describe(LocalDescription& local) const;
  // `dtls_server`: the peer's setup is active.
  void connect(const RemoteDescription& remote, bool dtls_server);
  void add_candidate(const std::string& candidate);
  void set_payload_types(const RemoteDescription& remote);

  void send_report();
  void send_pli();
  // Of all that may come on this connection, protected and bare.
  void send_flood();

  const RtpCounter& counter() const { return counter_; }
  uint64_t sender_reports() const { return rtcp_ ? rtcp_->sender_reports() : 0; }

 private:
  static void on_state(NiceAgent*, guint stream, guint component, guint state, Transport* self);
  static void on_datagram(NiceAgent*, guint stream, guint component, guint size, char* data,
                          gpointer self);
  void receive(std::span<const uint8_t> datagram);
  void send(std::span<const uint8_t> datagram);
  void widen_receive_buffer();
  void start_dtls();

  const DtlsIdentity& identity_;
  Events events_;
  Ref<NiceAgent> agent_;
  guint stream_ = 0;
  bool dtls_server_ = false, ready_ = false, got_packet_ = false;
  std::string remote_fingerprint_;
  std::unique_ptr<DtlsSession> dtls_;
  std::unique_ptr<RtcpEndpoint> rtcp_;
  RtpCounter counter_;
};

}  // namespace webcast::swarm
