#include "signaling/server/site.hpp"

#include "common/address_key.hpp"
#include "common/stream_name.hpp"
#include "signaling/server/http/http_reply.hpp"
extern "C" {  // glib-compile-resources writes C
#include "signaling/web/webcast-web-resources.h"
}

namespace webcast {

namespace {

constexpr goffset kMaxBodyBytes = 64 * 1024;
constexpr std::chrono::seconds kLookAtCertificate{1};
constexpr const char* kBodyTooLong = "A request's body has 64 KiB at most.\n";
// Of what is remembered of a visitor.
constexpr size_t kMaxOrigin = 1024;
constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kWatch = "/watch/";
constexpr const char* kResume = "Webcast-Resume";  // docs/protocol.md, "Coming back"
constexpr const char* kPublish = "/publish/";
constexpr const char* kManual = "/manual";

// Made at the first use, for the life of the process.
GResource* web_resource() {
  static const bool registered = (webcast_web_register_resource(), true);
  return registered ? webcast_web_get_resource() : nullptr;
}

bool is_websocket(SoupServerMessage* message) {
  return g_ascii_strcasecmp(request_header(message, "Upgrade").c_str(), "websocket") == 0;
}

// The name behind `prefix`, or nothing.
std::string name_in(const std::string& path, const char* prefix) {
  std::string name = g_str_has_prefix(path.c_str(), prefix) ? path.substr(strlen(prefix)) : "";
  return is_stream_name(name) ? name : "";
}

// That a page, or an endpoint of WHIP and WHEP, is for.
std::string stream_of(const std::string& path) {
  if (auto whip = parse_whip_path(path)) return whip->stream;
  std::string watched = name_in(path, kWatch);
  return watched.empty() ? name_in(path, kPublish) : watched;
}

bool is_for_publishers(const std::string& path) {
  return g_str_has_prefix(path.c_str(), kPublish) || g_str_has_prefix(path.c_str(), "/whip/");
}

bool is_preflight(SoupServerMessage* message) {
  return soup_server_message_get_method(message) == SOUP_METHOD_OPTIONS &&
         !request_header(message, "Access-Control-Request-Method").empty();
}

void set_header(SoupServerMessage* message, const char* name, const std::string& value) {
  soup_message_headers_replace(soup_server_message_get_response_headers(message), name,
                               value.c_str());
}

}  // namespace

// One that is under way; attached to its message.
struct Site::Request {
  ~Request() { *bodies -= body_bytes; }
  std::shared_ptr<Client> client;
  std::shared_ptr<size_t> bodies;  // of all
  size_t body_bytes = 0;
  Arrival arrival{};
};

Site::Request* Site::request_of(SoupServerMessage* message) {
  return static_cast<Request*>(g_object_get_data(G_OBJECT(message), "webcast-request"));
}

Site::Site(ControlThread& control, const ServerSettings& settings, Access access)
    : control_(control),
      settings_(settings),
      access_(std::move(access)),
      assets_(web_resource(), "/org/gstwebcast/web"),
      switchboard_(std::make_shared<Switchboard>(control, settings.room, settings.messages,
                                                 settings.new_sessions)),
      whip_(std::make_shared<Whip>(control, *switchboard_, settings.whip,
                                   [this](const std::string& stream) {
                                     auto own = streams_.ice_servers(stream);
                                     return own.empty() ? settings_.ice_servers : own;
                                   })) {}

Result<uint16_t> Site::open(std::shared_ptr<TlsContext> tls) {
  tls_ = std::move(tls);
  if (settings_.federation_link) switchboard_->join_federation(settings_.federation_link);
  soup_ = adopt(SOUP_SERVER(g_object_new(SOUP_TYPE_SERVER, nullptr)));
  soup_server_add_handler(soup_.get(), nullptr, &Site::on_request, this, nullptr);
  request_started_ =
      connect(soup_.get(), "request-started", shared_from_this(), &Site::on_request_started);
  request_finished_ =
      connect(soup_.get(), "request-finished", shared_from_this(), &Site::on_request_finished);
  request_aborted_ =
      connect(soup_.get(), "request-aborted", shared_from_this(), &Site::on_request_finished);
  acceptor_ = std::make_shared<Acceptor>(
      control_, settings_.acceptor,
      tls_ ? Acceptor::CurrentTls([this] { return current_tls(); }) : Acceptor::CurrentTls(),
      [this](Acceptor::Accepted accepted) {
        arriving_ = std::move(accepted.client);
        soup_server_accept_iostream(soup_.get(), accepted.stream.get(), accepted.local.get(),
                                    accepted.remote.get(), nullptr);
        arriving_.reset();
      },
      [this](const char* cause) { switchboard_->count_refusal(cause); });
  return acceptor_->open(settings_.address);
}

std::shared_ptr<TlsContext> Site::current_tls() {
  auto now = std::chrono::steady_clock::now();
  if (now - tls_looked_at_ < kLookAtCertificate) return tls_;
  tls_looked_at_ = now;
  if (!tls_->files_changed()) return tls_;
  auto renewed = tls_->load_again();
  if (renewed) {
    tls_ = std::move(*renewed);
    access_.set_certificate_names(tls_->names());
    g_info("The certificate was renewed");
  } else {
    g_warning("%s The one from before is used.", renewed.error().sentence.c_str());
  }
  return tls_;
}

void Site::reload(std::shared_ptr<TlsContext> tls, Access access) {
  tls_ = std::move(tls);
  access_ = std::move(access);
}

void Site::set_access(const std::string& view_token, const std::string& publish_token,
                      const std::vector<std::string>& allow_origins) {
  access_.set_tokens(view_token, publish_token);
  access_.set_allow_origins(allow_origins);
  auto admits = [this](const std::string& token, bool may_publish) {
    return access_.admits(token, may_publish, std::chrono::system_clock::now());
  };
  whip_->dismiss(admits);
  switchboard_->dismiss(admits);
}

void Site::close() {
  acceptor_->close();
  whip_->close();
  switchboard_->close();
  for (Connection* connection : {&request_started_, &request_finished_, &request_aborted_})
    connection->disconnect();
  soup_server_disconnect(soup_.get());
  soup_server_remove_handler(soup_.get(), nullptr);
  soup_.reset();
}

void Site::on_request_started(Site& self, SoupServerMessage* message) {
  if (!self.arriving_) return;
  g_object_set_data_full(G_OBJECT(message), "webcast-request",
                         new Request{self.arriving_, self.bodies_},
                         [](gpointer data) { delete static_cast<Request*>(data); });
  g_signal_connect(message, "got-headers", G_CALLBACK(&Site::on_got_headers), &self);
  g_signal_connect(message, "got-chunk", G_CALLBACK(&Site::on_got_chunk), &self);
}

void Site::on_request_finished(Site& self, SoupServerMessage* message) {
  if (const char* cause = refusal_cause(soup_server_message_get_status(message)))
    self.switchboard_->count_refusal(cause);
}

bool Site::identify(SoupServerMessage* message) {
  Client& client = *request_of(message)->client;
  const TrustedProxies& proxies = settings_.acceptor.trusted_proxies;
  std::string peer = client.address();
  if (!proxies.contains(peer)) return true;
  auto* headers = soup_server_message_get_request_headers(message);
  auto list = [&](const char* name) {
    const char* value = soup_message_headers_get_list(headers, name);
    return std::string(value ? value : "");
  };
  auto address = proxies.client(peer, list("Forwarded"), list("X-Forwarded-For"));
  if (!address) {
    refuse_unread(message, SOUP_STATUS_BAD_REQUEST, address.error().sentence + "\n", control_,
                  Farewell::at_once);
    return false;
  }
  if (*address == peer || acceptor_->admit(client, *address)) return true;
  refuse_unread(message, SOUP_STATUS_SERVICE_UNAVAILABLE,
                "Too many connections from this address.\n", control_, Farewell::at_once);
  return false;
}

void Site::on_got_headers(SoupServerMessage* message, gpointer data) {
  if (!static_cast<Site*>(data)->identify(message)) return;
  auto* headers = soup_server_message_get_request_headers(message);
  if (soup_message_headers_get_encoding(headers) == SOUP_ENCODING_CONTENT_LENGTH &&
      soup_message_headers_get_content_length(headers) > kMaxBodyBytes)
    refuse_unread(message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, kBodyTooLong,
                  static_cast<Site*>(data)->control_);
}

void Site::on_got_chunk(SoupServerMessage* message, GBytes* chunk, gpointer data) {
  Request* request = request_of(message);
  auto* self = static_cast<Site*>(data);
  size_t size = g_bytes_get_size(chunk);
  request->body_bytes += size;
  *request->bodies += size;
  if (request->body_bytes > static_cast<size_t>(kMaxBodyBytes)) {
    refuse_unread(message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, kBodyTooLong, self->control_);
  } else if (*request->bodies > self->settings_.bodies) {
    refuse_unread(message, SOUP_STATUS_SERVICE_UNAVAILABLE,
                  "This server is busy: try again later.\n", self->control_);
  }
}

void Site::on_request(SoupServer*, SoupServerMessage* message, const char* path, GHashTable* query,
                      gpointer data) {
  auto* self = static_cast<Site*>(data);
  Request* request = request_of(message);
  if (!request) return;
  request->client->set_deadline(self->control_, self->settings_.reply_deadline);
  const char* token =
      query ? static_cast<const char*>(g_hash_table_lookup(query, "token")) : nullptr;
  self->answer(message, path, token ? token : "");
}

void Site::answer(SoupServerMessage* message, const std::string& path, const std::string& token) {
  AccessRequest asked{.host = request_header(message, "Host"),
                      .origin = request_header(message, "Origin"),
                      .authorization = request_header(message, "Authorization"),
                      .query_token = token,
                      .subprotocols = request_header(message, "Sec-WebSocket-Protocol"),
                      .stream = stream_of(path),
                      .is_websocket = is_websocket(message),
                      .token_needed = is_websocket(message) || !assets_.file(path),
                      .publishes = !is_websocket(message) && is_for_publishers(path),
                      .is_preflight = is_preflight(message),
                      .now = std::chrono::system_clock::now()};
  Verdict verdict = access_.check(asked);
  add_security_headers(message, verdict.status == 0 ? asked.host : "", access_.allow_origins());
  if (!verdict.cors_origin.empty()) {
    set_header(message, "Access-Control-Allow-Origin", verdict.cors_origin);
    set_header(message, "Access-Control-Allow-Headers", "Authorization");
    set_header(message, "Vary", "Origin");
  }
  Request* request = request_of(message);
  request->arrival.rights = {verdict.may_publish, verdict.only_stream};
  request->arrival.visitor = {request->client->address(), asked.origin.substr(0, kMaxOrigin),
                              verdict.token, verdict.token_valid};
  // Health is asked for under any name, by machines, and tells nothing.
  if (path == "/healthz" && !is_websocket(message)) verdict.status = 0;
  if (verdict.status != 0) {
    if (verdict.status == SOUP_STATUS_UNAUTHORIZED)
      set_header(message, "WWW-Authenticate", "Bearer");
    reply_text(message, verdict.status, kText, verdict.sentence + "\n");
  } else if (is_websocket(message)) {
    upgrade(message, verdict);
  } else {
    reply(message, path, token);
  }
}

void Site::reply(SoupServerMessage* message, const std::string& path, const std::string& token) {
  if (auto whip_path = parse_whip_path(path)) return answer_whip(message, *whip_path, token);
  bool watch = !name_in(path, kWatch).empty(), publish = !name_in(path, kPublish).empty();
  const Asset* asset = assets_.file(path);
  bool known = path == "/" || path == "/healthz" || path == "/api/streams" || path == "/metrics" ||
               path == kManual || asset || watch || publish;
  if (!known) {
    reply_text(message, SOUP_STATUS_NOT_FOUND, kText, "There is no such page.\n");
    return;
  }
  const char* method = soup_server_message_get_method(message);
  set_header(message, "Allow", "GET, HEAD, OPTIONS");
  if (method == SOUP_METHOD_OPTIONS) {
    soup_server_message_set_status(message, SOUP_STATUS_NO_CONTENT, nullptr);
  } else if (method != SOUP_METHOD_GET && method != SOUP_METHOD_HEAD) {
    reply_text(message, SOUP_STATUS_METHOD_NOT_ALLOWED, kText, "Use GET here.\n");
  } else if (asset) {
    reply_asset(message, *asset, false);
  } else if (path == "/healthz") {
    reply_text(message, SOUP_STATUS_OK, kText, "ok\n");
  } else if (path == "/api/streams") {
    reply_text(message, SOUP_STATUS_OK, "application/json",
               streams_.json(switchboard_->published()));
  } else if (path == "/metrics") {
    reply_text(message, SOUP_STATUS_OK, "text/plain; version=0.0.4; charset=utf-8",
               switchboard_->metrics(streams_.live(), connections()));
  } else if (path == "/") {
    reply_front(message, token);
  } else if (path == kManual) {
    reply_page(message, "manual.html");
  } else if (publish) {
    allow_devices(message);
    reply_page(message, "publish.html");
  } else {
    // The page of a stream that is not there waits for it.
    reply_page(message, "player.html");
  }
}

void Site::answer_whip(SoupServerMessage* message, const WhipPath& path, const std::string& token) {
  const std::string& key = request_of(message)->client->key();
  size_t limit =
      is_loopback_key(key) ? settings_.peers_per_loopback_address : settings_.peers_per_address;
  whip_->answer({.message = message,
                 .path = path,
                 .client_key = key,
                 .client_limit = limit,
                 .token = token,
                 .visitor = request_of(message)->arrival.visitor,
                 .is_preflight = is_preflight(message)});
}

void Site::reply_front(SoupServerMessage* message, const std::string& token) {
  std::string stream = streams_.only(switchboard_->published());
  std::string consumer = streams_.only_consumer(switchboard_->published());
  if (stream.empty() && consumer.empty()) {
    reply_page(message, "list.html");
    return;
  }
  std::string target = stream.empty() ? kPublish + consumer : kWatch + stream;
  if (!token.empty()) {
    char* escaped = g_uri_escape_string(token.c_str(), nullptr, FALSE);
    target += std::string("?token=") + escaped;
    g_free(escaped);
  }
  reply_text(message, SOUP_STATUS_FOUND, kText, "");
  set_header(message, "Location", target);
}

void Site::reply_page(SoupServerMessage* message, const char* name) {
  if (const Asset* page = assets_.page(name)) {
    reply_asset(message, *page, true);
  } else {
    reply_text(message, SOUP_STATUS_NOT_FOUND, kText, "There is no such page.\n");
  }
}

void Site::upgrade(SoupServerMessage* message, const Verdict& verdict) {
  const std::string& subprotocol = verdict.subprotocol;
  const std::string& key = request_of(message)->client->key();
  size_t limit =
      is_loopback_key(key) ? settings_.peers_per_loopback_address : settings_.peers_per_address;
  std::string resume = request_header(message, kResume);
  if (switchboard_->places_of(key, resume) >= limit) {
    reply_text(message, SOUP_STATUS_SERVICE_UNAVAILABLE, kText,
               "Too many connections from this address.\n");
    return;
  }
  if (settings_.max_peers != 0 && switchboard_->places(resume) >= settings_.max_peers) {
    set_header(message, "Retry-After", "10");
    reply_text(message, SOUP_STATUS_SERVICE_UNAVAILABLE, kText,
               "This server is full: try again later.\n");
    return;
  }
  Request* request = request_of(message);
  if (!resume.empty()) {
    request->arrival.kind = PeerKind::resuming;
    request->arrival.secret = switchboard_->resume_secret(resume, request->arrival.rights);
  } else if (!request_header(message, "Origin").empty()) {
    request->arrival.kind = PeerKind::browser;
  }
  // The deflate extension is not among the (no) extensions: a few bytes cannot become many.
  char* protocols[] = {const_cast<char*>(subprotocol.c_str()), nullptr};
  if (!soup_websocket_server_process_handshake(
          message, nullptr, subprotocol.empty() ? nullptr : protocols, nullptr, nullptr))
    return;
  set_header(message, "Connection", "Upgrade");
  if (!resume.empty()) set_header(message, kResume, request->arrival.secret);
  g_signal_connect(message, "wrote-informational", G_CALLBACK(&Site::on_upgraded), this);
}

void Site::on_upgraded(SoupServerMessage* message, gpointer data) {
  auto* self = static_cast<Site*>(data);
  auto held = retain(message);
  Arrival arrival = request_of(message)->arrival;
  std::shared_ptr<Client> client = request_of(message)->client;
  client->clear_deadline();
  const char* subprotocol = soup_message_headers_get_one(
      soup_server_message_get_response_headers(message), "Sec-WebSocket-Protocol");
  std::string chosen = subprotocol ? subprotocol : "";
  auto stream = adopt(soup_server_message_steal_connection(message));
  if (stream)
    self->switchboard_->add_websocket(stream.get(), soup_server_message_get_uri(message),
                                      std::move(client), chosen, arrival);
}

}  // namespace webcast
