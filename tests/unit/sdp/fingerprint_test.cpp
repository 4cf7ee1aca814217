#include "plugins/sdp/fingerprint.hpp"

#include <gtest/gtest.h>

namespace webcast::test {
namespace {

// The comparison is of bytes: what the certificate says does not matter here.
const std::string kPem = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
const std::string kSha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

std::string with_colons(const std::string& digits) {
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && i % 2 == 0) text += ':';
    text += digits[i];
  }
  return text;
}

TEST(Fingerprint, ReadsTheAttribute) {
  auto fingerprint = parse_fingerprint("SHA-256 " + with_colons(kSha256));
  ASSERT_TRUE(fingerprint);
  EXPECT_EQ(fingerprint->algorithm, "sha-256");
  EXPECT_EQ(fingerprint->digest, kSha256);
  EXPECT_TRUE(parse_fingerprint("sha-1 " + with_colons(kSha256.substr(0, 40))));
}

TEST(Fingerprint, RefusesMalformedOnes) {
  for (const std::string& text :
       {std::string(), std::string("sha-256"), std::string("sha-256 "), "sha-256 " + kSha256,
        "sha-256 " + with_colons(kSha256.substr(2)), "sha-256 " + with_colons(kSha256) + ":",
        "sha-256 " + with_colons("zz" + kSha256.substr(2)), " " + with_colons(kSha256)})
    EXPECT_FALSE(parse_fingerprint(text)) << text;
}

TEST(Fingerprint, MatchesTheCertificate) {
  EXPECT_EQ(fingerprint_of(kPem)->digest, kSha256);
  EXPECT_TRUE(verify_certificate(kPem, {{"sha-256", kSha256}}));
  // One of several, as a server with several certificates announces them.
  EXPECT_TRUE(verify_certificate(kPem, {{"sha-256", std::string(64, '0')}, {"sha-256", kSha256}}));
}

TEST(Fingerprint, RefusesMismatchMissingAndWeakOnes) {
  std::string wrong = kSha256;
  wrong[0] = '3';
  EXPECT_EQ(verify_certificate(kPem, {{"sha-256", wrong}}).error().code, ErrorCode::refused);
  EXPECT_EQ(verify_certificate(kPem, {}).error().code, ErrorCode::refused);
  EXPECT_EQ(verify_certificate(kPem, {{"sha-1", std::string(40, 'a')}}).error().code,
            ErrorCode::refused);
  EXPECT_EQ(verify_certificate("", {{"sha-256", kSha256}}).error().code, ErrorCode::refused);
  EXPECT_EQ(verify_certificate("no certificate", {{"sha-256", kSha256}}).error().code,
            ErrorCode::refused);
}

TEST(Fingerprint, WantsEveryHashFunctionThatIsNamedToMatch) {
  EXPECT_FALSE(
      verify_certificate(kPem, {{"sha-256", kSha256}, {"sha-512", std::string(128, 'a')}}));
  EXPECT_TRUE(verify_certificate(
      kPem,
      {{"sha-1", std::string(40, 'a')},
       {"sha-256", kSha256},
       {"sha-512",
        "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e"
        "14b8c5da0c4663475c2e5c3adef46f73bcdec043"}}));
}

}  // namespace
}  // namespace webcast::test
