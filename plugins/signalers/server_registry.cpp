#include "plugins/signalers/server_registry.hpp"

#include <algorithm>
#include <list>
#include <mutex>

namespace webcast {

namespace {

struct Shared {
  std::unique_ptr<Server> server;
  AccessSettings access;
  unsigned producers = 0, consumers = 0;

  unsigned& of(SignalerRole role) { return role == SignalerRole::producer ? producers : consumers; }
  // With the lock held. The token of a role goes with the last who has it.
  void set_token(SignalerRole role, const std::string& token) {
    (role == SignalerRole::producer ? access.view_token : access.publish_token) = token;
    server->set_tokens(access.view_token, access.publish_token);
  }
};

// The lock is held while a server starts and while it ends: who comes next finds the port as the
// registry says it is.
std::mutex mutex;
std::list<Shared>& servers() {
  static std::list<Shared> list;
  return list;
}

const std::string& token_of(const AccessSettings& access, SignalerRole role) {
  return role == SignalerRole::producer ? access.view_token : access.publish_token;
}

bool fits(Shared& shared, const AccessSettings& access, SignalerRole role) {
  bool same_token =
      shared.of(role) == 0 || token_of(shared.access, role) == token_of(access, role);
  return same_token && shared.access.allow_origins == access.allow_origins &&
         shared.access.tls_certificate == access.tls_certificate &&
         shared.access.tls_key == access.tls_key &&
         shared.access.trusted_proxies == access.trusted_proxies;
}

class Lease : public ServerLease {
 public:
  Lease(Shared& shared, SignalerRole role) : shared_(shared), role_(role) { shared_.of(role)++; }
  ~Lease() override {
    std::lock_guard lock(mutex);
    if (--shared_.of(role_) == 0) shared_.set_token(role_, "");
    if (shared_.producers + shared_.consumers > 0) return;
    servers().remove_if([this](const Shared& shared) { return &shared == &shared_; });
  }
  Server& server() override { return *shared_.server; }
  void set_access(const AccessSettings& access) override {
    std::lock_guard lock(mutex);
    shared_.access.allow_origins = access.allow_origins;
    (role_ == SignalerRole::producer ? shared_.access.view_token : shared_.access.publish_token) =
        token_of(access, role_);
    shared_.server->set_access(shared_.access.view_token, shared_.access.publish_token,
                               shared_.access.allow_origins);
  }

 private:
  Shared& shared_;
  const SignalerRole role_;
};

}  // namespace

Result<std::unique_ptr<ServerLease>> lease_server(const ListenAddress& address,
                                                  const AccessSettings& access, SignalerRole role) {
  std::lock_guard lock(mutex);
  auto found = std::find_if(servers().begin(), servers().end(), [&](const Shared& shared) {
    return shared.server->address() == address;
  });
  if (found == servers().end()) {
    auto proxies = TrustedProxies::parse(access.trusted_proxies);
    if (!proxies)
      return Error{ErrorCode::invalid_argument, "trusted-proxies: " + proxies.error().sentence};
    ServerSettings settings;
    settings.address = address;
    settings.acceptor.trusted_proxies = std::move(*proxies);
    // From the first request on: the port is open before set_token().
    (role == SignalerRole::producer ? settings.view_token : settings.publish_token) =
        token_of(access, role);
    settings.allow_origins = access.allow_origins;
    settings.tls_certificate = access.tls_certificate;
    settings.tls_key = access.tls_key;
    auto server = Server::start(std::move(settings));
    if (!server) return server.error();
    AccessSettings without_tokens = access;
    without_tokens.view_token.clear();
    without_tokens.publish_token.clear();
    servers().push_back({std::move(*server), std::move(without_tokens)});
    found = std::prev(servers().end());
  } else if (!fits(*found, access, role)) {
    return Error{ErrorCode::in_use,
                 "Another stream of this program is served there with other settings of "
                 "view-token, publish-token, allow-origins, trusted-proxies, tls-certificate or "
                 "tls-key. Make them equal, or use another port."};
  }
  if (found->of(role) == 0) found->set_token(role, token_of(access, role));
  return std::unique_ptr<ServerLease>(std::make_unique<Lease>(*found, role));
}

}  // namespace webcast
