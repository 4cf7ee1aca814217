// A location: SCHEME:REST, where viewers come from. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"

namespace webcast {

struct Location {
  std::string scheme{};  // lower case
  std::string rest{};    // behind "://" (or ":" where there are no slashes)
};

// The error names the location.
Result<Location> parse_location(const std::string& text);

// Of `known`, the scheme that was most likely meant; empty: none is near.
std::string nearest_scheme(const std::string& scheme, const std::vector<std::string>& known);

// What messages and logs may have of a location: no query, where a token may stand, and no user.
std::string shown_location(const std::string& location);

// What reads of a property give: "***" in place of each user, password and value behind a "?".
std::string redacted_location(const std::string& location);
// The same of several, as the property location has them.
std::string redacted_locations(const std::string& locations);

}  // namespace webcast
