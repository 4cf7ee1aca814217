// What WHIP and WHEP have to know of a session description, by its text alone: enough to refuse
// a wrong offer at once, to tell m-lines from mids and to write candidates into an answer. What
// it means is for the peers. Pure and total.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace webcast {

inline constexpr const char* kSdpType = "application/sdp";

// The lines, without their ends. Over a limit of common/sdp_limits.hpp, or not of the form "x=…":
// an error.
Result<std::vector<std::string_view>> sdp_lines(std::string_view text);

struct SdpMediaText {
  std::string kind{};  // "video"
  std::string port{};  // "9"; "0": rejected, or bundled only
  std::string mid{};
  std::string direction = "sendrecv";
  std::string stream{};  // a=msid: the MediaStream's id; empty: none
  bool bundle_only = false, rtcp_mux = false, has_candidates = false;
  bool rejected() const { return port == "0" && !bundle_only; }
};

struct SdpText {
  std::vector<SdpMediaText> media{};
  std::string ufrag{}, password{};    // the first ones
  std::vector<std::string> bundle{};  // mids of the first BUNDLE group
  // In the group, or the only one that is not rejected: that is on one transport without a group.
  bool is_bundled(const SdpMediaText& media) const;
  bool has_candidates() const;
  // The m-line that carries the candidates of all (RFC 8843): the group's first, or the first that
  // is not rejected.
  size_t tagged() const;
  // The m-line of a mid; the tagged one when there is no such.
  size_t line_of(const std::string& mid) const;
};

Result<SdpText> read_sdp_text(const std::string& sdp);

enum class WhipKind { whip, whep };

// Whether a WHIP (or WHEP) client may offer that: on one transport, at most one medium of a kind,
// one MediaStream, and the media flow in the right direction. `code`: invalid_argument when it is
// no usable SDP at all, not_supported otherwise.
Result<SdpText> check_offer(const std::string& sdp, WhipKind kind);

// The description with `candidates` at the m-line that carries those of all.
std::string add_candidates(const std::string& sdp, const std::vector<std::string>& candidates,
                           bool are_all = false);

// The answer that a 201 may carry: one direction alone, the candidates in it. An answer that
// rejects media is an error: the whole offer is refused then, never a part of it. What `offer`
// rejects itself is none of its media.
Result<std::string> finish_answer(const std::string& answer,
                                  const std::vector<std::string>& candidates, WhipKind kind,
                                  const SdpText& offer = {});

}  // namespace webcast
