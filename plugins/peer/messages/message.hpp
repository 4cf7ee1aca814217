// Messages beside the media: what sending and receiving sides of ours say and are told.
#pragma once

#include <cstdint>
#include <string>

#include "common/ref.hpp"
#include "plugins/sdp/sdp_data.hpp"

namespace webcast {

inline constexpr size_t kMaxLabelSize = 64;        // bytes of UTF-8
inline constexpr size_t kMaxMessageChannels = 16;  // of a peer, one for each label
// The channel that is there before the first offer.
inline constexpr const char* kFirstLabel = "messages";

struct PeerMessage {
  std::string label{};
  Ref<GBytes> data{};
  bool is_text = false;  // UTF-8
};

struct MessageStats {
  uint64_t sent = 0, received = 0;
  uint64_t dropped = 0;   // for a peer that did not take them fast enough
  uint64_t refused = 0;   // of a peer that sent too much, or what is no message
};

}  // namespace webcast
