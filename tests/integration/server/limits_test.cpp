// The limits of docs/protocol.md: past one the sender is told and cut off, nobody else is touched.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <list>

#include "signaling/server/http_server.hpp"
#include "tests/integration/server/test_client.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;

constexpr size_t kKiB = 1024;

class LimitsTest : public testing::Test {
 protected:
  void start(ServerSettings settings = {}) {
    settings.address.port = 0;
    auto started = Server::start(std::move(settings));
    ASSERT_TRUE(started) << started.error().sentence;
    server_ = std::move(*started);
    port_ = server_->address().port;
    ASSERT_TRUE(bystander_.emplace(port_).upgrade());
    ASSERT_TRUE(bystander_->receive_text_with("welcome"));
  }
  // Somebody else, connected all the while.
  void expect_nobody_else_touched() {
    bystander_->send_text(R"({"type":"list"})");
    EXPECT_TRUE(bystander_->receive_text_with("\"list\""));
    EXPECT_EQ(TestClient(port_).get("/healthz").status, 200u);
  }
  std::string text_of(size_t size) {
    std::string text = R"({"type":"list","x":")";
    return text + std::string(size - text.size() - 2, 'x') + "\"}";
  }

  std::unique_ptr<Server> server_;
  uint16_t port_ = 0;
  std::optional<TestClient> bystander_;
};

TEST_F(LimitsTest, AMessageOf64KiBPassesInAnyNumberOfFragments) {
  start();
  TestClient client(port_);
  ASSERT_TRUE(client.upgrade());
  std::string text = text_of(64 * kKiB);
  client.send_text(text);
  EXPECT_TRUE(client.receive_text_with("\"list\""));
  for (size_t at = 0; at < text.size(); at += kKiB)
    client.send_frame(at == 0 ? 1 : 0, at + kKiB >= text.size(), text.substr(at, kKiB));
  EXPECT_TRUE(client.receive_text_with("\"list\""));
  expect_nobody_else_touched();
}

TEST_F(LimitsTest, AMessageOf65KiBInFragmentsEndsThatConnectionOnly) {
  start();
  TestClient client(port_);
  ASSERT_TRUE(client.upgrade());
  std::string text = text_of(65 * kKiB);
  for (size_t at = 0; at < text.size(); at += kKiB)
    client.send_frame(at == 0 ? 1 : 0, at + kKiB >= text.size(), text.substr(at, kKiB));
  EXPECT_TRUE(client.receive_text_with("longer than 64 KiB"));
  while (client.receive_text()) {
  }
  EXPECT_EQ(client.close_code(), 1009u);
  expect_nobody_else_touched();
}

TEST_F(LimitsTest, FragmentsWithoutEndAreThrownAwayUntilTheConnectionIsCut) {
  start();
  TestClient client(port_, "", 20);
  ASSERT_TRUE(client.upgrade());
  client.send_frame(1, false, std::string(60 * kKiB, 'x'));
  // 64 MiB at most: libsoup gives up the connection some seconds after the close was sent.
  int sent = 0;
  while (sent < 1024 && client.send_frame(0, false, std::string(60 * kKiB, 'x')))
    sent++;
  EXPECT_TRUE(client.ends());
  expect_nobody_else_touched();
}

TEST_F(LimitsTest, OneFrameOf65KiBIsAnsweredAndOneOfAGigabyteIsNot) {
  start();
  TestClient client(port_), huge(port_);
  ASSERT_TRUE(client.upgrade());
  client.send_text(text_of(65 * kKiB));
  EXPECT_TRUE(client.receive_text_with("longer than 64 KiB"));
  ASSERT_TRUE(huge.upgrade());
  huge.send(std::string("\x81\xff\x00\x00\x00\x00\x40\x00\x00\x00", 10));
  EXPECT_TRUE(huge.ends());
  expect_nobody_else_touched();
}

