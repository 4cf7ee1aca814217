#include "plugins/signalers/websocket_link.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <condition_variable>
#include <mutex>

#include "common/connection.hpp"
#include "common/backoff.hpp"

namespace webcast {

namespace {

constexpr std::chrono::milliseconds kReadyPatience{10'000};
constexpr std::chrono::milliseconds kClosePatience{500};
// A connection that ended sooner counts as one more failed attempt.
constexpr std::chrono::milliseconds kSettled{5'000};
constexpr guint kKeepaliveSeconds = 15;
// What was sent and not acknowledged for so long: the connection is dead.
constexpr int kTcpUserTimeout = 20'000;

GSocket* socket_of(SoupWebsocketConnection* connection) {
  GIOStream* stream = soup_websocket_connection_get_io_stream(connection);
  Ref<GIOStream> base;
  if (G_IS_TLS_CONNECTION(stream)) {
    GIOStream* inner = nullptr;
    g_object_get(stream, "base-io-stream", &inner, nullptr);
    base = adopt(inner);
    stream = inner;
  }
  // The connection keeps it alive.
  if (!G_IS_SOCKET_CONNECTION(stream)) return nullptr;
  return g_socket_connection_get_socket(G_SOCKET_CONNECTION(stream));
}

}  // namespace

// Everything that lives on the link's thread.
class WebsocketLink::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(ControlThread& thread, WebsocketSettings settings, std::shared_ptr<WebsocketTalk> talk)
      : thread_(thread), settings_(std::move(settings)), talk_(std::move(talk)) {}

  void open();
  void ready();
  bool is_ready() const { return ready_ && is_open(); }
  void write(const std::string& text) {
    if (is_open()) soup_websocket_connection_send_text(connection_.get(), text.c_str());
  }
  void give_up();
  void set_bearer(const std::string& token) { settings_.outgoing.set_bearer(token); }
  // False: there is nothing to wait for.
  bool close(std::function<void()> closed);
  void cut();

 private:
  struct Attempt {
    std::weak_ptr<Core> core;
    Ref<SoupMessage> message;
    Ref<GCancellable> cancellable;
  };

  static void on_connect_done(GObject* session, GAsyncResult* result, gpointer data);
  void on_connected(Ref<SoupWebsocketConnection> connection, SoupMessage* message);
  static void on_message(Core& self, int type, GBytes* bytes);
  static void on_closed(Core& self) { self.broke(G_IO_ERROR_CLOSED); }
  bool is_open() const {
    return connection_ &&
           soup_websocket_connection_get_state(connection_.get()) == SOUP_WEBSOCKET_STATE_OPEN;
  }
  void broke(GIOErrorEnum code);
  void lost();
  void set_deadline();

  ControlThread& thread_;
  WebsocketSettings settings_;
  const std::shared_ptr<WebsocketTalk> talk_;
  Ref<SoupSession> session_;
  Ref<GCancellable> cancellable_;
  Ref<SoupWebsocketConnection> connection_;
  Connection message_, closed_;
  Timer retry_, deadline_;
  std::function<void()> when_closed_;
  std::chrono::steady_clock::time_point ready_at_{};
  unsigned attempt_ = 0;
  bool ready_ = false, ended_ = false;
};

void WebsocketLink::Core::open() {
  if (ended_) return;
  if (!session_) {
    session_ = settings_.outgoing.make_session();
    talk_->state("connecting");
  }
  auto message = adopt(soup_message_new_from_uri("GET", settings_.uri.get()));
  settings_.outgoing.prepare(message.get());
  SoupMessageHeaders* headers = soup_message_get_request_headers(message.get());
  for (const auto& [name, value] : settings_.outgoing.headers())
    soup_message_headers_replace(headers, name.c_str(), value.c_str());
  talk_->prepare(headers);
  cancellable_ = adopt(g_cancellable_new());
  set_deadline();
  const char* protocols[] = {settings_.protocol, nullptr};
  soup_session_websocket_connect_async(session_.get(), message.get(), nullptr,
                                       settings_.protocol ? const_cast<char**>(protocols) : nullptr,
                                       G_PRIORITY_DEFAULT, cancellable_.get(),
                                       &Core::on_connect_done,
                                       new Attempt{weak_from_this(), message, cancellable_});
}

// From the first SYN until the other side is ready.
void WebsocketLink::Core::set_deadline() {
  deadline_ = thread_.after(kReadyPatience, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->deadline_.cancel();
    if (self->cancellable_) g_cancellable_cancel(self->cancellable_.get());
    if (self->connection_) self->broke(G_IO_ERROR_TIMED_OUT);
  });
}

void WebsocketLink::Core::on_connect_done(GObject* session, GAsyncResult* result, gpointer data) {
  std::unique_ptr<Attempt> attempt(static_cast<Attempt*>(data));
  GError* error = nullptr;
  auto connection =
      adopt(soup_session_websocket_connect_finish(SOUP_SESSION(session), result, &error));
  auto self = attempt->core.lock();
  if (self && self->cancellable_ == attempt->cancellable && !self->ended_) {
    self->cancellable_.reset();
    if (connection) {
      self->on_connected(std::move(connection), attempt->message.get());
    } else {
      self->talk_->failed(error, soup_message_get_status(attempt->message.get()));
      self->lost();
    }
  }
  g_clear_error(&error);
}

void WebsocketLink::Core::on_connected(Ref<SoupWebsocketConnection> connection,
                                       SoupMessage* message) {
  connection_ = std::move(connection);
  soup_websocket_connection_set_max_incoming_payload_size(connection_.get(),
                                                          settings_.longest_message);
  soup_websocket_connection_set_keepalive_interval(connection_.get(), kKeepaliveSeconds);
  if (GSocket* socket = socket_of(connection_.get())) {
    g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, TRUE, nullptr);
    g_socket_set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kTcpUserTimeout, nullptr);
  }
  message_ = connect(connection_.get(), "message", shared_from_this(), &Core::on_message);
  closed_ = connect(connection_.get(), "closed", shared_from_this(), &Core::on_closed);
  talk_->opened(soup_message_get_response_headers(message));
}

