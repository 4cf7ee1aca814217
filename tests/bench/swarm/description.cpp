#include "tests/bench/swarm/description.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace webcast::swarm {
namespace {

bool take_prefix(std::string_view& line, std::string_view prefix) {
  if (!line.starts_with(prefix)) return false;
  line.remove_prefix(prefix.size());
  return true;
}

std::vector<std::string> split(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;)
    words.push_back(word);
  return words;
}

void write_session(std::ostream& out, const std::vector<std::string>& mids) {
  out << "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE";
  for (const std::string& mid : mids)
    out << ' ' << mid;
  out << "\r\n";
}

void write_transport(std::ostream& out, const LocalDescription& local, const char* setup,
                     const std::string& mid, bool with_candidates) {
  out << "a=ice-ufrag:" << local.ufrag << "\r\na=ice-pwd:" << local.password
      << "\r\na=ice-options:trickle\r\na=fingerprint:" << local.fingerprint
      << "\r\na=setup:" << setup << "\r\na=mid:" << mid << "\r\na=recvonly\r\na=rtcp-mux\r\n";
  if (!with_candidates) return;
  for (const std::string& candidate : local.candidates)
    out << "a=" << candidate << "\r\n";
}

void write_video_formats(std::ostream& out, const LocalDescription& local) {
  constexpr const char* kTransportCc =
      "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
  if (local.transport_cc) out << "a=extmap:3 " << kTransportCc << "\r\n";
  int type = 96;
  for (const std::string& codec : local.codecs) {
    out << "a=rtpmap:" << type << ' ' << codec << "/90000\r\n";
    for (const char* feedback : {"ccm fir", "nack", "nack pli"})
      out << "a=rtcp-fb:" << type << ' ' << feedback << "\r\n";
    if (local.transport_cc) out << "a=rtcp-fb:" << type << " transport-cc\r\n";
    if (codec == "H264")
      out << "a=fmtp:" << type
          << " level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n";
    if (codec == "VP9") out << "a=fmtp:" << type << " profile-id=0\r\n";
    if (local.retransmission)
      out << "a=rtpmap:" << type + 1 << " rtx/90000\r\na=fmtp:" << type + 1 << " apt=" << type
          << "\r\n";
    type += 2;
  }
}

bool wanted(const LocalDescription& local, const std::string& kind, const std::string& name) {
  if (kind == "audio") return local.audio && (name == "OPUS" || name == "opus");
  return kind == "video" && std::ranges::find(local.codecs, name) != local.codecs.end();
}

// The payload types of an offered medium that an answer keeps: one codec and its rtx.
std::vector<std::string> choose_types(const LocalDescription& local,
                                      const RemoteDescription::Medium& medium) {
  std::vector<std::string> chosen;
  for (const std::string& attribute : medium.attributes) {
    auto words = split(attribute);
    if (words.size() < 2 || !words[0].starts_with("rtpmap:")) continue;
    std::string type = words[0].substr(7), name = words[1].substr(0, words[1].find('/'));
    if (chosen.empty() && wanted(local, medium.kind, name)) chosen.push_back(type);
  }
  if (chosen.empty() || !local.retransmission) return chosen;
  for (const std::string& type : medium.payload_types) {
    std::string rtx = "fmtp:" + type + " apt=" + chosen.front();
    if (std::ranges::find(medium.attributes, rtx) != medium.attributes.end())
      chosen.push_back(type);
  }
  return chosen;
}

void read_rtpmap(RemoteDescription& remote, const RemoteDescription::Medium& medium,
                 std::string_view map) {
  auto words = split(map);
  if (words.size() < 2) return;
  size_t slash = words[1].find('/');
  if (slash == std::string::npos) return;
  std::string name = words[1].substr(0, slash);
  int rate = std::max(std::atoi(words[1].c_str() + slash + 1), 1000);
  auto kind = medium.kind == "audio" ? StreamKind::audio : StreamKind::video;
  if (name == "rtx" || name == "RTX") kind = StreamKind::retransmission;
  remote.payload_types[static_cast<uint8_t>(std::atoi(words[0].c_str()))] = {kind, rate};
  if (kind == StreamKind::video && remote.codec.empty()) remote.codec = name;
}

