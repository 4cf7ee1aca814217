#include "plugins/peer/turn_credential.hpp"

#include <gtest/gtest.h>

namespace webcast::test {
namespace {

const std::chrono::system_clock::time_point kNow{std::chrono::seconds(1'000'000'000)};

std::string with_credential(const std::string& server) {
  auto result = with_turn_credential(server, "north", "viewer-1", kNow);
  return result ? *result : result.error().sentence;
}

// HMAC-SHA1 of "1000086400:viewer-1" with "north", in base64, made by another program.
constexpr const char* kOwn = "1000086400%3Aviewer-1:PSJdx7XbQENmg21c9kBXgPa3stg%3D@";

TEST(TurnCredential, IsTheMomentOfExpirySigned) {
  EXPECT_EQ(with_credential("turn://example.org:3478"),
            std::string("turn://") + kOwn + "example.org:3478");
}

TEST(TurnCredential, TakesThePlaceOfUserAndPassword) {
  EXPECT_EQ(with_credential("turns://alice:w@nder@example.org?transport=tcp"),
            std::string("turns://") + kOwn + "example.org?transport=tcp");
}

TEST(TurnCredential, LeavesWhatFollowsTheAuthorityAlone) {
  EXPECT_EQ(with_credential("turn://[::1]:3478?x=a@b"),
            std::string("turn://") + kOwn + "[::1]:3478?x=a@b");
}

TEST(TurnCredential, DoesNotRepeatWhatItCannotRead) {
  auto wrong = with_turn_credential("alice:secret", "north", "viewer-1", kNow);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().sentence.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace webcast::test
