#include "signaling/protocol/sdp_text.hpp"

#include <glib.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "common/sdp_limits.hpp"
#include "signaling/protocol/codec.hpp"

namespace webcast {

namespace {

Error bad(const std::string& sentence) {
  return {ErrorCode::invalid_argument, sentence};
}

Error unfit(const std::string& sentence) {
  return {ErrorCode::not_supported, sentence};
}

bool is_direction(std::string_view attribute) {
  return attribute == "sendrecv" || attribute == "sendonly" || attribute == "recvonly" ||
         attribute == "inactive";
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> result;
  while (!text.empty()) {
    size_t space = std::min(text.find(' '), text.size());
    if (space > 0) result.emplace_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return result;
}

void read_session_attribute(SdpText& sdp, std::string_view attribute) {
  if (attribute.starts_with("group:BUNDLE") && sdp.bundle.empty())
    sdp.bundle = words(attribute.substr(strlen("group:BUNDLE")));
}

void read_transport(SdpText& sdp, std::string_view attribute) {
  if (attribute.starts_with("ice-ufrag:") && sdp.ufrag.empty())
    sdp.ufrag = attribute.substr(strlen("ice-ufrag:"));
  if (attribute.starts_with("ice-pwd:") && sdp.password.empty())
    sdp.password = attribute.substr(strlen("ice-pwd:"));
}

void read_media_attribute(SdpMediaText& media, std::string_view attribute) {
  if (attribute.starts_with("mid:")) media.mid = attribute.substr(strlen("mid:"));
  if (attribute.starts_with("msid:")) {
    auto ids = words(attribute.substr(strlen("msid:")));
    if (!ids.empty()) media.stream = ids.front();
  }
  if (is_direction(attribute)) media.direction = attribute;
  media.bundle_only |= attribute == "bundle-only";
  media.rtcp_mux |= attribute == "rtcp-mux";
  media.has_candidates |= attribute.starts_with("candidate:");
}

}  // namespace

Result<std::vector<std::string_view>> sdp_lines(std::string_view text) {
  if (text.size() > kMaxSdpBytes) return bad("A session description has 64 KiB at most.");
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.size() < 2 || !g_ascii_islower(line[0]) || line[1] != '=' ||
        line.find('\0') != std::string_view::npos)
      return bad("This is no SDP: each line is a small letter, \"=\" and a value.");
    if (lines.size() >= kMaxSdpLines) return bad("A session description has 500 lines at most.");
    lines.push_back(line);
  }
  return lines;
}

bool SdpText::is_bundled(const SdpMediaText& line) const {
  auto used =
      std::count_if(media.begin(), media.end(), [](const auto& m) { return !m.rejected(); });
  if (used == 1 && !line.rejected()) return true;
  return std::find(bundle.begin(), bundle.end(), line.mid) != bundle.end();
}

bool SdpText::has_candidates() const {
  return std::any_of(media.begin(), media.end(), [](const auto& m) { return m.has_candidates; });
}

size_t SdpText::tagged() const {
  for (const std::string& mid : bundle)
    for (size_t i = 0; i < media.size(); i++)
      if (media[i].mid == mid && !media[i].rejected()) return i;
  for (size_t i = 0; i < media.size(); i++)
    if (!media[i].rejected()) return i;
  return 0;
}

size_t SdpText::line_of(const std::string& mid) const {
  for (size_t i = 0; i < media.size() && !mid.empty(); i++)
    if (media[i].mid == mid) return i;
  return tagged();
}

