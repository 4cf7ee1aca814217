// For programs that cannot take a free port themselves and say which.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

namespace webcast::test {

inline bool is_port_free(int type, uint16_t port) {
  int descriptor = socket(AF_INET, type, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  bool bound = bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return bound;
}

// A port of 127.0.0.1 that nobody has, TCP or UDP; another one each time. It is below those that
// the system gives to whoever asks for any (from 32768), so that none of them takes it before the
// program binds it. 0: none is free.
inline uint16_t free_port() {
  constexpr unsigned kFirst = 20'000, kEnd = 32'000;
  // Far from those of the process with the next number, which may run beside this one.
  static unsigned next = static_cast<unsigned>(getpid()) * 16;
  for (unsigned tried = 0; tried < kEnd - kFirst; tried++) {
    auto port = static_cast<uint16_t>(kFirst + next++ % (kEnd - kFirst));
    if (is_port_free(SOCK_STREAM, port) && is_port_free(SOCK_DGRAM, port)) return port;
  }
  return 0;
}

}  // namespace webcast::test