TEST_F(LimitsTest, JsonDeeperThan32EndsTheConnection) {
  start();
  TestClient client(port_);
  ASSERT_TRUE(client.upgrade());
  client.send_text(std::string(60'000, '['));
  EXPECT_TRUE(client.receive_text_with("nested deeper"));
  while (client.receive_text()) {
  }
  EXPECT_EQ(client.close_code(), 1008u);
  expect_nobody_else_touched();
}

TEST_F(LimitsTest, SlowHeadersAreCutOff) {
  start({.acceptor = {.request_deadline = std::chrono::milliseconds(2000)}});
  TestClient slow(port_), silent(port_);
  slow.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  // One byte at a time does not help.
  int sent = 0;
  for (; sent < 1000 && slow.send("X"); sent++)
    g_usleep(5000);
  EXPECT_LT(sent, 1000);
  EXPECT_TRUE(silent.ends());
  expect_nobody_else_touched();
}

TEST_F(LimitsTest, ALongBodyIsRefusedBeforeItCame) {
  start();
  TestClient declared(port_);
  Reply reply =
      declared.request("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000000\r\n\r\n");
  EXPECT_EQ(reply.status, 413u);
  EXPECT_THAT(reply.body, HasSubstr("64 KiB"));
  expect_nobody_else_touched();
}

TEST_F(LimitsTest, ALongBodyInChunksIsCountedWhileItArrives) {
  start();
  TestClient client(port_);
  client.send("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::string chunk = "1000\r\n" + std::string(4096, 'x') + "\r\n";
  for (int i = 0; i < 20; i++)
    client.send(chunk);
  Reply reply = client.request("");
  EXPECT_EQ(reply.status, 413u);
  expect_nobody_else_touched();
}

TEST_F(LimitsTest, BodiesOfAllRequestsAreCounted) {
  start({.bodies = 100 * kKiB});
  std::string half(60 * kKiB, 'x');
  auto post = [&] {
    return TestClient(port_)
        .request("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " +
                 std::to_string(half.size()) + "\r\n\r\n" + half)
        .status;
  };
  EXPECT_EQ(post(), 405u);
  TestClient held(port_, "", 20);
  held.send("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 65536\r\n\r\n" + half);
  unsigned status = post();
  for (; status == 405; status = post()) {
    // The server has not read all of the one that is held.
  }
  EXPECT_EQ(status, 503u);
  expect_nobody_else_touched();
  held.drop();
  while (status == 503)
    status = post();
  EXPECT_EQ(status, 405u) << "what was held is free again";
}

TEST_F(LimitsTest, PeersAnAddressAreCounted) {
  start({.peers_per_loopback_address = 3});  // the bystander is one
  TestClient first(port_), second(port_);
  ASSERT_TRUE(first.upgrade());
  ASSERT_TRUE(second.upgrade());
  ASSERT_TRUE(second.receive_text_with("welcome"));
  TestClient third(port_);
  EXPECT_FALSE(third.upgrade());
  EXPECT_EQ(third.last_reply().status, 503u);
  first.drop();
  // Its place is free as soon as the server noticed.
  bool taken = false;
  for (int i = 0; i < 3000 && !taken; i++) {
    taken = TestClient(port_).upgrade();
    if (!taken) g_usleep(10000);
  }
  EXPECT_TRUE(taken);
  expect_nobody_else_touched();
}

TEST_F(LimitsTest, ConnectionsAreCountedBeforeTheySayAnything) {
  start({.acceptor = {.connections_per_loopback_address = 8}});
  std::list<TestClient> silent;
  for (int i = 0; i < 20; i++)
    silent.emplace_back(port_);
  // Places that come back are nobody's here: all were taken or cut by the time of the last.
  EXPECT_TRUE(silent.back().ends());
  int cut = 0;
  for (TestClient& client : silent) {
    if (client.connected() && client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") &&
        !client.receive().empty())
      continue;
    cut++;
  }
  EXPECT_GE(cut, 12);
  silent.clear();
  bool served = false;
  for (int i = 0; i < 3000 && !served; i++) {
    served = TestClient(port_).get("/healthz").status == 200;
    if (!served) g_usleep(10000);
  }
  EXPECT_TRUE(served) << "places come back";
}

TEST_F(LimitsTest, APeerThatReadsNothingIsCutOff) {
  start();
  std::string meta = "\"" + std::string(8'000, 'x') + "\"";
  std::vector<std::unique_ptr<LocalPeer>> listed;
  for (int i = 0; i < 60; i++) {
    listed.push_back(server_->join([](const Message&) {}));
    listed.back()->send(SetPeerStatus{.roles = {.producer = true}, .meta = meta});
  }
  TestClient deaf(port_, "", 20);
  ASSERT_TRUE(deaf.upgrade());
  // Each is answered with half a megabyte.
  while (deaf.send_text(R"({"type":"list"})")) {
  }
  expect_nobody_else_touched();
}

// However fast they are read until the connection is cut.
TEST_F(LimitsTest, APeerThatPingsOnAndOnIsCutOff) {
  start();
  TestClient loud(port_, "", 20);
  ASSERT_TRUE(loud.upgrade());
  while (loud.send_frame(9, true, std::string(125, 'x'))) {
  }
  expect_nobody_else_touched();
}

// libsoup's own listener would be deaf for ever.
TEST_F(LimitsTest, RunningOutOfDescriptorsIsSurvived) {
  start();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 256;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::vector<int> fillers;
  for (int fd; (fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
    fillers.push_back(fd);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int connected = connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address);
  // Nothing is to be seen from outside of an accept() that fails.
  g_usleep(100000);
  for (int fd : fillers)
    close(fd);
  setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_EQ(connected, 0);
  timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const std::string request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(write(client, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  char reply[64] = {};
  EXPECT_GT(read(client, reply, sizeof reply - 1), 0);
  EXPECT_THAT(reply, HasSubstr("200"));
  close(client);
  expect_nobody_else_touched();
}

TEST_F(LimitsTest, AThousandConnectionsLeaveNothingBehind) {
  start();
  auto descriptors = [] {
    size_t count = 0;
    for ([[maybe_unused]] auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
      count++;
    return count;
  };
  size_t before = descriptors();
  for (int i = 0; i < 1000; i++) {
    TestClient client(port_);
    if (i % 4 == 0) {
      EXPECT_EQ(client.get("/webcast.js").status, 200u);
    } else if (i % 4 == 1) {
      EXPECT_TRUE(client.upgrade());
    } else if (i % 4 == 2) {
      client.send("GET / HT");
    }
  }
  bool gone = false;
  for (int i = 0; i < 3000 && !gone; i++) {
    gone = descriptors() <= before;
    if (!gone) g_usleep(10000);
  }
  EXPECT_TRUE(gone) << before << " -> " << descriptors();
  expect_nobody_else_touched();
}

}  // namespace
}  // namespace webcast::test
