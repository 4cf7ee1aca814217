// januss:// : a real Janus that speaks TLS, whom the elements trust and whom not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/gst/gst_ref.hpp"
#include "tests/integration/janus/janus_process.hpp"
#include "tests/integration/source_player.hpp"
#include "tests/integration/viewer_process.hpp"

namespace webcast::test {
namespace {

using testing::HasSubstr;

TEST(JanusTls, SpeaksToAJanusWhoseCertificateIsTrusted) {
  ASSERT_TRUE(janus_network()) << "to be started by way of `unshare -n`";
  JanusProcess janus;
  const std::string certificate = janus.speak_tls();
  ASSERT_FALSE(certificate.empty());
  ASSERT_TRUE(janus.start());
  // On the port that needs no name.
  const std::string location =
      "location=\"januss://" + kJanusHost + "/1234?pin=CHANGE-ME&secret=CHANGE-ME\"";
  SinkPipeline stranger(kVideo + "webcastsink " + location);
  ASSERT_TRUE(stranger.play());
  EXPECT_THAT(stranger.wait_for_warning(), HasSubstr("certificate is not trusted"));
  stranger.stop();

  auto trusted = adopt(g_tls_file_database_new(certificate.c_str(), nullptr));
  ASSERT_TRUE(trusted);
  g_tls_backend_set_default_database(g_tls_backend_get_default(), G_TLS_DATABASE(trusted.get()));
  {
    SinkPipeline sink(kVideo + "webcastsink " + location);
    ASSERT_TRUE(sink.play());
    ASSERT_TRUE(sink.wait_for("webcast-viewer-connected"));
    SourcePlayer source(location);
    EXPECT_TRUE(source.more("video_0"));
  }
  g_tls_backend_set_default_database(g_tls_backend_get_default(), nullptr);
}

}  // namespace
}  // namespace webcast::test
