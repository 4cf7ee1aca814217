// A token: nobody makes one without the secret. Then the same bytes as the claims of one
// that is signed, so that what reads those is reached too.
#include "common/stream_name.hpp"
#include "signaling/server/http/token.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/support/signed_token.hpp"

using namespace webcast;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string secret = "the-fuzzer-cannot-guess-this-secret";
  const auto now = std::chrono::system_clock::time_point(std::chrono::seconds(1000));
  const std::string text = test::text_of(data, size);
  WEBCAST_EXPECT(!read_token(text, secret, now));
  auto grant = read_token(test::signed_token(secret, text), secret, now);
  if (grant) WEBCAST_EXPECT(grant->stream == "*" || is_stream_name(grant->stream));
  return 0;
}
