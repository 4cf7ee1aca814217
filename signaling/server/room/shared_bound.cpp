#include "signaling/server/room/shared_bound.hpp"

#include <algorithm>

namespace webcast {

void SharedBound::set(const std::string& holder, size_t amount) {
  auto found = amounts_.find(holder);
  if (found != amounts_.end()) {
    total_ -= found->second;
    if (amount == 0) {
      amounts_.erase(found);
    } else {
      found->second = amount;
    }
  } else if (amount != 0) {
    amounts_[holder] = amount;
  }
  total_ += amount;
}

std::optional<std::string> SharedBound::excess() const {
  if (total_ <= limit_) return std::nullopt;
  return std::max_element(amounts_.begin(), amounts_.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

}  // namespace webcast
