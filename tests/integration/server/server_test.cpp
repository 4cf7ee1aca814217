// The server by real sockets: pages, headers, who may come in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signaling/server/http_server.hpp"
#include "tests/integration/server/test_client.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class ServerTest : public testing::Test {
 protected:
  void start(ServerSettings settings = {}) {
    settings.address.port = 0;
    auto started = Server::start(std::move(settings));
    ASSERT_TRUE(started) << started.error().sentence;
    server_ = std::move(*started);
    port_ = server_->address().port;
  }
  void publish(const std::string& name) {
    ASSERT_TRUE(server_->add_stream(name));
    server_->set_stream({.name = name, .live = true, .viewers = 2, .video = {"H264 1280x720"}});
  }
  Reply get(const std::string& path, const std::string& headers = "") {
    return TestClient(port_).get(path, headers);
  }

  std::unique_ptr<Server> server_;
  uint16_t port_ = 0;
};

TEST_F(ServerTest, PortZeroTakesAFreePort) {
  start();
  EXPECT_NE(port_, 0);
  EXPECT_EQ(server_->url(), "http://127.0.0.1:" + std::to_string(port_) + "/");
}

TEST_F(ServerTest, HealthIsOkUnderAnyName) {
  start({.view_token = "s3cret"});
  EXPECT_EQ(get("/healthz").body, "ok\n");
  EXPECT_EQ(get("/healthz", "Host: pod.cluster\r\n").status, 200u);
}

TEST_F(ServerTest, FrontPageLeadsToTheOnlyStream) {
  start();
  EXPECT_EQ(get("/").status, 200u) << "no stream: the list";
  publish("live");
  Reply reply = get("/?token=a%20b");
  EXPECT_EQ(reply.status, 302u);
  EXPECT_EQ(reply.header("location"), "/watch/live?token=a%20b");
  publish("other");
  EXPECT_EQ(get("/").status, 200u) << "two streams: the list";
  EXPECT_EQ(get("/watch/live").status, 200u);
  EXPECT_EQ(get("/watch/not-there-yet").status, 200u) << "the page waits for the stream";
}

TEST_F(ServerTest, SecurityHeadersOnEveryReply) {
  start();
  for (const char* path : {"/", "/watch/live", "/webcast.js", "/api/streams", "/nothing"}) {
    Reply reply = get(path);
    EXPECT_THAT(reply.header("content-security-policy"),
                HasSubstr("default-src 'none'; script-src 'self'; style-src 'self'"))
        << path;
    EXPECT_THAT(reply.header("content-security-policy"), HasSubstr("frame-ancestors 'self'"));
    EXPECT_THAT(reply.header("content-security-policy"),
                HasSubstr("connect-src 'self' ws://127.0.0.1:" + std::to_string(port_)));
    EXPECT_EQ(reply.header("x-content-type-options"), "nosniff") << path;
    EXPECT_EQ(reply.header("referrer-policy"), "no-referrer") << path;
    EXPECT_THAT(reply.header("permissions-policy"), HasSubstr("camera=()")) << path;
    EXPECT_NE(reply.header("cache-control"), "") << path;
  }
}

TEST_F(ServerTest, OnlyThePublishPageMayAskForDevices) {
  start();
  auto policy = [&](const char* path) { return get(path).header("permissions-policy"); };
  EXPECT_THAT(policy("/publish/live"), HasSubstr("camera=(self)"));
  EXPECT_THAT(policy("/watch/live"), HasSubstr("camera=()"));
}

TEST_F(ServerTest, ScriptsAreAskedForAgainByTag) {
  start();
  Reply reply = get("/webcast.js");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_THAT(reply.header("content-type"), HasSubstr("text/javascript"));
  EXPECT_EQ(reply.header("cache-control"), "no-cache");
  Reply again = get("/webcast.js", "If-None-Match: " + reply.header("etag") + "\r\n");
  EXPECT_EQ(again.status, 304u);
  EXPECT_EQ(again.body, "");
}

TEST_F(ServerTest, UnknownPathIs404AndWrongMethodIs405) {
  start();
  EXPECT_EQ(get("/nothing").status, 404u);
  EXPECT_EQ(get("/watch/").status, 404u);
  EXPECT_EQ(get("/watch/no/such").status, 404u);
  EXPECT_EQ(get("/player.html").status, 404u) << "pages have no file names";
  std::string host = "Host: 127.0.0.1\r\n";
  Reply post =
      TestClient(port_).request("POST / HTTP/1.1\r\n" + host + "Content-Length: 4\r\n\r\nbody");
  EXPECT_EQ(post.status, 405u);
  EXPECT_EQ(post.header("allow"), "GET, HEAD, OPTIONS");
  Reply head = TestClient(port_).request("HEAD /webcast.js HTTP/1.1\r\n" + host + "\r\n");
  EXPECT_EQ(head.status, 200u);
  EXPECT_EQ(head.body, "");
}

