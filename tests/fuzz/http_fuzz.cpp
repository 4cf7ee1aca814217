// Bytes of a TCP connection to the server: whatever they are, it answers the next one.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "signaling/server/http_server.hpp"
#include "tests/fuzz/expect.hpp"

using namespace webcast;

namespace {

constexpr int kPatienceMs = 10'000;

Server& server() {
  static std::unique_ptr<Server> instance = [] {
    ServerSettings settings;
    settings.address = {"127.0.0.1", 0};
    settings.view_token = "kTMzW2Jb0ZbdbK1a";
    settings.room.clients_may_publish = true;
    // The limits have tests of their own.
    settings.acceptor.new_connections = {.burst = 1'000'000, .per_second = 1'000'000};
    auto started = Server::start(settings);
    WEBCAST_EXPECT(started);
    WEBCAST_EXPECT((*started)->add_stream("live"));
    return std::move(*started);
  }();
  return *instance;
}

// All that comes back to `bytes`, until the server closes.
std::string exchange(const std::string& bytes) {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(server().address().port);
  WEBCAST_EXPECT(connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  // It may close before it has read all.
  if (!bytes.empty()) (void)!send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  shutdown(descriptor, SHUT_WR);
  std::string reply;
  char buffer[4096];
  for (;;) {
    pollfd wanted{descriptor, POLLIN, 0};
    WEBCAST_EXPECT(poll(&wanted, 1, kPatienceMs) == 1);
    ssize_t count = recv(descriptor, buffer, sizeof buffer, 0);
    if (count <= 0) break;
    reply.append(buffer, static_cast<size_t>(count));
  }
  close(descriptor);
  return reply;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes = test::text_of(data, size);
  const std::string reply = exchange(bytes);
  // No token, no stream.
  if (bytes.find("kTMzW2Jb0ZbdbK1a") == std::string::npos)
    WEBCAST_EXPECT(reply.find("\"streams\"") == std::string::npos &&
                   reply.find(" 101 ") == std::string::npos);
  WEBCAST_EXPECT(exchange("GET /healthz HTTP/1.0\r\n\r\n").find(" 200 ") != std::string::npos);
  return 0;
}
