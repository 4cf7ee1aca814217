// RtcpEndpoint: the RTCP of one viewer, protected with libsrtp2.
//
// Owned by the viewer's Transport, on the swarm's thread. Media stays encrypted: only reports
// and feedback, a few packets a second, go through libsrtp.
#pragma once

#include <srtp2/srtp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tests/bench/swarm/dtls.hpp"
#include "tests/bench/swarm/rtp_counter.hpp"

namespace webcast::swarm {

class RtcpEndpoint {
 public:
  using Send = std::function<void(std::span<const uint8_t>)>;

  RtcpEndpoint(const SrtpKeys& keys, Send send);

  // A receiver report about all streams (RFC 3550 section 6.4.2) with our CNAME.
  void send_report(std::vector<StreamCount>& streams, int64_t now);
  // Picture Loss Indication for the video streams (RFC 4585 section 6.3.1).
  void send_pli(const std::vector<StreamCount>& streams);
  // What a hostile viewer sends: all of the last packets asked for again, pictures, a bit rate of 1,
  // and noise that is encrypted as it should be.
  void send_flood(const std::vector<StreamCount>& streams);
  // Takes sender reports and BYE; true when the peer said BYE for one of the streams.
  bool receive(std::span<const uint8_t> packet, std::vector<StreamCount>& streams, int64_t now);

  uint64_t sender_reports() const { return sender_reports_; }

 private:
  struct FreeSrtp {
    void operator()(srtp_t session) const { srtp_dealloc(session); }
  };
  using Session = std::unique_ptr<srtp_ctx_t_, FreeSrtp>;
  static Session make_session(const std::array<uint8_t, 30>& key, srtp_ssrc_type_t direction);
  void append_report(std::vector<uint8_t>& packet, std::vector<StreamCount>& streams, int64_t now);
  void protect_and_send(std::vector<uint8_t>& packet);

  Session outgoing_, incoming_;
  Send send_;
  uint32_t ssrc_;
  std::string cname_;
  uint64_t sender_reports_ = 0;
};

}  // namespace webcast::swarm
