// The servers of this process, one for each address, shared by all sinks and sources that listen
// there.
//
// Any thread but a server's own. The last lease that goes closes the port before it returns.
#pragma once

#include <memory>

#include "common/result.hpp"
#include "plugins/signalers/signaler.hpp"
#include "signaling/server/http_server.hpp"

namespace webcast {

class ServerLease {
 public:
  virtual ~ServerLease() = default;
  virtual Server& server() = 0;
  // Tokens and origins: for all who share the server.
  virtual void set_access(const AccessSettings& access) = 0;
};

// The server that listens on `address` already, or a new one. Whoever shares one agrees on who
// may come in: other access settings are an error. The view token is the producers' matter, the
// publish token the consumers'.
Result<std::unique_ptr<ServerLease>> lease_server(const ListenAddress& address,
                                                  const AccessSettings& access, SignalerRole role);

}  // namespace webcast
