// TokenRule: whether who came by a token may stay, now that another one is asked for. Pure.
//
// Of a broadcast or a reception; control thread.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>

#include "plugins/signalers/signaler.hpp"

namespace webcast {

// What they are told.
inline constexpr const char* kTokenRevoked = "The token by which you came is not valid any more";

class TokenRule {
 public:
  explicit TokenRule(std::string token) : token_(std::move(token)) {}

  // False: it is the one already.
  bool set(const std::string& token) {
    if (token == token_) return false;
    if (!token_.empty()) revoked_.push_back(token_);
    if (revoked_.size() > kMostRevoked) revoked_.pop_front();
    token_ = token;
    return true;
  }

  // Who came by a token that opens the listener by another right (of its other role) may stay.
  bool admits(const Visitor& visitor) const {
    if (token_.empty() || visitor.token == token_) return true;
    bool is_revoked = std::find(revoked_.begin(), revoked_.end(), visitor.token) != revoked_.end();
    return visitor.token_valid && !is_revoked;
  }

 private:
  // Requests under way may bring an earlier one; there are no more of them than that.
  static constexpr size_t kMostRevoked = 64;
  std::string token_;
  std::deque<std::string> revoked_{};
};

}  // namespace webcast
