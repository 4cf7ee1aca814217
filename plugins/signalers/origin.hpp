// Origins: scheme, host and port of a URL, and what may be shown there. Pure.
#pragma once

#include <algorithm>
#include <map>
#include <string>

namespace webcast {

using HttpHeaders = std::map<std::string, std::string>;

// "https://example.org:443", in lower case, the port always there; empty: the URL has none.
std::string origin_of(const std::string& url);

// Secrets for the origin that the user named: whoever else a server leads us to gets none.
class Credentials {
 public:
  Credentials(const std::string& url, HttpHeaders headers)
      : origin_(origin_of(url)), headers_(std::move(headers)) {}
  bool are_for(const std::string& url) const {
    return !origin_.empty() && origin_of(url) == origin_;
  }
  // Whether a text holds one of the values.
  bool are_told_by(const std::string& text) const {
    return std::any_of(headers_.begin(), headers_.end(), [&](const auto& header) {
      return !header.second.empty() && text.find(header.second) != std::string::npos;
    });
  }
  // For a request to `url`.
  HttpHeaders headers(const std::string& url) const {
    return are_for(url) ? headers_ : HttpHeaders();
  }

 private:
  std::string origin_;
  HttpHeaders headers_;
};

}  // namespace webcast
