// The RTCP packet that ends a session (RFC 3550 section 6.6). Pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace webcast {

// A compound packet: an empty report and the name of the first source, then the BYE of all, 31 at
// most. Empty when there are none.
std::vector<uint8_t> make_bye(std::span<const uint32_t> ssrcs, const std::string& cname);

}  // namespace webcast
