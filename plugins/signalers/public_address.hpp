// Addresses that a server out on the internet has no business to send us to: of this machine and
// of its networks.
#pragma once

#include <gio/gio.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/ref.hpp"
#include "signaling/protocol/link_header.hpp"

namespace webcast {

// False: loopback, private, shared (RFC 6598), link-local, multicast, unspecified; also where one
// of these is wrapped in IPv6.
bool is_public(GInetAddress* address);
bool is_public(GSocketAddress* address);

// Of the ICE servers that a server named those whose addresses are all public, with an address in
// the name's place: who looks the name up again might get another. Names that are not found in
// time are left out as well. `servers`: at least one.
//
// Lives on, and calls back in, the main context that it was made in; not after it is gone.
class PublicServers {
 public:
  struct Found {
    std::vector<IceServer> servers{};
    std::vector<std::string> refused{};  // URLs, without credentials
  };
  using Done = std::function<void(const Found&)>;
  PublicServers(std::vector<IceServer> servers, Done done);
  ~PublicServers();

 private:
  struct Search;
  std::shared_ptr<Search> search_;
};

}  // namespace webcast
