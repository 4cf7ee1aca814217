// The bodies of WHIP and WHEP: trickle fragments (RFC 8840) and offers.
#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/sdp_fragment.hpp"
#include "signaling/protocol/sdp_text.hpp"
#include "tests/fuzz/expect.hpp"

using namespace webcast;

namespace {

void finish(const std::string& text, WhipKind kind) {
  auto offer = check_offer(text, kind);
  if (offer) WEBCAST_EXPECT(!offer->media.empty() && offer->tagged() < offer->media.size());
  auto answer = finish_answer(text, {"candidate:1 1 UDP 1 127.0.0.1 9 typ host"}, kind);
  if (answer) WEBCAST_EXPECT(read_sdp_text(*answer));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text = test::text_of(data, size);
  auto fragment = read_sdp_fragment(text);
  if (fragment) {
    size_t candidates = 0;
    for (const FragmentMedia& media : fragment->media)
      candidates += media.candidates.size();
    WEBCAST_EXPECT(candidates <= kMaxFragmentCandidates);
    auto again = read_sdp_fragment(write_sdp_fragment(*fragment));
    WEBCAST_EXPECT(fragment->media.size() <= kMaxMediaLines);
    if (!fragment->ufrag.empty()) WEBCAST_EXPECT(again && again->ufrag == fragment->ufrag);
  }
  finish(text, WhipKind::whip);
  finish(text, WhipKind::whep);
  return 0;
}
