// WhipResource: one session of WHIP (RFC 9725) or WHEP (draft-ietf-wish-whep) as HTTP sees it:
// its path, its entity tag, what its answer waits for, and what a PATCH of it means.
//
// Pure: no sockets, time as an argument. whip.hpp owns it; server's thread.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "signaling/protocol/message.hpp"
#include "signaling/protocol/sdp_text.hpp"

namespace webcast {

// "/whep/STREAM" is an endpoint, "/whep/STREAM/ID" a resource.
struct WhipPath {
  WhipKind kind = WhipKind::whep;
  std::string stream{};
  std::string id{};  // empty: the endpoint
  std::string text() const;
  friend bool operator==(const WhipPath&, const WhipPath&) = default;
};
std::optional<WhipPath> parse_whip_path(const std::string& path);

// What a PATCH gets for an answer, and the candidates that it brought.
struct PatchOutcome {
  unsigned status = 204;
  std::string sentence{};  // why not
  std::vector<SessionIce> candidates{};
};

class WhipResource {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Patience {
    // For the other side's answer; who comes when there is no room waits for ten seconds first.
    std::chrono::milliseconds answer{15'000};
    std::chrono::milliseconds candidates{1'500};  // for all candidates, from the answer on
    std::chrono::milliseconds quiet{150};  // no further candidate for so long: there are no more
  };

  WhipResource(WhipPath path, SdpText offer, Time now, Patience patience);

  const WhipPath& path() const { return path_; }
  const std::string& etag() const { return etag_; }

  // The other side's. `trickles`: candidates may follow it; else it holds them all.
  void answered(std::string sdp, bool trickles, Time now);
  // An empty one: no more will come. Late ones have no way to the client and are dropped.
  void add_candidate(const std::string& candidate, Time now);

  bool has_answer() const { return answer_.has_value(); }
  // When the 201 can be written; the time is up at deadline() at the latest.
  bool is_complete(Time now) const;
  Time deadline() const;
  Result<std::string> answer() const;
  // The 201 was written: what it was made of is needed no more.
  void settled();

  // Of the session `session`; headers as they stand in the request.
  // A candidate comes through once, and so many of a session: each costs the other side pairs to
  // check with all of its own.
  PatchOutcome patch(const std::string& session, const std::string& content_type,
                     const std::string& if_match, std::string_view body);

 private:
  WhipPath path_;
  std::string etag_;
  SdpText offer_;
  Patience patience_;
  Time started_{};
  std::optional<std::string> answer_;
  Time answered_at_{}, last_candidate_{};
  std::vector<std::string> candidates_;
  std::set<size_t> patched_;  // hashes of what PATCHes brought
  bool candidates_end_ = false;
};

// "application/sdp; charset=utf-8" is of the type "application/sdp".
bool is_media_type(const std::string& header, const char* type);

}  // namespace webcast
