// A look at JSON text before json-glib sees it: pure, one pass, no recursion.
#pragma once

#include <string_view>

#include "common/result.hpp"

namespace webcast {

inline constexpr unsigned kMaxJsonDepth = 32;

// Checks encoding, depth and that nothing stands outside strings that JSON does not have there.
// json-glib takes comments and more for granted, and recurses once for each bracket.
Result<void> check_json_text(std::string_view text);

}  // namespace webcast
