// A corpus that can be read: binary inputs are written as hexadecimal digits, two a byte, and
// whatever is none between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace webcast::test {

inline std::vector<uint8_t> bytes_of(const uint8_t* data, size_t size) {
  std::vector<uint8_t> bytes;
  std::optional<unsigned> high;
  for (size_t i = 0; i < size; i++) {
    uint8_t c = data[i];
    unsigned digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10u : 16u;
    if (digit == 16) continue;
    if (high) bytes.push_back(static_cast<uint8_t>(*high << 4 | digit));
    high = high ? std::nullopt : std::optional(digit);
  }
  return bytes;
}

}  // namespace webcast::test
