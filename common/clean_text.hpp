// The one place where text of a peer is made fit for the log, the bus and other people's eyes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace webcast {

// Room for each sentence of ours.
inline constexpr size_t kLongestPeerText = 500;
// A stream's, on a page and in a list.
inline constexpr size_t kLongestTitle = 200;

// One line of valid UTF-8, of `longest` bytes at most ("…" at the end of what was cut): newlines,
// escape codes and other control characters become a space, what turns the reading direction or is
// not seen at all is left out, what is no UTF-8 becomes U+FFFD. Pure; any thread.
std::string clean_text(std::string_view text, size_t longest = kLongestPeerText);

// Of several lines, such as a session description: each one so, and indented, so that none passes
// for a line of the log.
std::string clean_lines(std::string_view text);

}  // namespace webcast