TEST_F(ServerTest, PathTraversalFindsNothing) {
  start();
  for (const char* path :
       {"/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd",
        "/watch/../../etc/passwd", "/watch/%2e%2e%2fplayer.html", "//etc/passwd",
        "/webcast.js/../player.html", "/webcast.js%00.html", "/.\\..\\etc\\passwd",
        "/%c0%ae%c0%ae/etc/passwd", "/./webcast.js/..", "/watch/..", "/watch/%2e%2e"}) {
    Reply reply = get(path);
    EXPECT_TRUE(reply.status == 404 || reply.status == 400 ||
                (reply.status == 200 && reply.body.find("root:") == std::string::npos))
        << path << " " << reply.status;
    EXPECT_THAT(reply.body, Not(HasSubstr("root:"))) << path;
  }
}

TEST_F(ServerTest, NonsenseInsteadOfHttpEndsTheConnection) {
  start();
  for (std::string nonsense : {std::string("\x16\x03\x01\x02\x00"), std::string("GET\r\n\r\n"),
                               std::string("GET / HTTP/9.9\r\n\r\n"), std::string(100'000, 'x')}) {
    TestClient client(port_, "", 3);
    Reply reply = client.request(nonsense + "\r\n\r\n");
    EXPECT_TRUE(reply.status == 0 || reply.status >= 400) << reply.status;
  }
  EXPECT_EQ(get("/healthz").status, 200u);
}

TEST_F(ServerTest, StreamsAreListedWhileLive) {
  start();
  EXPECT_EQ(get("/api/streams").body, "{\"streams\":[]}");
  publish("live");
  Reply reply = get("/api/streams");
  EXPECT_EQ(reply.header("content-type"), "application/json");
  EXPECT_THAT(reply.body, HasSubstr("\"name\":\"live\",\"viewers\":2,\"since\":\"20"));
  EXPECT_THAT(reply.body, HasSubstr("\"video\":[\"H264 1280x720\"],\"audio\":[]"));
  server_->set_stream({.name = "live", .live = false});
  EXPECT_EQ(get("/api/streams").body, "{\"streams\":[]}");
}

TEST_F(ServerTest, AStreamNameIsTakenOnce) {
  start();
  publish("live");
  auto again = server_->add_stream("live");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::in_use);
  EXPECT_THAT(again.error().sentence, HasSubstr("another name"));
  EXPECT_FALSE(server_->add_stream("no spaces"));
  server_->remove_stream("live");
  EXPECT_TRUE(server_->add_stream("live"));
}

TEST_F(ServerTest, ForeignHostIsRefused) {
  start();
  for (const char* host : {"evil.example", "evil.example:8080", "127.0.0.1.evil.example",
                           "192.168.1.9", "localhost.evil.example", "[::2]", "x@127.0.0.1"}) {
    unsigned status = get("/", std::string("Host: ") + host + "\r\n").status;
    EXPECT_TRUE(status == 403 || status == 400) << host << " " << status;
  }
  Reply reply = get("/", "Host: evil.example\r\n");
  EXPECT_EQ(reply.status, 403u);
  EXPECT_THAT(reply.body, HasSubstr("host name"));
  for (const char* host : {"localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:80", "localhost."})
    EXPECT_EQ(get("/", std::string("Host: ") + host + "\r\n").status, 200u) << host;
}

TEST_F(ServerTest, ForeignOriginIsRefusedUnlessListed) {
  start({.allow_origins = {"https://friend.example"}});
  std::string foreign = "Origin: http://evil.example\r\n",
              friendly = "Origin: https://friend.example\r\n";
  EXPECT_EQ(get("/api/streams", foreign).status, 403u);
  EXPECT_EQ(get("/api/streams", "Origin: null\r\n").status, 403u);
  EXPECT_FALSE(TestClient(port_).upgrade("/ws", foreign));
  Reply reply = get("/api/streams", friendly);
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.header("access-control-allow-origin"), "https://friend.example");
  EXPECT_EQ(reply.header("vary"), "Origin");
  EXPECT_EQ(reply.header("access-control-allow-credentials"), "");
  EXPECT_TRUE(TestClient(port_).upgrade("/ws", friendly));
  std::string own = "Origin: http://127.0.0.1:" + std::to_string(port_) + "\r\n";
  EXPECT_TRUE(TestClient(port_).upgrade("/ws", own));
  EXPECT_EQ(get("/api/streams", own).header("access-control-allow-origin"), "");
}

