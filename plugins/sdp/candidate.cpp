#include "plugins/sdp/candidate.hpp"

#include <gio/gio.h>

#include <charconv>
#include <vector>

#include "common/ref.hpp"
#include "common/sdp_limits.hpp"

namespace webcast {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    size_t space = text.find(' ');
    words.push_back(text.substr(0, space));
    if (space == std::string_view::npos) break;
    text.remove_prefix(space + 1);
  }
  return words;
}

template <typename T>
bool read_number(std::string_view text, T& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::string lower(std::string_view text) {
  std::string result;
  for (char c : text)
    result += g_ascii_tolower(c);
  return result;
}

std::string_view without_prefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

Ref<GInetAddress> to_address(const std::string& text) {
  return adopt(g_inet_address_new_from_string(text.c_str()));
}

}  // namespace

std::optional<Candidate> parse_candidate(std::string_view text) {
  if (text.size() > kMaxCandidateBytes) return std::nullopt;
  for (char c : text)
    if (!g_ascii_isprint(c)) return std::nullopt;
  text = without_prefix(text, "a=");
  if (!text.starts_with("candidate:")) return std::nullopt;
  text.remove_prefix(std::string_view("candidate:").size());
  std::vector<std::string_view> words = split(text);
  if (words.size() < 8 || words[6] != "typ") return std::nullopt;
  Candidate candidate;
  candidate.foundation = words[0];
  candidate.transport = lower(words[2]);
  candidate.address = words[4];
  candidate.type = words[7];
  if (candidate.foundation.empty() || candidate.foundation.size() > 32 ||
      candidate.address.empty() || !read_number(words[1], candidate.component) ||
      !read_number(words[3], candidate.priority) || !read_number(words[5], candidate.port) ||
      candidate.port > 65535)
    return std::nullopt;
  if (candidate.type != "host" && candidate.type != "srflx" && candidate.type != "prflx" &&
      candidate.type != "relay")
    return std::nullopt;
  return candidate;
}

std::optional<RemoteCandidate> usable_remote_candidate(std::string_view text) {
  auto candidate = parse_candidate(text);
  if (!candidate || candidate->component != 1 || candidate->transport != "udp" ||
      candidate->port == 0)
    return std::nullopt;
  auto network = kind_of_address(candidate->address);
  if (!network || *network == AddressKind::nowhere) return std::nullopt;
  // Written anew: extension attributes that we do not know never reach libnice's parser, and a
  // related address (raddr) has no use here.
  return RemoteCandidate{"candidate:" + candidate->foundation + " 1 udp " +
                             std::to_string(candidate->priority) + " " + candidate->address + " " +
                             std::to_string(candidate->port) + " typ " + candidate->type,
                         *network};
}

std::optional<std::string> external_candidate(std::string_view text,
                                              const std::string& external_address) {
  auto candidate = parse_candidate(text);
  if (!candidate || candidate->type != "host" || candidate->transport != "udp") return std::nullopt;
  Ref<GInetAddress> base = to_address(candidate->address);
  Ref<GInetAddress> external = to_address(external_address);
  if (!base || !external ||
      g_inet_address_get_family(base.get()) != g_inet_address_get_family(external.get()))
    return std::nullopt;
  // RFC 8445 section 5.1.2.1: type preference 100 for server-reflexive ones.
  uint32_t priority = (100u << 24) | (candidate->priority & 0x00ffffffu);
  std::string port = std::to_string(candidate->port);
  return "candidate:x" + candidate->foundation.substr(0, 31) + " " +
         std::to_string(candidate->component) + " UDP " + std::to_string(priority) + " " +
         external_address + " " + port + " typ srflx raddr " + candidate->address + " rport " +
         port;
}

}  // namespace webcast
