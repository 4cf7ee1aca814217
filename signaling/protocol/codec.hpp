// JSON text <-> Message. Pure and total: any bytes give a Message or an Error, on any thread.
//
// What leaves decode() is safe to hand on: UTF-8 throughout, numbers finite, depth and sizes
// within the limits below, `meta` written anew.
#pragma once

#include <string>
#include <string_view>

#include "common/result.hpp"
#include "signaling/protocol/message.hpp"

namespace webcast {

inline constexpr size_t kMaxMessageBytes = 64 * 1024;
inline constexpr size_t kMaxMetaBytes = 8 * 1024;
inline constexpr size_t kMaxIdBytes = 128;  // of peers, sessions and versions
inline constexpr unsigned kMaxMediaLines = 16;

enum class MessageDirection { to_server, to_client };

// `direction`: whose messages are expected; those of the other way are unknown then.
Result<Message> decode(std::string_view text, MessageDirection direction);

// One line of valid UTF-8.
std::string encode(const Message& message);

}  // namespace webcast