TEST_F(ServerTest, TokenOpensInEachOfItsThreePlaces) {
  start({.view_token = "s3cret"});
  publish("live");
  for (const char* path : {"/", "/watch/live", "/api/streams"}) {
    Reply reply = get(path);
    EXPECT_EQ(reply.status, 401u) << path;
    EXPECT_EQ(reply.header("www-authenticate"), "Bearer");
    EXPECT_THAT(reply.body, Not(HasSubstr("s3cret")));
    EXPECT_EQ(get(path, "Authorization: Bearer wrong\r\n").status, 401u);
    EXPECT_NE(get(path, "Authorization: Bearer s3cret\r\n").status, 401u);
    EXPECT_NE(get(std::string(path) + "?token=s3cret").status, 401u);
  }
  EXPECT_EQ(get("/webcast.js").status, 200u) << "scripts are the same for everybody";
  EXPECT_FALSE(TestClient(port_).upgrade());
  EXPECT_TRUE(TestClient(port_).upgrade("/ws?token=s3cret"));
  TestClient by_subprotocol(port_);
  EXPECT_TRUE(by_subprotocol.upgrade("/ws", "Sec-WebSocket-Protocol: x, bearer.s3cret\r\n"));
  EXPECT_EQ(by_subprotocol.last_reply().header("sec-websocket-protocol"), "bearer.s3cret");
  EXPECT_FALSE(TestClient(port_).upgrade("/ws", "Sec-WebSocket-Protocol: bearer.wrong\r\n"));
  EXPECT_EQ(get("/api/streams?token=s3cret", "Origin: http://else.example\r\n").status, 200u)
      << "with a token a request may come from anywhere";
}

TEST_F(ServerTest, PreflightForAForeignPageWithAToken) {
  start({.view_token = "s3cret"});
  Reply reply = TestClient(port_).request(
      "OPTIONS /api/streams HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://else.example\r\n"
      "Access-Control-Request-Method: GET\r\n"
      "Access-Control-Request-Headers: authorization\r\n\r\n");
  EXPECT_EQ(reply.status, 204u);
  EXPECT_EQ(reply.header("access-control-allow-origin"), "http://else.example");
  EXPECT_EQ(reply.header("access-control-allow-headers"), "Authorization");
}

TEST_F(ServerTest, PortInUseNamesCauseAndRemedy) {
  start();
  ServerSettings settings;
  settings.address.port = port_;
  auto second = Server::start(settings);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::in_use);
  EXPECT_THAT(second.error().sentence, HasSubstr("127.0.0.1:" + std::to_string(port_)));
  EXPECT_THAT(second.error().sentence, HasSubstr("another port"));
}

TEST_F(ServerTest, AnAddressOfAnotherMachineIsAnError) {
  ServerSettings settings;
  settings.address = {"192.0.2.1", 0};
  auto started = Server::start(settings);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().sentence, HasSubstr("no such address"));
}

TEST_F(ServerTest, ThePortIsFreeAgainAfterTheServer) {
  start();
  ListenAddress address = server_->address();
  TestClient watching(port_);
  ASSERT_TRUE(watching.upgrade());
  for (int i = 0; i < 5; i++) {
    server_.reset();
    auto again = Server::start({.address = address});
    ASSERT_TRUE(again) << again.error().sentence;
    server_ = std::move(*again);
    EXPECT_EQ(get("/healthz").status, 200u);
  }
  while (watching.receive_text()) {
  }
  EXPECT_EQ(watching.close_code(), 1001u) << "goodbye is said";
}

TEST_F(ServerTest, AllAddressesTakeAnyAddressAsHostButNoForeignName) {
  start({.address = {"", 0}});
  EXPECT_EQ(get("/", "Host: 192.168.1.9:8080\r\n").status, 200u);
  EXPECT_EQ(get("/", "Host: localhost\r\n").status, 200u);
  EXPECT_EQ(get("/", std::string("Host: ") + g_get_host_name() + "\r\n").status, 200u);
  EXPECT_EQ(get("/", "Host: evil.example\r\n").status, 403u);
  EXPECT_THAT(server_->url(), Not(HasSubstr("0.0.0.0")));
}

}  // namespace
}  // namespace webcast::test
