// TLS of the listener: who shakes hands how, and for how long.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <cstdlib>

#include "signaling/server/http_server.hpp"
#include "tests/integration/server/test_client.hpp"

// LeakSanitizer (GCC 12) crashes while it looks at the thread on which GIO's client shook hands.
// Everything of ours that runs here is searched for leaks in the other tests.
extern "C" int __lsan_is_turned_off() {
  return 1;
}

namespace webcast::test {
namespace {

constexpr auto kPatience = std::chrono::seconds(60);

class HandshakeTest : public testing::Test {
 protected:
  void SetUp() override {
    char* name = g_dir_make_tmp("webcast-tls-XXXXXX", nullptr);
    folder_ = name;
    g_free(name);
    make_certificate("one.example");
  }
  void TearDown() override {
    server_.reset();
    unlink(certificate().c_str());
    unlink(key().c_str());
    rmdir(folder_.c_str());
  }
  std::string certificate() const { return folder_ + "/cert.pem"; }
  std::string key() const { return folder_ + "/key.pem"; }
  void make_certificate(const std::string& name) {
    std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
        "-days 2 -subj /CN=" +
        name + " -addext subjectAltName=DNS:" + name + " -keyout " + key() + " -out " +
        certificate() + " 2>/dev/null";
    ASSERT_EQ(system(command.c_str()), 0);
  }
  // A slow machine shakes hands for seconds: where the deadline is not what is tested, it is long.
  static ServerSettings patient() {
    ServerSettings settings;
    settings.acceptor.handshake_deadline = kPatience;
    return settings;
  }
  void start(ServerSettings settings = patient()) {
    settings.address.port = 0;
    settings.tls_certificate = certificate();
    settings.tls_key = key();
    auto started = Server::start(std::move(settings));
    ASSERT_TRUE(started) << started.error().sentence;
    server_ = std::move(*started);
    port_ = server_->address().port;
  }
  Reply health() { return TestClient(port_, certificate()).get("/healthz"); }
  // What is agreed on with a client that is told by `set_up` what it may speak; empty: nothing.
  std::string agreed(const std::function<void(SSL_CTX*)>& set_up) {
    TestClient raw(port_);
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    set_up(context);
    SSL* ssl = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    std::string what;
    for (int i = 0; i < 10 && what.empty(); i++) {
      bool done = SSL_do_handshake(ssl) == 1;
      char buffer[16384];
      if (int size = BIO_read(out, buffer, sizeof buffer); size > 0)
        raw.send({buffer, static_cast<size_t>(size)});
      if (done) {
        what = std::string(SSL_get_version(ssl)) + " " + SSL_get_cipher_name(ssl);
      } else {
        std::string more = raw.receive();
        if (more.empty()) break;
        BIO_write(in, more.data(), static_cast<int>(more.size()));
      }
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    return what;
  }

  std::string folder_;
  std::unique_ptr<Server> server_;
  uint16_t port_ = 0;
};

TEST_F(HandshakeTest, SilentPeersKeepNobodyOut) {
  ServerSettings settings;
  settings.acceptor.handshakes_per_address = 50;
  settings.acceptor.handshake_deadline = std::chrono::minutes(10);
  start(std::move(settings));
  std::vector<std::unique_ptr<TestClient>> silent;
  for (int i = 0; i < 60; i++) {
    silent.push_back(std::make_unique<TestClient>(port_));
    ASSERT_TRUE(silent.back()->connected());
    // Half of them begin, and stop there.
    if (i % 2) silent.back()->send("\x16\x03\x01\x02");
  }
  EXPECT_EQ(health().status, 200u);
  for (int i = 0; i < 10; i++)
    EXPECT_TRUE(silent[i]->ends()) << "the oldest make room: " << i;
  TestClient viewer(port_, certificate());
  EXPECT_TRUE(viewer.upgrade());
  EXPECT_TRUE(viewer.receive_text_with("welcome"));
}

TEST_F(HandshakeTest, WhoDoesNotFinishIsClosed) {
  ServerSettings settings;
  settings.acceptor.handshake_deadline = std::chrono::seconds(10);  // that of the last client, too
  start(std::move(settings));
  TestClient silent(port_), slow(port_), plain(port_);
  slow.send("\x16");
  plain.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  for (TestClient* client : {&silent, &slow, &plain})
    EXPECT_TRUE(client->ends());
  EXPECT_THAT(TestClient(port_, certificate()).get("/metrics").body,
              testing::HasSubstr("webcast_errors_total{cause=\"handshake\"} 2\n"));
}

TEST_F(HandshakeTest, OnlyWhatKeepsItsSecretsIsSpoken) {
  start();
  EXPECT_THAT(agreed([](SSL_CTX*) {}), testing::StartsWith("TLSv1.3 "));
  EXPECT_THAT(
      agreed([](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); }),
      testing::StartsWith("TLSv1.2 ECDHE-"));
  EXPECT_EQ(agreed([](SSL_CTX* context) {
              SSL_CTX_set_security_level(context, 0);
              SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
              SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
            }),
            "");
  for (const char* cipher : {"AES128-GCM-SHA256", "AES256-SHA", "DHE", "ECDHE-ECDSA-AES128-SHA"})
    EXPECT_EQ(agreed([&](SSL_CTX* context) {
                SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
                SSL_CTX_set_cipher_list(context, cipher);
              }),
              "")
        << cipher;
}

TEST_F(HandshakeTest, ARenewedCertificateIsTakenUp) {
  start();
  TestClient here(port_, certificate());
  ASSERT_TRUE(here.upgrade());
  EXPECT_EQ(TestClient(port_, certificate()).get("/", "Host: two.example\r\n").status, 403u);
  ASSERT_TRUE(g_file_set_contents(certificate().c_str(), "half of it", -1, nullptr));
  make_certificate("two.example");
  unsigned status = 0;
  auto end = std::chrono::steady_clock::now() + kPatience;
  while (status != 200 && std::chrono::steady_clock::now() < end) {
    g_usleep(10'000);
    TestClient next(port_, certificate());  // refuses one that is not in the file
    status = next.connected() ? next.get("/", "Host: two.example\r\n").status : 0;
  }
  EXPECT_EQ(status, 200u) << "its names are the listener's";
  here.send_text(R"({"type":"list"})");
  EXPECT_TRUE(here.receive_text_with("\"list\"")) << "who is in stays in";
}

TEST_F(HandshakeTest, MuchGoesThroughInBothDirections) {
  ServerSettings settings = patient();
  settings.room.clients_may_publish = true;
  start(std::move(settings));
  TestClient producer(port_, certificate()), viewer(port_, certificate());
  ASSERT_TRUE(producer.upgrade());
  ASSERT_TRUE(viewer.upgrade());
  std::string id = member(*producer.receive_text_with("welcome"), "peerId");
  producer.send_text(R"({"type":"setPeerStatus","roles":["producer","listener"],"meta":null})");
  ASSERT_TRUE(producer.receive_text_with("peerStatusChanged"));
  viewer.send_text(R"({"type":"startSession","peerId":")" + id + R"("})");
  std::string session = member(*viewer.receive_text_with("sessionStarted"), "sessionId");
  // More than sockets hold, while nobody reads.
  const std::string sdp(60'000, 'v');
  for (int i = 0; i < 50; i++)
    ASSERT_TRUE(producer.send_text(R"({"type":"peer","sessionId":")" + session +
                                   R"(","sdp":{"type":"offer","sdp":")" + sdp + "\"}}"));
  for (int i = 0; i < 50; i++) {
    auto text = viewer.receive_text_with("offer");
    ASSERT_TRUE(text) << i;
    EXPECT_GE(text->size(), sdp.size());
  }
}

}  // namespace
}  // namespace webcast::test