void WebsocketLink::Core::on_message(Core& self, int type, GBytes* bytes) {
  if (type != SOUP_WEBSOCKET_DATA_TEXT || self.ended_) return;
  gsize size = 0;
  auto* data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
  self.talk_->heard({data, size});
}

void WebsocketLink::Core::ready() {
  if (std::exchange(ready_, true)) return;
  deadline_.cancel();
  ready_at_ = std::chrono::steady_clock::now();
}

// By the other side, or for its silence. An attempt that it ends before it was ready has failed.
void WebsocketLink::Core::broke(GIOErrorEnum code) {
  if (!ready_ && !ended_) {
    GError* error = g_error_new_literal(G_IO_ERROR, code, "it said nothing that was waited for");
    talk_->failed(error, 0);
    g_error_free(error);
  }
  lost();
}

void WebsocketLink::Core::lost() {
  message_.disconnect();
  closed_.disconnect();
  deadline_.cancel();
  if (connection_) {
    if (GSocket* socket = socket_of(connection_.get()))
      g_socket_shutdown(socket, TRUE, TRUE, nullptr);
    connection_.reset();
  }
  if (ended_) {
    if (auto closed = std::exchange(when_closed_, {})) closed();
    return;
  }
  bool settled = ready_ && std::chrono::steady_clock::now() - ready_at_ > kSettled;
  if (settled) attempt_ = 0;
  if (std::exchange(ready_, false)) talk_->state("reconnecting");
  retry_ = thread_.after(backoff(attempt_++, jitter()), [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->retry_.cancel();
    self->open();
  });
}

// Later: libsoup may be in the middle of handing a message out.
void WebsocketLink::Core::give_up() {
  closed_.disconnect();  // why, the talk has told
  thread_.post([weak = weak_from_this(), connection = connection_] {
    auto self = weak.lock();
    if (self && connection && self->connection_ == connection) self->lost();
  });
}

bool WebsocketLink::Core::close(std::function<void()> closed) {
  ended_ = true;
  retry_.cancel();
  deadline_.cancel();
  if (cancellable_) g_cancellable_cancel(cancellable_.get());
  if (!is_open()) return false;
  when_closed_ = std::move(closed);
  soup_websocket_connection_close(connection_.get(), SOUP_WEBSOCKET_CLOSE_NORMAL, nullptr);
  return true;
}

void WebsocketLink::Core::cut() {
  when_closed_ = {};
  ended_ = true;
  lost();
  if (session_) soup_session_abort(session_.get());
  session_.reset();
}

WebsocketLink::WebsocketLink(WebsocketSettings settings, std::shared_ptr<WebsocketTalk> talk)
    : thread_(settings.thread_name),
      core_(std::make_shared<Core>(thread_, std::move(settings), std::move(talk))) {}

WebsocketLink::~WebsocketLink() {
  close();
}

void WebsocketLink::start() {
  thread_.post([core = core_] { core->open(); });
}

void WebsocketLink::post(std::function<void()> function) {
  thread_.post(std::move(function));
}

void WebsocketLink::set_bearer(const std::string& token) {
  thread_.post([core = core_, token] { core->set_bearer(token); });
}

void WebsocketLink::close() {
  if (!core_) return;
  std::mutex mutex;
  std::condition_variable condition;
  bool waiting = false, closed = false;
  thread_.call([&] {
    waiting = core_->close([&] {
      std::lock_guard lock(mutex);
      closed = true;
      condition.notify_all();
    });
  });
  if (waiting) {
    std::unique_lock lock(mutex);
    condition.wait_for(lock, kClosePatience, [&] { return closed; });
  }
  thread_.call([&] { core_->cut(); });
  thread_.stop();
  core_.reset();
}

void WebsocketLink::ready() {
  core_->ready();
}

void WebsocketLink::give_up() {
  core_->give_up();
}

bool WebsocketLink::is_ready() const {
  return core_->is_ready();
}

void WebsocketLink::write(const std::string& text) {
  core_->write(text);
}

Timer WebsocketLink::every(std::chrono::milliseconds interval, std::function<void()> function) {
  return thread_.every(interval, std::move(function));
}

}  // namespace webcast
