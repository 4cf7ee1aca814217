#include "signaling/protocol/sdp_fragment.hpp"

#include <algorithm>
#include <utility>

#include "common/sdp_limits.hpp"
#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/sdp_text.hpp"

namespace webcast {

namespace {

Error malformed(const char* what) {
  return {ErrorCode::invalid_argument, std::string("This is no SDP fragment (RFC 8840): ") + what};
}

}  // namespace

Result<SdpFragment> read_sdp_fragment(std::string_view text) {
  auto lines = sdp_lines(text);
  if (!lines) return lines.error();
  SdpFragment fragment;
  size_t candidates = 0;
  bool any = false;
  // What stands before the first m-line is for all media; candidates there count for the first.
  FragmentMedia session;
  bool in_session = true;
  for (std::string_view line : *lines) {
    if (line.starts_with("m=")) {
      std::string kind(line.substr(2, line.find(' ') - 2));
      if (kind.empty()) return malformed("an m-line without a medium.");
      if (fragment.media.size() == kMaxMediaLines)
        return Error{ErrorCode::limit, "An SDP fragment has 16 m-lines at most."};
      fragment.media.push_back({.kind = kind});
      if (std::exchange(in_session, false)) {
        fragment.media.back().candidates = session.candidates;
        fragment.media.back().end_of_candidates = session.end_of_candidates;
      }
      continue;
    }
    if (!line.starts_with("a=")) continue;
    line.remove_prefix(2);
    FragmentMedia& media = in_session ? session : fragment.media.back();
    auto value_of = [&](std::string_view name) {
      return std::string(line.substr(name.size()));
    };
    if (line.starts_with("mid:")) {
      media.mid = value_of("mid:");
    } else if (line.starts_with("ice-ufrag:")) {
      if (fragment.ufrag.empty()) fragment.ufrag = value_of("ice-ufrag:");
    } else if (line.starts_with("ice-pwd:")) {
      if (fragment.password.empty()) fragment.password = value_of("ice-pwd:");
    } else if (line.starts_with("candidate:")) {
      if (line.size() <= kMaxCandidateBytes && ++candidates <= kMaxFragmentCandidates)
        media.candidates.emplace_back(line);
    } else if (line == "end-of-candidates") {
      media.end_of_candidates = true;
    } else {
      continue;
    }
    any = true;
  }
  if (in_session && (session.end_of_candidates || !session.candidates.empty()))
    fragment.media.push_back(std::move(session));
  if (!any) return malformed("it has neither candidates nor ICE credentials.");
  return fragment;
}

std::string write_sdp_fragment(const SdpFragment& fragment) {
  std::string text;
  if (!fragment.ufrag.empty()) text += "a=ice-ufrag:" + fragment.ufrag + "\r\n";
  if (!fragment.password.empty()) text += "a=ice-pwd:" + fragment.password + "\r\n";
  for (const FragmentMedia& media : fragment.media) {
    text += "m=" + media.kind + " 9 UDP/TLS/RTP/SAVPF 0\r\n";
    if (!media.mid.empty()) text += "a=mid:" + media.mid + "\r\n";
    for (const std::string& candidate : media.candidates)
      text += "a=" + candidate + "\r\n";
    if (media.end_of_candidates) text += "a=end-of-candidates\r\n";
  }
  return text;
}

}  // namespace webcast
