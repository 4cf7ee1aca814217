// The SDP that a light viewer writes and reads. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/bench/swarm/rtp_counter.hpp"

namespace webcast::swarm {

// What this viewer puts into its descriptions.
struct LocalDescription {
  std::string ufrag, password, fingerprint;
  std::vector<std::string> candidates;  // "candidate:…"
  std::vector<std::string> codecs;      // video, in order of preference: H264, VP8, VP9
  bool audio = true;
  bool retransmission = true;
  bool transport_cc = false;
};

// What it needs to know of the peer's.
struct RemoteDescription {
  struct Medium {
    std::string kind, mid;
    bool accepted = false;
    std::vector<std::string> payload_types;  // as in the m-line
    std::vector<std::string> attributes;     // rtpmap, fmtp, rtcp-fb
  };
  std::string ufrag, password, fingerprint, setup;
  std::vector<std::string> candidates;  // "candidate:…"
  std::vector<Medium> media;
  std::map<uint8_t, RtpCounter::PayloadType> payload_types;
  std::string codec;  // the first accepted video codec

  bool complete() const { return !ufrag.empty() && !password.empty() && !fingerprint.empty(); }
};

std::string make_offer(const LocalDescription& local);
// Takes what `offer` has that `local` wants, and says `active`.
std::string make_answer(const LocalDescription& local, const RemoteDescription& offer);
RemoteDescription parse_description(const std::string& sdp);

}  // namespace webcast::swarm
