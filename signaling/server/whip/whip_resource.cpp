#include "signaling/server/whip/whip_resource.hpp"

#include <glib.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "common/random_id.hpp"
#include "common/stream_name.hpp"
#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/sdp_fragment.hpp"

namespace webcast {

namespace {

constexpr size_t kIdDigits = 32;
constexpr size_t kMaxCandidates = 64;

bool is_id(const std::string& text) {
  return text.size() == kIdDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return g_ascii_isxdigit(c); });
}

// If-Match may list several (RFC 9110 13.1.1).
bool names_tag(const std::string& if_match, const std::string& etag) {
  gchar** tags = g_strsplit(if_match.c_str(), ",", -1);
  bool found = false;
  for (gchar** tag = tags; *tag; tag++)
    found |= etag == g_strstrip(*tag);
  g_strfreev(tags);
  return found;
}

}  // namespace

std::string WhipPath::text() const {
  std::string text = (kind == WhipKind::whip ? "/whip/" : "/whep/") + stream;
  return id.empty() ? text : text + "/" + id;
}

std::optional<WhipPath> parse_whip_path(const std::string& path) {
  WhipPath result;
  if (g_str_has_prefix(path.c_str(), "/whip/")) {
    result.kind = WhipKind::whip;
  } else if (!g_str_has_prefix(path.c_str(), "/whep/")) {
    return std::nullopt;
  }
  std::string rest = path.substr(strlen("/whip/"));
  size_t slash = rest.find('/');
  result.stream = rest.substr(0, slash);
  if (!is_stream_name(result.stream)) return std::nullopt;
  if (slash == std::string::npos) return result;
  result.id = rest.substr(slash + 1);
  if (!is_id(result.id)) return std::nullopt;
  return result;
}

bool is_media_type(const std::string& header, const char* type) {
  std::string value = header.substr(0, header.find(';'));
  while (!value.empty() && value.back() == ' ')
    value.pop_back();
  return g_ascii_strcasecmp(value.c_str(), type) == 0;
}

WhipResource::WhipResource(WhipPath path, SdpText offer, Time now, Patience patience)
    : path_(std::move(path)),
      etag_("\"" + unguessable_id() + "\""),
      offer_(std::move(offer)),
      patience_(patience),
      started_(now) {}

void WhipResource::answered(std::string sdp, bool trickles, Time now) {
  if (answer_) return;
  auto text = read_sdp_text(sdp);
  candidates_end_ |= !trickles && text && text->has_candidates();
  answer_ = std::move(sdp);
  answered_at_ = now;
  last_candidate_ = std::max(last_candidate_, now);
}

void WhipResource::add_candidate(const std::string& candidate, Time now) {
  if (candidates_end_) return;
  if (candidate.empty()) {
    candidates_end_ = true;
    return;
  }
  if (candidates_.size() >= kMaxCandidates ||
      std::find(candidates_.begin(), candidates_.end(), candidate) != candidates_.end())
    return;
  candidates_.push_back(candidate);
  last_candidate_ = now;
}

WhipResource::Time WhipResource::deadline() const {
  if (!answer_) return started_ + patience_.answer;
  if (candidates_end_) return answered_at_;
  auto text = read_sdp_text(*answer_);
  // Without any candidate there is no connection: worth the whole time.
  bool some = !candidates_.empty() || (text && text->has_candidates());
  Time last = answered_at_ + patience_.candidates;
  return some ? std::min(last, last_candidate_ + patience_.quiet) : last;
}

bool WhipResource::is_complete(Time now) const {
  return answer_ && (candidates_end_ || now >= deadline());
}

Result<std::string> WhipResource::answer() const {
  std::vector<std::string> news;
  for (const std::string& candidate : candidates_)
    if (answer_->find("a=" + candidate) == std::string::npos) news.push_back(candidate);
  return finish_answer(*answer_, news, path_.kind, offer_);
}

void WhipResource::settled() {
  answer_ = "";
  candidates_ = {};
  candidates_end_ = true;
}

PatchOutcome WhipResource::patch(const std::string& session, const std::string& content_type,
                                 const std::string& if_match, std::string_view body) {
  if (!is_media_type(content_type, kSdpFragmentType))
    return {415, std::string("A PATCH carries ") + kSdpFragmentType + ".", {}};
  auto fragment = read_sdp_fragment(body);
  if (!fragment) return {400, fragment.error().sentence, {}};
  bool restart = (!fragment->ufrag.empty() && fragment->ufrag != offer_.ufrag) ||
                 (!fragment->password.empty() && fragment->password != offer_.password);
  if (restart)
    return {422,
            "This server does not restart ICE: the session goes on as it is. DELETE it and POST a "
            "new offer.",
            {}};
  // RFC 9725 4.3.1 asks for it; what speaks WHEP (a draft) leaves it out, whip-whep 1.2.0 too.
  if (if_match.empty() && path_.kind == WhipKind::whip)
    return {428, "A PATCH names the session's ETag in If-Match.", {}};
  if (!if_match.empty() && !names_tag(if_match, etag_))
    return {412, "If-Match names another ETag than the session's.", {}};
  PatchOutcome outcome;
  for (const FragmentMedia& media : fragment->media) {
    auto mline = static_cast<unsigned>(offer_.line_of(media.mid));
    for (const std::string& candidate : media.candidates) {
      if (patched_.size() >= kMaxCandidates) break;
      if (patched_.insert(std::hash<std::string>{}(std::to_string(mline) + candidate)).second)
        outcome.candidates.push_back({session, mline, candidate});
    }
    if (media.end_of_candidates) outcome.candidates.push_back({session, mline, ""});
  }
  return outcome;
}

}  // namespace webcast
