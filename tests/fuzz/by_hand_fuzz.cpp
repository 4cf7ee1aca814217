// Whatever somebody pastes as an offer or an answer: what is taken is whole SDP, and is taken again
// as the same.
#include "plugins/signalers/manual.hpp"
#include "tests/fuzz/expect.hpp"

using namespace webcast;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text = test::text_of(data, size);
  for (bool is_offer : {true, false}) {
    auto read = read_by_hand(text, is_offer);
    if (!read) {
      WEBCAST_EXPECT(!read.error().sentence.empty());
      continue;
    }
    WEBCAST_EXPECT(read->starts_with("v=0\r\n") && read->ends_with("\r\n"));
    if (auto again = read_by_hand(*read, is_offer)) WEBCAST_EXPECT(*again == *read);
    WEBCAST_EXPECT(check_answer_fits(*read, *read));
  }
  return 0;
}
