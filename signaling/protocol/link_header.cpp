#include "signaling/protocol/link_header.hpp"

#include <glib.h>

#include <algorithm>
#include <cstring>

namespace webcast {

namespace {

constexpr size_t kMaxHeaderBytes = 16 * 1024;
constexpr const char* kSchemes[] = {"stun", "stuns", "turn", "turns"};

std::string take(char* text) {
  std::string result = text ? text : "";
  g_free(text);
  return result;
}

bool is_plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return g_ascii_iscntrl(c); });
}

bool is_known_scheme(std::string_view scheme) {
  return std::any_of(std::begin(kSchemes), std::end(kSchemes),
                     [&](std::string_view known) { return scheme == known; });
}

// host:port?transport=…, as RFC 7064 and 7065 have it: nothing that an URL could hide in.
bool is_ice_url(const std::string& url) {
  size_t colon = url.find(':');
  if (colon == std::string::npos || !is_known_scheme(url.substr(0, colon))) return false;
  std::string rest = url.substr(colon + 1);
  return !rest.empty() && std::all_of(rest.begin(), rest.end(), [](char c) {
    return g_ascii_isalnum(c) || strchr(".-_:[]?=%", c) != nullptr;
  });
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

// Reads the header's value from left to right; at the end of its text every answer is "no".
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  bool take(char c) {
    skip_space();
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::string until(char end) {
    size_t at = std::min(text_.find(end), text_.size());
    std::string part(text_.substr(0, at));
    text_.remove_prefix(std::min(at + 1, text_.size()));
    return part;
  }
  std::string token() {
    skip_space();
    size_t at = std::min(text_.find_first_of("=;, \t\""), text_.size());
    std::string part(text_.substr(0, at));
    text_.remove_prefix(at);
    return part;
  }
  std::string value() {
    if (!take('"')) return token();
    std::string result;
    while (!text_.empty() && text_.front() != '"') {
      if (text_.front() == '\\' && text_.size() > 1) text_.remove_prefix(1);
      result += text_.front();
      text_.remove_prefix(1);
    }
    take('"');
    return result;
  }
  // To the comma before the next link.
  void skip_link() {
    while (!done() && !take(',')) {
      if (done()) return;  // take() went over blanks
      if (text_.front() == '"')
        value();
      else
        text_.remove_prefix(1);
    }
  }

 private:
  void skip_space() {
    size_t at = std::min(text_.find_first_not_of(" \t"), text_.size());
    text_.remove_prefix(at);
  }
  std::string_view text_;
};

bool names_ice_server(const std::string& relations) {
  gchar** words = g_strsplit(relations.c_str(), " ", -1);
  bool found = false;
  for (gchar** word = words; *word; word++)
    found |= g_ascii_strcasecmp(*word, "ice-server") == 0;
  g_strfreev(words);
  return found;
}

}  // namespace

std::string write_link(const IceServer& server) {
  if (!is_ice_url(server.url) || !is_plain(server.username) || !is_plain(server.credential))
    return {};
  std::string link = "<" + server.url + ">; rel=\"ice-server\"";
  if (!server.username.empty() || !server.credential.empty())
    link += "; username=" + quoted(server.username) + "; credential=" + quoted(server.credential) +
            "; credential-type=\"password\"";
  return link;
}

std::vector<IceServer> read_links(std::string_view value) {
  std::vector<IceServer> servers;
  if (value.size() > kMaxHeaderBytes) return servers;
  Reader reader(value);
  while (!reader.done() && servers.size() < kMaxIceServers) {
    if (!reader.take('<')) {
      reader.skip_link();
      continue;
    }
    IceServer server;
    server.url = reader.until('>');
    bool wanted = false;
    std::string type = "password";
    while (reader.take(';')) {
      std::string name = reader.token();
      std::string text = reader.take('=') ? reader.value() : "";
      if (g_ascii_strcasecmp(name.c_str(), "rel") == 0) wanted = names_ice_server(text);
      if (g_ascii_strcasecmp(name.c_str(), "username") == 0) server.username = text;
      if (g_ascii_strcasecmp(name.c_str(), "credential") == 0) server.credential = text;
      if (g_ascii_strcasecmp(name.c_str(), "credential-type") == 0) type = text;
    }
    reader.skip_link();
    if (wanted && type == "password" && is_ice_url(server.url) && is_plain(server.username) &&
        is_plain(server.credential))
      servers.push_back(std::move(server));
  }
  return servers;
}

std::optional<IceServer> ice_server_of_uri(const std::string& uri) {
  size_t slashes = uri.find("://");
  if (slashes == std::string::npos || !is_known_scheme(uri.substr(0, slashes))) return {};
  std::string rest = uri.substr(slashes + 3);
  IceServer server;
  // A password may hold an "@" of its own.
  if (size_t at = rest.rfind('@'); at != std::string::npos) {
    std::string user = rest.substr(0, at);
    rest.erase(0, at + 1);
    size_t colon = std::min(user.find(':'), user.size());
    server.username = take(g_uri_unescape_string(user.substr(0, colon).c_str(), nullptr));
    if (colon < user.size())
      server.credential = take(g_uri_unescape_string(user.substr(colon + 1).c_str(), nullptr));
  }
  server.url = uri.substr(0, slashes) + ":" + rest;
  if (!is_ice_url(server.url)) return {};
  return server;
}

std::string uri_of_ice_server(const IceServer& server) {
  if (!is_ice_url(server.url)) return {};
  size_t colon = server.url.find(':');
  std::string uri = server.url.substr(0, colon) + "://";
  if (!server.username.empty() || !server.credential.empty())
    uri += take(g_uri_escape_string(server.username.c_str(), nullptr, FALSE)) + ":" +
           take(g_uri_escape_string(server.credential.c_str(), nullptr, FALSE)) + "@";
  return uri + server.url.substr(colon + 1);
}

}  // namespace webcast
