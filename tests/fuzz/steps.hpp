// An input as a sequence of decisions: what the fuzzers of things with a state are driven by.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace webcast::test {

class Steps {
 public:
  Steps(const uint8_t* data, size_t size) : bytes_(data, size) {}

  bool more() const { return at_ < bytes_.size() && at_ < kMost; }
  // 0 … end - 1. Letters and digits of the corpus begin at 0.
  size_t below(size_t end) {
    if (!more()) return 0;
    uint8_t byte = bytes_[at_++];
    size_t value = byte >= '0' && byte <= '9'   ? byte - '0'
                   : byte >= 'a' && byte <= 'z' ? byte - 'a'
                                                : byte;
    return end == 0 ? 0 : value % end;
  }

 private:
  static constexpr size_t kMost = 1000;  // so that one input takes no longer than others
  std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

}  // namespace webcast::test
