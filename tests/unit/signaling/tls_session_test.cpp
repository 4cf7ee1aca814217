// One connection of TLS on a pair of sockets; the other side is played with OpenSSL.
#include "signaling/server/tls_session.hpp"

#include <gtest/gtest.h>

#include "tests/unit/signaling/tls_fixture.hpp"

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
