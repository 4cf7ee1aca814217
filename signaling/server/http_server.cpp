#include "signaling/server/http_server.hpp"

#include <thread>

#include "common/stream_name.hpp"
#include "signaling/server/http/local_address.hpp"
#include "signaling/server/http/tls.hpp"
#include "signaling/server/site.hpp"

namespace webcast {

namespace {

constexpr std::chrono::milliseconds kStopStep{2};

class LocalPeerImpl : public LocalPeer {
 public:
  LocalPeerImpl(ControlThread& control, std::shared_ptr<Site> site, std::string id)
      : control_(control), site_(std::move(site)), id_(std::move(id)) {}
  ~LocalPeerImpl() override {
    control_.call([this] { site_->switchboard().leave(id_); });
  }
  void send(Message message) override {
    control_.post([site = site_, id = id_, message = std::move(message)] {
      site->switchboard().send(id, message);
    });
  }

 private:
  ControlThread& control_;
  std::shared_ptr<Site> site_;
  std::string id_;
};

class HttpServer : public Server {
 public:
  explicit HttpServer(ServerSettings settings)
      : settings_(std::move(settings)), control_("webcast-http") {}
  ~HttpServer() override;

  Result<void> open();

  ListenAddress address() const override { return address_; }
  std::string url() const override;
  bool is_tls() const override { return !settings_.tls_certificate.empty(); }
  std::unique_ptr<LocalPeer> join(std::function<void(const Message&)> receive) override;
  Result<void> add_stream(const std::string& name) override;
  void set_stream(const StreamStatus& status) override;
  void remove_stream(const std::string& name) override;
  Result<void> add_consumer(const std::string& name) override;
  void remove_consumer(const std::string& name) override;
  void set_tokens(const std::string& view_token, const std::string& publish_token) override;
  void set_access(const std::string& view_token, const std::string& publish_token,
                  const std::vector<std::string>& allow_origins) override;
  Result<void> reload(const ServerSettings& settings) override;

 private:
  Result<void> add_name(const std::string& name, bool (Streams::*add)(const std::string&));

  ServerSettings settings_;
  ListenAddress address_;
  ControlThread control_;
  std::shared_ptr<Site> site_;
};

Access access_of(const ServerSettings& settings, const ListenAddress& address,
                 const TlsContext* tls) {
  AccessRules rules{address,
                    settings.view_token,
                    settings.publish_token,
                    settings.allow_origins,
                    {},
                    tls ? tls->names() : std::vector<std::string>(),
                    settings.token_secret};
  if (!address.is_loopback()) {
    for (std::string& name : machine_names())
      rules.host_names.push_back(std::move(name));
  }
  return Access(std::move(rules));
}

Result<void> HttpServer::open() {
  auto tls = TlsContext::load(settings_.tls_certificate, settings_.tls_key);
  if (!tls) return tls.error();
  Result<uint16_t> port = Error{ErrorCode::failed, "The server's thread did not start."};
  control_.call([&] {
    site_ = std::make_shared<Site>(control_, settings_,
                                   access_of(settings_, settings_.address, tls->get()));
    port = site_->open(*tls);
  });
  if (!port) return port.error();
  address_ = {settings_.address.host, *port};
  return {};
}

HttpServer::~HttpServer() {
  if (site_) {
    control_.call([this] { site_->close(); });
    auto end = std::chrono::steady_clock::now() + settings_.stop_patience;
    while (site_->connections() > 0 && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(kStopStep);
  }
  control_.stop();
}

std::string HttpServer::url() const {
  ListenAddress shown = address_;
  if (shown.is_all()) shown.host = first_network_address();
  return (is_tls() ? "https://" : "http://") + shown.text() + "/";
}

std::unique_ptr<LocalPeer> HttpServer::join(std::function<void(const Message&)> receive) {
  std::string id;
  control_.call([&] { id = site_->switchboard().join(std::move(receive)); });
  return std::make_unique<LocalPeerImpl>(control_, site_, std::move(id));
}

Result<void> HttpServer::add_stream(const std::string& name) {
  return add_name(name, &Streams::add);
}

Result<void> HttpServer::add_consumer(const std::string& name) {
  return add_name(name, &Streams::add_consumer);
}

Result<void> HttpServer::add_name(const std::string& name,
                                  bool (Streams::*add)(const std::string&)) {
  if (!is_stream_name(name))
    return Error{ErrorCode::invalid_argument,
                 "\"" + name + "\" is not a stream's name: use 1 to 64 of A-Z a-z 0-9 . _ -"};
  bool added = false;
  control_.call([&] { added = (site_->streams().*add)(name); });
  if (added) return {};
  return Error{ErrorCode::in_use, "A stream named \"" + name + "\" is served on " +
                                      address_.text() +
                                      " already: give this one another name (property stream)."};
}

void HttpServer::set_stream(const StreamStatus& status) {
  control_.call([&] { site_->streams().update(status); });
}

void HttpServer::remove_stream(const std::string& name) {
  control_.call([&] { site_->streams().remove(name); });
}

void HttpServer::remove_consumer(const std::string& name) {
  control_.call([&] { site_->streams().remove_consumer(name); });
}

void HttpServer::set_tokens(const std::string& view_token, const std::string& publish_token) {
  control_.call([&] { site_->set_tokens(view_token, publish_token); });
}

void HttpServer::set_access(const std::string& view_token, const std::string& publish_token,
                            const std::vector<std::string>& allow_origins) {
  control_.call([&] { site_->set_access(view_token, publish_token, allow_origins); });
}

Result<void> HttpServer::reload(const ServerSettings& settings) {
  if (settings.tls_certificate.empty() == is_tls())
    return Error{ErrorCode::invalid_argument,
                 "To begin or to end speaking TLS takes a restart: tls-certificate and tls-key."};
  auto tls = TlsContext::load(settings.tls_certificate, settings.tls_key);
  if (!tls) return tls.error();
  Access access = access_of(settings, settings_.address, tls->get());
  control_.call([&] { site_->reload(std::move(*tls), std::move(access)); });
  return {};
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerSettings settings) {
  auto server = std::make_unique<HttpServer>(std::move(settings));
  if (auto opened = server->open(); !opened) return opened.error();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace webcast
