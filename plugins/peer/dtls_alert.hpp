// Alerts of a DTLS handshake as they pass on the wire (RFC 6347 section 4.1, RFC 5246 section
// 7.2): GStreamer's elements (1.22) say no more than "Fatal SSL error". Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace webcast {

// The fatal alert in a datagram that DTLS sends or receives, if there is one that is not encrypted.
std::optional<uint8_t> fatal_alert(std::span<const uint8_t> datagram);

// What it means, for the person at the terminal: "… (handshake_failure)".
std::string alert_meaning(uint8_t alert);

// What to do about it, as a sentence. The other side is called a viewer.
std::string alert_remedy(uint8_t alert);

}  // namespace webcast
