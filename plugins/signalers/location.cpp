#include "plugins/signalers/location.hpp"

#include <glib.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "plugins/signalers/signaler.hpp"

namespace webcast {

namespace {

std::string trimmed(const std::string& text) {
  size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

// Letters to put in, to take out or to change (Levenshtein).
size_t distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); i++) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); j++) {
      size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_scheme(const std::string& scheme, const std::vector<std::string>& known) {
  if (scheme == "http") return "whip";
  if (scheme == "https") return "whips";
  std::string best;
  size_t least = 3;  // slips of the finger are one or two
  for (const std::string& candidate : known) {
    size_t slips = distance(scheme, candidate);
    // Of two letters both may not be wrong.
    if (slips < least && slips < candidate.size()) {
      least = slips;
      best = candidate;
    }
  }
  return best;
}

Result<Location> parse_location(const std::string& text) {
  size_t colon = text.find(':');
  bool has_scheme = colon != std::string::npos && colon > 0 &&
                    std::all_of(text.begin(), text.begin() + static_cast<long>(colon),
                                [](char c) { return g_ascii_isalnum(c) || c == '+' || c == '-'; });
  if (!has_scheme || g_ascii_isdigit(text[0])) {
    return Error{ErrorCode::invalid_argument,
                 "\"" + shown_location(text) +
                     "\" is not a location: it begins with a scheme, like "
                     "listen://127.0.0.1:8080."};
  }
  Location location;
  for (char c : text.substr(0, colon))
    location.scheme += g_ascii_tolower(c);
  location.rest = text.substr(colon + 1);
  if (g_str_has_prefix(location.rest.c_str(), "//")) location.rest.erase(0, 2);
  return location;
}

std::string shown_location(const std::string& location) {
  std::string shown = location.substr(0, location.find_first_of("?#"));
  size_t start = shown.find("://");
  start = start == std::string::npos ? 0 : start + 3;
  size_t at = shown.rfind('@', shown.find('/', start));
  if (at != std::string::npos && at >= start) shown.erase(start, at + 1 - start);
  return shown;
}

std::string redacted_location(const std::string& location) {
  // What is none may be the rest of a secret with a comma in it.
  if (!parse_location(location)) return location.empty() ? "" : "***";
  size_t query = std::min(location.find_first_of("?#"), location.size());
  std::string shown = location.substr(0, query);
  size_t start = shown.find("://");
  start = start == std::string::npos ? 0 : start + 3;
  size_t at = shown.rfind('@', shown.find('/', start));
  if (at != std::string::npos && at >= start) shown.replace(start, at - start, "***");
  size_t end = std::min(location.find('#', query), location.size());
  while (query < end) {
    size_t next = std::min(location.find('&', query + 1), end);
    size_t equals = location.find('=', query);
    shown += equals < next ? location.substr(query, equals + 1 - query) : location.substr(query, 1);
    shown += "***";
    query = next;
  }
  return shown;
}

std::string redacted_locations(const std::string& locations) {
  std::string shown;
  for (size_t start = 0; start <= locations.size();) {
    size_t comma = std::min(locations.find(',', start), locations.size());
    shown += (start == 0 ? "" : ",") +
             redacted_location(trimmed(locations.substr(start, comma - start)));
    start = comma + 1;
  }
  return shown;
}

Result<std::vector<std::string>> split_locations(const std::string& locations) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (start <= locations.size()) {
    size_t comma = std::min(locations.find(',', start), locations.size());
    std::string part = trimmed(locations.substr(start, comma - start));
    if (part.empty()) {
      return Error{ErrorCode::invalid_argument,
                   locations.empty()
                       ? "The location is empty: set it to listen://127.0.0.1:8080, for example."
                       : "One of the locations is empty: separate them by single commas."};
    }
    parts.push_back(std::move(part));
    start = comma + 1;
  }
  return parts;
}

}  // namespace webcast
