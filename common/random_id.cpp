#include "common/random_id.hpp"

#include <glib.h>
#include <sys/random.h>

#include <array>
#include <cerrno>

namespace webcast {

namespace {

using Bytes = std::array<unsigned char, 16>;

Bytes random_bytes() {
  Bytes bytes{};
  // Never short for so few bytes once the kernel has its seed, which it waits for.
  while (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    if (errno != EINTR)
      g_error("No secret can be made without random numbers, and getrandom() gives none: %s",
              g_strerror(errno));
  }
  return bytes;
}

std::string hexadecimal(const Bytes& bytes) {
  std::string digits;
  for (unsigned char byte : bytes) {
    digits += "0123456789abcdef"[byte >> 4];
    digits += "0123456789abcdef"[byte & 15];
  }
  return digits;
}

}  // namespace

std::string unguessable_id() {
  return hexadecimal(random_bytes());
}

std::string unguessable_uuid() {
  Bytes bytes = random_bytes();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string uuid = hexadecimal(bytes);
  for (size_t at : {8, 13, 18, 23})
    uuid.insert(at, "-");
  return uuid;
}

}  // namespace webcast
