// JSON text <-> what Janus says and hears. Pure and total: any bytes give a reply or an Error, on
// any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/result.hpp"
#include "signaling/protocol/janus_message.hpp"

namespace webcast {

// A list of some hundred rooms is the longest that Janus says.
inline constexpr size_t kMaxJanusBytes = 512 * 1024;
inline constexpr size_t kMaxJanusSdpBytes = 64 * 1024;
inline constexpr size_t kMaxJanusTextBytes = 1024;  // of names, ids and reasons

Result<JanusReply> janus_decode(std::string_view text);

// One line of valid UTF-8.
std::string janus_encode(const JanusRequest& request);

// "1234" is the number, "lobby" is the text.
JanusId janus_id(const std::string& text);

}  // namespace webcast
