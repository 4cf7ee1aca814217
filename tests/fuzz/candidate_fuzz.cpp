// ICE candidates and fingerprints: what reaches libnice is one short line, read again as the same.
#include "plugins/sdp/candidate.hpp"
#include "plugins/sdp/fingerprint.hpp"
#include "tests/fuzz/expect.hpp"

using namespace webcast;

namespace {

void expect_one_line(const std::string& candidate) {
  WEBCAST_EXPECT(candidate.find_first_of("\r\n") == std::string::npos);
  WEBCAST_EXPECT(candidate.find('\0') == std::string::npos);
  WEBCAST_EXPECT(parse_candidate(candidate));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text = test::text_of(data, size);
  auto usable = usable_remote_candidate(text);
  if (usable) {
    expect_one_line(usable->text);
    auto again = usable_remote_candidate(usable->text);
    WEBCAST_EXPECT(again && again->text == usable->text && again->network == usable->network);
    auto address = parse_candidate(usable->text)->address;
    WEBCAST_EXPECT(kind_of_address(address) == usable->network);
    WEBCAST_EXPECT(usable->network != AddressKind::nowhere);
  }
  auto external = external_candidate(text, "192.0.2.7");
  if (external) {
    expect_one_line(*external);
    WEBCAST_EXPECT(parse_candidate(*external)->address == "192.0.2.7");
  }
  kind_of_address(text);
  if (auto fingerprint = parse_fingerprint(text)) {
    // No certificate: whatever it says, nobody is let in by it.
    WEBCAST_EXPECT(!verify_certificate(text, {*fingerprint}));
  }
  return 0;
}
