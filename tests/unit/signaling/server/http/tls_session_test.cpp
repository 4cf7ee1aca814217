// One connection of TLS on a pair of sockets; the other side is played with OpenSSL.
#include "signaling/server/http/tls_session.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <utility>

#include "tests/unit/signaling/server/http/tls_fixture.hpp"

namespace webcast {
namespace {

using test::TlsPair;
using test::TlsPeer;

TEST(TlsSession, ManyChangesOfKeysAreManySteps) {
  TlsPair pair;
  ASSERT_TRUE(pair.shake_hands());
  pair.peer.change_keys(1000, SSL_KEY_UPDATE_NOT_REQUESTED);
  pair.peer.write("hello");
  ASSERT_TRUE(pair.peer.send());
  int steps = 0;
  std::string got;
  for (; got.empty() && steps < 2000; steps++) {
    ASSERT_TRUE(pair.session->can_read()) << "what is left wakes the reader, step " << steps;
    got = pair.read();
    ASSERT_FALSE(pair.broken()) << steps;
  }
  EXPECT_EQ(got, "hello");
  EXPECT_GT(steps, 30) << "others have their turns in between";
}

// On a thread that turns when a test lets it.
class TlsClosing : public testing::Test {
 protected:
  TlsClosing() { g_main_context_push_thread_default(context_); }
  ~TlsClosing() override {
    g_main_context_pop_thread_default(context_);
    g_main_context_unref(context_);
  }
  // A whole reply goes into a small socket, and the session is closed and let go.
  void write_and_close(TlsPair& pair) {
    ASSERT_TRUE(pair.shake_hands());
    int size = 4096;
    setsockopt(pair.ours_, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    for (size_t written = 0; written < kReply && !pair.broken();) {
      if (pair.write(std::string(kPart, 'r'))) {
        written += kPart;
      } else {
        take(pair);
      }
    }
    GError* error = nullptr;
    EXPECT_TRUE(pair.session->close(&error));
    pair.session.reset();
  }
  void take(TlsPair& pair) {
    pair.peer.take(1000);
    for (std::string part = pair.peer.read(); !part.empty(); part = pair.peer.read())
      got_ += part.size();
    g_main_context_iteration(context_, FALSE);
  }

  static constexpr size_t kPart = 10'000, kReply = 20 * kPart;
  GMainContext* context_ = g_main_context_new();
  size_t got_ = 0;
};

TEST_F(TlsClosing, ASlowReaderGetsTheWholeReply) {
  TlsPair pair;
  write_and_close(pair);
  EXPECT_LT(got_, kReply) << "some is still on its way";
  while (!pair.peer.at_end())
    take(pair);
  EXPECT_EQ(got_, kReply);
}

TEST_F(TlsClosing, AReaderThatGoesEndsIt) {
  auto pair = std::make_unique<TlsPair>();
  write_and_close(*pair);
  auto lingering = pair->lingering;  // the server goes on
  std::weak_ptr<TlsContext> held = pair->context;
  pair.reset();
  while (!held.expired())
    g_main_context_iteration(context_, TRUE);
}

TEST_F(TlsClosing, EndsWithItsServer) {
  TlsPair pair;
  write_and_close(pair);
  pair.lingering->end();
  while (!pair.peer.at_end())
    take(pair);
  EXPECT_LT(got_, kReply);
}

TEST(TlsContext, KnowsWhenItsFilesChangedInAnyWay) {
  test::TlsFiles files;
  auto context = TlsContext::load(files.certificate(), files.key());
  ASSERT_TRUE(context);
  EXPECT_FALSE((*context)->files_changed());
  chmod(files.key().c_str(), 0600);
  chmod(files.key().c_str(), 0640);
  EXPECT_TRUE((*context)->files_changed()) << "who may read it";
  EXPECT_FALSE((*context)->files_changed());
  struct stat before {
  }, after{};
  stat(files.certificate().c_str(), &before);
  do {  // until the clock of the file system has gone on
    const timespec times[2] = {before.st_atim, before.st_mtim};
    utimensat(AT_FDCWD, files.certificate().c_str(), times, 0);
    stat(files.certificate().c_str(), &after);
  } while (after.st_ctim.tv_sec == before.st_ctim.tv_sec &&
           after.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
  EXPECT_TRUE((*context)->files_changed()) << "its time of writing was set back";
}

TEST(TlsContext, AsksNobodyForAPassphrase) {
  test::TlsFiles files;
  files.make("s3cret");
  auto context = TlsContext::load(files.certificate(), files.key());
  ASSERT_FALSE(context);
  EXPECT_NE(context.error().sentence.find("is encrypted"), std::string::npos)
      << context.error().sentence;
}

// Nothing can be written before the rest of it came, while the socket takes more all the time.
TEST(TlsSession, HalfAChangeOfKeysDoesNotKeepTheWriterBusy) {
  TlsPair pair;
  ASSERT_TRUE(pair.shake_hands());
  ASSERT_TRUE(pair.write("one"));
  ASSERT_TRUE(pair.peer.send_handshake_bytes(std::string("\x18\0\0\1", 4)));
  pair.read();
  EXPECT_FALSE(pair.broken()) << "it may come in two parts";
  EXPECT_FALSE(pair.write("two"));
  EXPECT_TRUE(pair.broken());
}

TEST(TlsSession, WhoAsksForKeysAndReadsNothingIsCutOff) {
  TlsPair pair;
  ASSERT_TRUE(pair.shake_hands());
  int asked = 0;
  for (; asked < 100'000 && !pair.broken(); asked += 500) {
    pair.peer.change_keys(500, SSL_KEY_UPDATE_REQUESTED);
    ASSERT_TRUE(pair.peer.send());
    while (pair.session->can_read() && !pair.broken())
      pair.read();
  }
  EXPECT_TRUE(pair.broken()) << "after " << asked;
}

}  // namespace
}  // namespace webcast
