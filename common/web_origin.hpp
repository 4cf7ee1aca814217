// The origin of a web page, as browsers name it in their header Origin. Pure; any thread.
#pragma once

#include <string>

#include "common/result.hpp"

namespace webcast {

// "https://example.org:8443", or "*" for any; the error says what to write instead.
Result<void> check_web_origin(const std::string& origin);

}  // namespace webcast
