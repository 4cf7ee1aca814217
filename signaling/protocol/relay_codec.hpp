// JSON text <-> RelayMessage. Pure and total, like codec.hpp: any bytes give a message or an Error.
#pragma once

#include <string>
#include <string_view>

#include "common/result.hpp"
#include "signaling/protocol/relay_message.hpp"

namespace webcast {

// A description of 64 KiB, its line ends escaped, and what is around it.
inline constexpr size_t kMaxRelayMessageBytes = 256 * 1024;
inline constexpr size_t kMaxRelayPeers = 4096;  // in one message

Result<RelayMessage> decode_relay(std::string_view text);

// One line of valid UTF-8.
std::string encode_relay(const RelayMessage& message);

}  // namespace webcast
