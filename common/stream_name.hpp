// What a stream may be called: the sink's property, the path of its page, the relay's key.
#pragma once

#include <glib.h>

#include <algorithm>
#include <string>

namespace webcast {

inline constexpr size_t kMaxStreamName = 64;

// [A-Za-z0-9._-]{1,64}, and neither "." nor "..", which a browser would resolve away in a path.
inline bool is_stream_name(const std::string& name) {
  return !name.empty() && name.size() <= kMaxStreamName && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return g_ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
         });
}

}  // namespace webcast
