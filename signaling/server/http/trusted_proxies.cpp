#include "signaling/server/http/trusted_proxies.hpp"

#include <string_view>

#include "common/address_key.hpp"
#include "signaling/server/http/client.hpp"
#include "signaling/server/http/listen_address.hpp"

namespace webcast {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr const char* kBlank = " \t";
  size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

enum class Quotes { text, syntax };

// Parts between separators; where quotes are syntax, those within them separate nothing.
std::vector<std::string_view> split(std::string_view text, char separator, Quotes quotes) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  size_t start = 0;
  for (size_t i = 0; i < text.size(); i++) {
    if (quoted && text[i] == '\\') {
      i++;
    } else if (text[i] == '"' && quotes == Quotes::syntax) {
      quoted = !quoted;
    } else if (text[i] == separator && !quoted) {
      parts.push_back(trimmed(text.substr(start, i - start)));
      start = i + 1;
    }
  }
  parts.push_back(trimmed(text.substr(start)));
  return parts;
}

// Whether quotes stand around whole values alone (RFC 7230 section 3.2.6) and each has its end. A
// client's own open one swallows what the proxy adds: what this adds in quotes itself stands
// outside of them then, with quotes in the middle of a value, or the last one is open.
bool has_whole_quotes(std::string_view header) {
  bool quoted = false;
  for (size_t i = 0; i < header.size(); i++) {
    if (quoted && header[i] == '\\') {
      i++;
    } else if (quoted && header[i] == '"') {
      quoted = false;
      std::string_view rest = trimmed(header.substr(i + 1));
      if (!rest.empty() && rest.front() != ',' && rest.front() != ';') return false;
    } else if (header[i] == '"') {
      if (i == 0 || header[i - 1] != '=') return false;
      quoted = true;
    }
  }
  return !quoted;
}

// "192.0.2.7", "192.0.2.7:80", "2001:db8::1", "[2001:db8::1]:80".
std::string address_in(std::string_view node) {
  std::string plain = plain_address(std::string(node));
  return plain.empty() ? plain_address(split_host(node).host) : plain;
}

Error not_a_proxy(const std::string& entry) {
  return {ErrorCode::invalid_argument,
          "\"" + entry +
              "\" is neither an address nor a network: a trusted proxy is named as 127.0.0.1 or "
              "10.0.0.0/8."};
}

}  // namespace

std::vector<std::string> x_forwarded_for_hops(const std::string& header) {
  std::vector<std::string> hops;
  for (std::string_view node : split(header, ',', Quotes::text))
    hops.push_back(address_in(node));
  return hops;
}

std::optional<std::vector<std::string>> forwarded_hops(const std::string& header) {
  if (!has_whole_quotes(header)) return std::nullopt;
  std::vector<std::string> hops;
  for (std::string_view element : split(header, ',', Quotes::syntax)) {
    std::string hop;
    for (std::string_view pair : split(element, ';', Quotes::syntax)) {
      if (pair.size() < 4 || g_ascii_strncasecmp(pair.data(), "for=", 4) != 0) continue;
      std::string_view node = pair.substr(4);
      if (node.size() >= 2 && node.front() == '"' && node.back() == '"')
        node = node.substr(1, node.size() - 2);
      hop = address_in(node);
    }
    hops.push_back(std::move(hop));
  }
  return hops;
}

Result<TrustedProxies> TrustedProxies::parse(const std::vector<std::string>& entries) {
  TrustedProxies proxies;
  for (const std::string& entry : entries) {
    auto mask = adopt(g_inet_address_mask_new_from_string(entry.c_str(), nullptr));
    if (!mask) return not_a_proxy(entry);
    proxies.masks_.push_back(std::move(mask));
    proxies.entries_.push_back(entry);
  }
  return proxies;
}

bool TrustedProxies::contains(const std::string& address) const {
  auto inet = adopt(g_inet_address_new_from_string(address.c_str()));
  if (!inet) return false;
  for (const auto& mask : masks_)
    if (g_inet_address_mask_matches(mask.get(), inet.get())) return true;
  return false;
}

std::string TrustedProxies::walk(const std::string& peer,
                                 const std::vector<std::string>& hops) const {
  std::string address = peer;
  for (auto hop = hops.rbegin(); hop != hops.rend() && contains(address); ++hop) {
    if (hop->empty()) break;
    address = *hop;
  }
  return address;
}

Result<std::string> TrustedProxies::client(const std::string& peer, const std::string& forwarded,
                                           const std::string& x_forwarded_for) const {
  if (!contains(peer) || (forwarded.empty() && x_forwarded_for.empty())) return peer;
  auto hops = forwarded_hops(forwarded);
  if (!hops)
    return Error{
        ErrorCode::invalid_argument,
        "Forwarded has a quote that does not stand around a whole value: the proxy in front "
        "has to remove what the client sent of it."};
  std::string by_standard = walk(peer, *hops);
  std::string by_custom = walk(peer, x_forwarded_for_hops(x_forwarded_for));
  if (x_forwarded_for.empty()) return by_standard;
  if (!forwarded.empty() && by_standard != by_custom)
    return Error{ErrorCode::invalid_argument,
                 "Forwarded and X-Forwarded-For name different clients: the proxy in front has to "
                 "set one of them and to remove the other."};
  return by_custom;
}

}  // namespace webcast
