// What webcast-relay is told on its command line and in its configuration file.
#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"
#include "signaling/server/http_server.hpp"

namespace webcast {

struct RelayOptions {
  std::string listen = "127.0.0.1:8080";
  std::string tls_certificate{}, tls_key{};   // PEM files
  std::string view_token{}, publish_token{};  // in the file only: a command line is seen by others
  std::string token_secret_file{};            // signs tokens (signaling/server/http/token.hpp)
  std::vector<std::string> allow_origins{};
  std::vector<std::string> trusted_proxies{};  // addresses and networks
  std::string redis{};  // redis_url.hpp; never logged
  int max_peers = 5000;
  int peers_per_address = 64;
};

// `arguments`: with the program's name first. The configuration file counts where the command line
// says nothing. --help and --version print and end the program.
Result<RelayOptions> read_relay_options(std::vector<std::string> arguments);

// Names of those that differ and are for the next start only: "listen, max-peers"; or nothing.
std::string for_next_start(const RelayOptions& running, const RelayOptions& read);

// The server for these options.
Result<ServerSettings> relay_settings(const RelayOptions& options);

}  // namespace webcast
