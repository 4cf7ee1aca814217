// A session description as people hand it on: SDP by itself, or the JSON that a browser makes of
// an RTCSessionDescription. Pure and total: any bytes give one or an Error.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace webcast {

inline constexpr size_t kMaxDescriptionBytes = 64 * 1024;

struct DescriptionText {
  std::optional<bool> is_offer{};  // JSON says it; else an answer
  std::string sdp{};               // not looked at
  friend bool operator==(const DescriptionText&, const DescriptionText&) = default;
};

// White space around it is no part of it. What leaves is UTF-8.
Result<DescriptionText> read_description_text(std::string_view text);

}  // namespace webcast
