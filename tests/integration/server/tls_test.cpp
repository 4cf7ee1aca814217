// listen:// with a certificate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/integration/server/signaler_under_test.hpp"

// LeakSanitizer (GCC 12) crashes while it looks at the thread on which GIO shook hands. Everything
// of ours that runs here is searched for leaks in the other tests.
extern "C" int __lsan_is_turned_off() {
  return 1;
}

namespace webcast::test {
namespace {

using testing::HasSubstr;

TEST(ListenTls, SpeaksHttpsAndWssWithAPemPair) {
  ControlThread control("test-control");
  char* directory = g_dir_make_tmp("webcast-tls-XXXXXX", nullptr);
  std::string certificate = std::string(directory) + "/cert.pem",
              key = std::string(directory) + "/key.pem";
  std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
      "-days 2 -subj /CN=cam.example -addext subjectAltName=DNS:cam.example "
      "-keyout " +
      key + " -out " + certificate + " 2>/dev/null";
  ASSERT_EQ(system(command.c_str()), 0);
  Sink sink(control, "listen://127.0.0.1:0", "live",
            {.tls_certificate = certificate, .tls_key = key});
  ASSERT_TRUE(sink.start()) << sink.error().sentence;
  auto listening = sink.next("listening");
  ASSERT_TRUE(listening);
  EXPECT_THAT(listening->text, HasSubstr("https://127.0.0.1:"));
  auto port = static_cast<uint16_t>(
      g_ascii_strtoull(listening->text.c_str() + strlen("https://127.0.0.1:"), nullptr, 10));
  EXPECT_EQ(TestClient(port, certificate).get("/healthz").body, "ok\n");
  EXPECT_EQ(TestClient(port, certificate).get("/", "Host: cam.example\r\n").status, 302u)
      << "the certificate's name is a name of the listener";
  EXPECT_EQ(TestClient(port, certificate).get("/", "Host: evil.example\r\n").status, 403u);
  TestClient viewer(port, certificate);
  ASSERT_TRUE(viewer.upgrade());
  EXPECT_NE(start_session(viewer, "live"), "");
  EXPECT_TRUE(sink.next("requested"));
  // Plain HTTP and a handshake that never ends cost the others nothing.
  TestClient plain(port), silent(port);
  plain.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  EXPECT_TRUE(plain.ends());
  EXPECT_EQ(TestClient(port, certificate).get("/healthz").status, 200u);
  unlink(certificate.c_str());
  unlink(key.c_str());
  rmdir(directory);
  g_free(directory);
}

}  // namespace
}  // namespace webcast::test