Result<SdpText> read_sdp_text(const std::string& text) {
  auto lines = sdp_lines(text);
  if (!lines) return lines.error();
  if (lines->empty() || lines->front() != "v=0")
    return bad("This is no session description: it begins with \"v=0\".");
  SdpText sdp;
  std::string direction = "sendrecv";  // the session's, for media without one
  for (std::string_view line : *lines) {
    if (line.starts_with("m=")) {
      auto parts = words(line.substr(2));
      if (parts.size() < 4) return bad("An m-line lacks its port, protocol or formats.");
      if (sdp.media.size() >= kMaxMediaLines)
        return bad("A session description has 16 media at most.");
      sdp.media.push_back({.kind = parts[0], .port = parts[1], .direction = direction});
    } else if (line.starts_with("a=")) {
      line.remove_prefix(2);
      read_transport(sdp, line);
      if (!sdp.media.empty()) {
        read_media_attribute(sdp.media.back(), line);
      } else {
        read_session_attribute(sdp, line);
        if (is_direction(line)) direction = line;
      }
    }
  }
  if (sdp.media.empty()) return bad("The session description has no media.");
  return sdp;
}

Result<SdpText> check_offer(const std::string& text, WhipKind kind) {
  auto sdp = read_sdp_text(text);
  if (!sdp) return sdp;
  if (sdp->ufrag.empty() || sdp->password.empty())
    return bad("The offer lacks a=ice-ufrag or a=ice-pwd.");
  const char* wanted = kind == WhipKind::whip ? "sendonly" : "recvonly";
  std::set<std::string> kinds, streams;
  bool flows = false;
  for (const SdpMediaText& media : sdp->media) {
    if (media.rejected() || (media.kind != "audio" && media.kind != "video")) continue;
    if (!kinds.insert(media.kind).second)
      return unfit("The offer has more than one " + media.kind + ": one of a kind is taken.");
    if (!sdp->is_bundled(media) || !media.rtcp_mux)
      return unfit("All media have to be bundled on one transport (a=group:BUNDLE, a=rtcp-mux).");
    if (!media.stream.empty() && media.stream != "-") streams.insert(media.stream);
    flows |= media.direction == "sendrecv" || media.direction == wanted;
  }
  if (!flows)
    return unfit(std::string("No audio or video of the offer is ") + wanted +
                 ": nothing would flow.");
  if (kind == WhipKind::whip && streams.size() > 1)
    return unfit("The offer has more than one MediaStream (a=msid): one is taken.");
  return sdp;
}

std::string add_candidates(const std::string& text, const std::vector<std::string>& candidates,
                           bool are_all) {
  auto sdp = read_sdp_text(text);
  auto lines = sdp_lines(text);
  if (!sdp || !lines) return text;
  std::string result;
  size_t media = 0;
  auto end_of_media = [&] {
    if (media != sdp->tagged() + 1) return;
    for (const std::string& candidate : candidates)
      result += "a=" + candidate + "\r\n";
    if (are_all) result += "a=end-of-candidates\r\n";
  };
  for (std::string_view line : *lines) {
    if (line.starts_with("m=")) {
      end_of_media();
      media++;
    }
    if (line != "a=end-of-candidates") result += std::string(line) + "\r\n";
  }
  end_of_media();
  return result;
}

Result<std::string> finish_answer(const std::string& answer,
                                  const std::vector<std::string>& candidates, WhipKind kind,
                                  const SdpText& offer) {
  auto sdp = read_sdp_text(answer);
  if (!sdp)
    return Error{ErrorCode::failed, "The other side answered with a wrong session description."};
  // Messages beside the media are none of its media: without them all of those flow.
  for (size_t i = 0; i < sdp->media.size(); i++) {
    const SdpMediaText& media = sdp->media[i];
    bool was_offered = i >= offer.media.size() || !offer.media[i].rejected();
    if (media.rejected() && was_offered && media.kind != "application")
      return unfit("The " + media.kind + " of the offer cannot be taken: offer what is here only.");
  }
  std::string result = add_candidates(answer, candidates, true);
  const std::string both = "a=sendrecv\r\n";
  for (size_t at; (at = result.find(both)) != std::string::npos;)
    result.replace(at, both.size(), kind == WhipKind::whip ? "a=recvonly\r\n" : "a=sendonly\r\n");
  return result;
}

}  // namespace webcast
