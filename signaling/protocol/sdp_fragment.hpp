// SDP fragments for trickle ICE (RFC 8840 section 9), the bodies of WHIP's and WHEP's PATCH.
//
// Pure and total: any bytes give a fragment or an error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace webcast {

inline constexpr const char* kSdpFragmentType = "application/trickle-ice-sdpfrag";
inline constexpr size_t kMaxFragmentCandidates = 64;

struct FragmentMedia {
  std::string kind = "audio";             // of the m-line
  std::string mid{};                      // empty: the fragment names none
  std::vector<std::string> candidates{};  // "candidate:…"
  bool end_of_candidates = false;
};

struct SdpFragment {
  std::string ufrag{}, password{};  // of the first medium that has some; empty: none
  std::vector<FragmentMedia> media{};
};

// A candidate over the wire's limit is left out; a line that is none of SDP is an error.
Result<SdpFragment> read_sdp_fragment(std::string_view text);

std::string write_sdp_fragment(const SdpFragment& fragment);

}  // namespace webcast
