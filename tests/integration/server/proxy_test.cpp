// Behind a reverse proxy: who is counted, and who is believed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signaling/server/http_server.hpp"
#include "tests/integration/server/test_client.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;

class ProxyTest : public testing::Test {
 protected:
  void start(ServerSettings settings = {}, bool trusted = true) {
    settings.address.port = 0;
    if (trusted) settings.acceptor.trusted_proxies = *TrustedProxies::parse({"127.0.0.1"});
    auto started = Server::start(std::move(settings));
    ASSERT_TRUE(started) << started.error().sentence;
    server_ = std::move(*started);
    port_ = server_->address().port;
  }
  static std::string by(const std::string& client) { return "X-Forwarded-For: " + client + "\r\n"; }
  // A WebSocket; null: it was refused.
  std::unique_ptr<TestClient> come(const std::string& headers) {
    auto client = std::make_unique<TestClient>(port_);
    if (!client->upgrade("/ws", headers)) client.reset();
    return client;
  }

  std::unique_ptr<Server> server_;
  uint16_t port_ = 0;
};

TEST_F(ProxyTest, OneClientTakesNobodyElsesPlaces) {
  ServerSettings settings;
  settings.peers_per_address = 2;
  settings.peers_per_loopback_address = 2;
  start(std::move(settings));
  auto first = come(by("192.0.2.1")), second = come(by("192.0.2.1"));
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(come(by("192.0.2.1")));
  EXPECT_FALSE(come("X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: 192.0.2.1\r\n"))
      << "what it sent itself does not make it another one";
  EXPECT_FALSE(come("Forwarded: for=192.0.2.1;proto=https\r\n"));
  EXPECT_TRUE(come(by("192.0.2.2")));
  auto v6 = come(by("2001:db8::1")), neighbour = come(by("2001:db8::2:3"));
  EXPECT_TRUE(v6 && neighbour);
  EXPECT_FALSE(come(by("2001:db8::7"))) << "a /64 is one";
  EXPECT_TRUE(come(by("2001:db8:0:1::7")));
  first.reset();
  bool back = false;
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!back && std::chrono::steady_clock::now() < end) {
    g_usleep(10'000);
    back = come(by("192.0.2.1")) != nullptr;
  }
  EXPECT_TRUE(back) << "places come back";
}

TEST_F(ProxyTest, ConnectionsAreCountedByTheirClientsToo) {
  ServerSettings settings;
  settings.acceptor.connections_per_address = 2;
  settings.acceptor.connections_per_loopback_address = 3;
  start(std::move(settings));
  std::vector<std::unique_ptr<TestClient>> others;
  for (int i = 0; i < 20; i++) {
    others.push_back(come(by("198.51.100." + std::to_string(i))));
    EXPECT_TRUE(others.back()) << "the proxy itself has no bound of its own";
  }
  auto first = come(by("192.0.2.1")), second = come(by("192.0.2.1"));
  EXPECT_TRUE(first && second);
  TestClient third(port_);
  EXPECT_EQ(third.get("/healthz", by("192.0.2.1")).status, 503u);
  EXPECT_EQ(TestClient(port_).get("/healthz", by("192.0.2.2")).status, 200u);
}

TEST_F(ProxyTest, WhoComesTooOftenWaitsAlone) {
  ServerSettings settings;
  settings.acceptor.new_connections = {.burst = 3, .per_second = 1e-6};
  start(std::move(settings));
  for (int i = 0; i < 3; i++)
    EXPECT_EQ(TestClient(port_).get("/healthz", by("192.0.2.1")).status, 200u) << i;
  EXPECT_EQ(TestClient(port_).get("/healthz", by("192.0.2.1")).status, 503u);
  EXPECT_EQ(TestClient(port_).get("/healthz", by("192.0.2.2")).status, 200u);
}

TEST_F(ProxyTest, WhoIsRefusedTakesNoPlaceOfTheProxys) {
  ServerSettings settings;
  settings.acceptor.new_connections = {.burst = 1, .per_second = 1e-6};
  settings.acceptor.connections = 16;
  start(std::move(settings));
  EXPECT_EQ(TestClient(port_).get("/healthz", by("192.0.2.1")).status, 200u);
  std::vector<std::unique_ptr<TestClient>> refused;
  for (int i = 0; i < 100; i++) {
    refused.push_back(std::make_unique<TestClient>(port_));
    const std::string headers = i % 2 ? by("192.0.2.1") : "Forwarded: for=\"\r\n";
    refused.back()->send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n");
    ASSERT_THAT(refused.back()->receive(), HasSubstr(i % 2 ? " 503 " : " 400 ")) << i;
  }
  EXPECT_EQ(TestClient(port_).get("/healthz", by("192.0.2.2")).status, 200u);
}

TEST_F(ProxyTest, TwoHeadersThatContradictAreRefused) {
  start();
  Reply reply = TestClient(port_).get("/healthz", by("192.0.2.1") + "Forwarded: for=192.0.2.2\r\n");
  EXPECT_EQ(reply.status, 400u);
  EXPECT_THAT(reply.body, HasSubstr("the proxy in front"));
  EXPECT_EQ(TestClient(port_).get("/healthz", by("nonsense")).status, 200u);
}

TEST_F(ProxyTest, AQuoteThatNeverEndsIsRefused) {
  start();
  Reply reply =
      TestClient(port_).get("/healthz", "Forwarded: for=\"\r\nForwarded: for=192.0.2.2\r\n");
  EXPECT_EQ(reply.status, 400u);
  EXPECT_THAT(reply.body, HasSubstr("a quote"));
}

TEST_F(ProxyTest, WhoIsNotTrustedIsNotBelieved) {
  ServerSettings settings;
  settings.peers_per_loopback_address = 2;
  start(std::move(settings), false);
  auto first = come(by("192.0.2.1")), second = come(by("192.0.2.2"));
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(come(by("192.0.2.3"))) << "all of them are 127.0.0.1";
}

}  // namespace
}  // namespace webcast::test
