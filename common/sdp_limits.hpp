// How much of a session description is read: one measure for signaling (the room, WHIP, WHEP) and
// for the peers, or one of them would pass on what another refuses.
#pragma once

#include <cstddef>

namespace webcast {

inline constexpr size_t kMaxSdpBytes = 64 * 1024;
inline constexpr size_t kMaxSdpLines = 500;
inline constexpr size_t kMaxCandidateBytes = 512;  // "candidate:…", one

}  // namespace webcast
