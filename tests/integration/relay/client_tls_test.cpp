// wss:// locations: whom the signaler trusts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "signaling/server/http_server.hpp"
#include "tests/integration/server/signaler_under_test.hpp"

// LeakSanitizer (GCC 12) crashes while it looks at the thread on which GIO shook hands. Everything
// of ours that runs here is searched for leaks in the other tests.
extern "C" int __lsan_is_turned_off() {
  return 1;
}

namespace webcast::test {
namespace {

using testing::HasSubstr;

TEST(RelayClientTls, SpeaksToARelayWhoseCertificateIsTrusted) {
  ControlThread control("test-control");
  char* folder = g_dir_make_tmp("webcast-tls-XXXXXX", nullptr);
  ServerSettings settings;
  settings.address.port = 0;
  settings.acceptor.handshake_deadline = std::chrono::seconds(60);
  settings.tls_certificate = std::string(folder) + "/cert.pem";
  settings.tls_key = std::string(folder) + "/key.pem";
  std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
      "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout " +
      settings.tls_key + " -out " + settings.tls_certificate + " 2>/dev/null";
  ASSERT_EQ(system(command.c_str()), 0);
  settings.room.clients_may_publish = true;
  auto relay = Server::start(settings);
  ASSERT_TRUE(relay) << relay.error().sentence;
  std::string location = "wss://localhost:" + std::to_string((*relay)->address().port);
  Sink stranger(control, location, "live");
  ASSERT_TRUE(stranger.start());
  auto warning = stranger.next("warning");
  ASSERT_TRUE(warning);
  EXPECT_THAT(warning->text, HasSubstr("certificate is not trusted"));
  stranger.stop();

  // A certificate of its own is its own authority.
  for (const OutgoingSettings& outgoing : {OutgoingSettings{.ca_file = settings.tls_certificate},
                                           OutgoingSettings{.insecure_tls = true}}) {
    Sink sink(control, location, "live", {.publish_token = "s3cret"}, SignalerRole::producer,
              outgoing);
    ASSERT_TRUE(sink.start());
    EXPECT_TRUE(sink.next("connected"));
  }
  Sink unread(control, location, "live", {}, SignalerRole::producer,
              {.ca_file = settings.tls_certificate + ".none"});
  EXPECT_FALSE(unread.start());

  auto trusted = adopt(g_tls_file_database_new(settings.tls_certificate.c_str(), nullptr));
  ASSERT_TRUE(trusted);
  g_tls_backend_set_default_database(g_tls_backend_get_default(), G_TLS_DATABASE(trusted.get()));
  Sink sink(control, location, "live");
  ASSERT_TRUE(sink.start());
  EXPECT_TRUE(sink.next("connected"));
  sink.stop();
  g_tls_backend_set_default_database(g_tls_backend_get_default(), nullptr);
  unlink(settings.tls_certificate.c_str());
  unlink(settings.tls_key.c_str());
  rmdir(folder);
  g_free(folder);
}

}  // namespace
}  // namespace webcast::test
