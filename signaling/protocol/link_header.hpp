// ICE servers, and the Link header (RFC 8288) that WHIP and WHEP carry them in (RFC 9725 4.4):
//   Link: <turn:host:3478?transport=udp>; rel="ice-server"; username="u"; credential="p"
//
// Pure and total. What holds a credential is never logged.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace webcast {

struct IceServer {
  std::string url{};  // "stun:host:port", "turn(s):host:port?transport=udp" (RFC 7064, 7065)
  std::string username{}, credential{};
  friend bool operator==(const IceServer&, const IceServer&) = default;
};

inline constexpr size_t kMaxIceServers = 16;

// The header's value; empty for a server that no header can carry (control characters).
std::string write_link(const IceServer& server);

// The ICE servers of a header's value, which may be a list; what is malformed, of another
// relation or of another scheme is left out.
std::vector<IceServer> read_links(std::string_view value);

// As GStreamer writes them: "stun://host:port", "turn(s)://user:password@host:port". Nothing when
// it is none of these.
std::optional<IceServer> ice_server_of_uri(const std::string& uri);
// Back again; empty when `server` has not the form of one.
std::string uri_of_ice_server(const IceServer& server);

}  // namespace webcast