void read_attribute(RemoteDescription& remote, std::string_view line) {
  auto once = [&](std::string_view name, std::string& into) {
    std::string_view rest = line;
    if (take_prefix(rest, name) && into.empty()) into = rest;
  };
  once("ice-ufrag:", remote.ufrag);
  once("ice-pwd:", remote.password);
  once("fingerprint:", remote.fingerprint);
  once("setup:", remote.setup);
  if (line.starts_with("candidate:")) remote.candidates.emplace_back(line);
  if (remote.media.empty()) return;
  auto& medium = remote.media.back();
  once("mid:", medium.mid);
  if (line.starts_with("rtpmap:") || line.starts_with("fmtp:") || line.starts_with("rtcp-fb:"))
    medium.attributes.emplace_back(line);
  // RFC 9143 section 6: port 0 in an offer, and yet wanted.
  if (line == "bundle-only") medium.accepted = true;
}

}  // namespace

std::string make_offer(const LocalDescription& local) {
  std::ostringstream out;
  write_session(out,
                local.audio ? std::vector<std::string>{"0", "1"} : std::vector<std::string>{"0"});
  out << "m=video 9 UDP/TLS/RTP/SAVPF";
  for (size_t i = 0; i < local.codecs.size(); ++i) {
    out << ' ' << 96 + 2 * i;
    if (local.retransmission) out << ' ' << 97 + 2 * i;
  }
  out << "\r\nc=IN IP4 0.0.0.0\r\n";
  write_transport(out, local, "actpass", "0", true);
  write_video_formats(out, local);
  if (local.audio) {
    out << "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n";
    write_transport(out, local, "actpass", "1", false);
    out << "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n";
  }
  return out.str();
}

std::string make_answer(const LocalDescription& local, const RemoteDescription& offer) {
  std::ostringstream out;
  std::vector<std::string> mids;
  for (const auto& medium : offer.media) {
    if (!choose_types(local, medium).empty()) mids.push_back(medium.mid);
  }
  write_session(out, mids);
  bool first = true;
  for (const auto& medium : offer.media) {
    auto types = choose_types(local, medium);
    if (types.empty()) {
      out << "m=" << medium.kind
          << " 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=mid:" << medium.mid
          << "\r\na=inactive\r\n";
      continue;
    }
    out << "m=" << medium.kind << " 9 UDP/TLS/RTP/SAVPF";
    for (const std::string& type : types)
      out << ' ' << type;
    out << "\r\nc=IN IP4 0.0.0.0\r\n";
    write_transport(out, local, "active", medium.mid, first);
    first = false;
    for (const std::string& attribute : medium.attributes) {
      std::string type = attribute.substr(attribute.find(':') + 1);
      type = type.substr(0, type.find(' '));
      bool transport_cc = attribute.find("transport-cc") != std::string::npos;
      if (std::ranges::find(types, type) == types.end() || (transport_cc && !local.transport_cc))
        continue;
      out << "a=" << attribute << "\r\n";
    }
  }
  return out.str();
}

RemoteDescription parse_description(const std::string& sdp) {
  RemoteDescription remote;
  std::istringstream lines(sdp);
  for (std::string text; std::getline(lines, text);) {
    while (!text.empty() && (text.back() == '\r' || text.back() == ' '))
      text.pop_back();
    std::string_view line = text;
    if (take_prefix(line, "m=")) {
      auto words = split(line);
      if (words.size() < 4) continue;
      remote.media.push_back({.kind = words[0],
                              .mid = {},
                              .accepted = words[1] != "0",
                              .payload_types = {words.begin() + 3, words.end()},
                              .attributes = {}});
    } else if (take_prefix(line, "a=")) {
      read_attribute(remote, line);
    }
  }
  for (const auto& medium : remote.media) {
    if (!medium.accepted) continue;
    for (const std::string& attribute : medium.attributes) {
      std::string_view map = attribute;
      if (take_prefix(map, "rtpmap:")) read_rtpmap(remote, medium, map);
    }
  }
  return remote;
}

}  // namespace webcast::swarm
