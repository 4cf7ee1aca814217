#include "signaling/server/http/listen_address.hpp"

#include <gio/gio.h>

#include <algorithm>

#include "common/ref.hpp"

namespace webcast {

namespace {

bool parse_port(std::string_view text, uint16_t& port) {
  if (text.empty() || text.size() > 5) return false;
  unsigned value = 0;
  for (char c : text) {
    if (!g_ascii_isdigit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > 65535) return false;
  port = static_cast<uint16_t>(value);
  return true;
}

// Splits at the port's colon; an IPv6 address stands in brackets, which go.
bool split(std::string_view text, std::string_view& host, std::string_view& port, bool& has_port) {
  size_t end = text.find(':');
  if (!text.empty() && text.front() == '[') {
    size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    host = text.substr(1, close - 1);
    if (host.find(':') == std::string_view::npos) return false;
    end = close + 1;
    if (end < text.size() && text[end] != ':') return false;
    if (end >= text.size()) end = std::string_view::npos;
  } else {
    host = text.substr(0, end);
    if (end != std::string_view::npos && text.find(':', end + 1) != std::string_view::npos)
      return false;
  }
  has_port = end != std::string_view::npos;
  port = has_port ? text.substr(end + 1) : std::string_view();
  return true;
}

// Where a token or a password stands, though it has no place there, it is not repeated.
std::string quoted(std::string_view text) {
  if (text.find_first_of("?#@") != std::string_view::npos) return "What stands there";
  return "\"" + std::string(text) + "\"";
}

}  // namespace

bool is_ip_address(const std::string& host) {
  return static_cast<bool>(adopt(g_inet_address_new_from_string(host.c_str())));
}

bool is_loopback_host(const std::string& host) {
  if (host == "localhost") return true;
  auto address = adopt(g_inet_address_new_from_string(host.c_str()));
  return address && g_inet_address_get_is_loopback(address.get());
}

bool ListenAddress::is_loopback() const {
  return is_loopback_host(host);
}

bool ListenAddress::is_all() const {
  if (host.empty()) return true;
  auto address = adopt(g_inet_address_new_from_string(host.c_str()));
  return address && g_inet_address_get_is_any(address.get());
}

std::string ListenAddress::text() const {
  std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return shown + ":" + std::to_string(port);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  if (!text.empty() && text.back() == '/') text.remove_suffix(1);
  ListenAddress address;
  std::string_view host, port;
  bool has_port = false;
  if (!split(text, host, port, has_port)) {
    return Error{ErrorCode::invalid_argument,
                 quoted(text) + " is not HOST:PORT; an IPv6 address stands in brackets: [::1]:8080."};
  }
  if (has_port && !parse_port(port, address.port)) {
    return Error{ErrorCode::invalid_argument,
                 quoted(port) + " is not a port: use 1 to 65535, or 0 for a free one."};
  }
  address.host = std::string(host);
  if (!host.empty() && host != "localhost" && !is_ip_address(address.host)) {
    return Error{ErrorCode::invalid_argument,
                 quoted(host) +
                     " is not an address of this machine: use an IP address, localhost, or "
                     "nothing (\":8080\") for all addresses."};
  }
  return address;
}

HostAndPort split_host(std::string_view text) {
  HostAndPort result;
  std::string_view host, port;
  bool has_port = false;
  if (!split(text, host, port, has_port)) return {};
  if (has_port && !parse_port(port, result.port)) return {};
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  bool readable = std::all_of(host.begin(), host.end(), [](char c) {
    return g_ascii_isalnum(c) || c == '.' || c == '-' || c == ':' || c == '_';
  });
  if (!readable) return {};
  for (char c : host)
    result.host += g_ascii_tolower(c);
  return result;
}

}  // namespace webcast
