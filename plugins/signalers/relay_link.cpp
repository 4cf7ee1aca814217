#include "plugins/signalers/relay_link.hpp"

#include <libsoup/soup.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "common/connection.hpp"
#include "common/control_thread.hpp"
#include "plugins/signalers/backoff.hpp"
#include "plugins/signalers/relay_address.hpp"
#include "signaling/protocol/codec.hpp"

namespace webcast {

namespace {

constexpr std::chrono::milliseconds kWelcomePatience{10'000};
constexpr std::chrono::milliseconds kClosePatience{500};
// A connection that ended sooner counts as one more failed attempt.
constexpr std::chrono::milliseconds kSettled{5'000};
constexpr guint kKeepaliveSeconds = 15;
// What was sent and not acknowledged for so long: the connection is dead.
constexpr int kTcpUserTimeout = 20'000;
constexpr size_t kMostWaiting = 256;
constexpr const char* kResume = "Webcast-Resume";

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

// Everything that lives on the link's thread.
class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(ControlThread& thread, RelayAddress address, RelayLinkEvents events)
      : thread_(thread), address_(std::move(address)), events_(std::move(events)) {}

  void open();
  void send(const Message& message);
  // False: there is nothing to wait for.
  bool close(std::function<void()> closed);
  void cut();

 private:
  struct Attempt {
    std::weak_ptr<Link> link;
    Ref<SoupMessage> message;
    Ref<GCancellable> cancellable;
  };

  static void on_connect_done(GObject* session, GAsyncResult* result, gpointer data);
  void on_connected(Ref<SoupWebsocketConnection> connection, SoupMessage* message);
  static void on_message(Link& self, int type, GBytes* bytes);
  static void on_closed(Link& self);
  void on_welcome(const std::string& peer);
  void lost();
  void write(const Message& message);
  void set_deadline();
  // GStreamer's relay knows v1_0 only (as of 0.15.4), and does not tell.
  bool is_ours() const { return !secret_.empty(); }

  ControlThread& thread_;
  const RelayAddress address_;
  RelayLinkEvents events_;
  Ref<SoupSession> session_;
  Ref<GCancellable> cancellable_;
  Ref<SoupWebsocketConnection> connection_;
  Connection message_, closed_;
  Timer retry_, deadline_;
  std::function<void()> when_closed_;
  std::deque<Message> waiting_;  // for the next connection
  std::string secret_, peer_, trouble_;
  std::chrono::steady_clock::time_point welcomed_at_{};
  unsigned attempt_ = 0;
  bool welcomed_ = false, ended_ = false;
};

void Link::open() {
  if (ended_) return;
  if (!session_) {
    session_ = adopt(soup_session_new());
    events_.state("connecting");
  }
  auto message = adopt(soup_message_new_from_uri("GET", address_.uri.get()));
  soup_message_headers_append(soup_message_get_request_headers(message.get()), kResume,
                              secret_.empty() ? "new" : secret_.c_str());
  cancellable_ = adopt(g_cancellable_new());
  set_deadline();
  soup_session_websocket_connect_async(
      session_.get(), message.get(), nullptr, nullptr, G_PRIORITY_DEFAULT, cancellable_.get(),
      &Link::on_connect_done, new Attempt{weak_from_this(), message, cancellable_});
}

// From the first SYN to the welcome.
void Link::set_deadline() {
  deadline_ = thread_.after(kWelcomePatience, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->deadline_.cancel();
    if (self->cancellable_) g_cancellable_cancel(self->cancellable_.get());
    if (self->connection_) self->lost();
  });
}

void Link::on_connect_done(GObject* session, GAsyncResult* result, gpointer data) {
  std::unique_ptr<Attempt> attempt(static_cast<Attempt*>(data));
  GError* error = nullptr;
  auto connection =
      adopt(soup_session_websocket_connect_finish(SOUP_SESSION(session), result, &error));
  auto self = attempt->link.lock();
  if (self && self->cancellable_ == attempt->cancellable && !self->ended_) {
    self->cancellable_.reset();
    if (connection) {
      self->on_connected(std::move(connection), attempt->message.get());
    } else {
      guint status = soup_message_get_status(attempt->message.get());
      Error why = relay_trouble(self->address_, error, status);
      if (std::exchange(self->trouble_, why.sentence) != why.sentence) self->events_.trouble(why);
      self->lost();
    }
  }
  g_clear_error(&error);
}

void Link::on_connected(Ref<SoupWebsocketConnection> connection, SoupMessage* message) {
  connection_ = std::move(connection);
  const char* secret =
      soup_message_headers_get_one(soup_message_get_response_headers(message), kResume);
  secret_ = secret ? secret : "";
  soup_websocket_connection_set_max_incoming_payload_size(connection_.get(), 2 * kMaxMessageBytes);
  soup_websocket_connection_set_keepalive_interval(connection_.get(), kKeepaliveSeconds);
  if (GSocket* socket = socket_of(connection_.get())) {
    g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, TRUE, nullptr);
    g_socket_set_option(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kTcpUserTimeout, nullptr);
  }
  message_ = connect(connection_.get(), "message", shared_from_this(), &Link::on_message);
  closed_ = connect(connection_.get(), "closed", shared_from_this(), &Link::on_closed);
}

void Link::on_message(Link& self, int type, GBytes* bytes) {
  if (type != SOUP_WEBSOCKET_DATA_TEXT || self.ended_) return;
  gsize size = 0;
  auto* data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
  auto message = decode({data, size}, Direction::to_client);
  if (!message) {
    g_debug("The relay said what is not known here: %s", message.error().sentence.c_str());
  } else if (auto* welcome = std::get_if<Welcome>(&*message)) {
    self.on_welcome(welcome->peer);
  } else {
    self.events_.message(*message);
  }
}

void Link::on_welcome(const std::string& peer) {
  if (welcomed_) return;
  deadline_.cancel();
  welcomed_ = true;
  welcomed_at_ = std::chrono::steady_clock::now();
  trouble_.clear();
  bool resumed = std::exchange(peer_, peer) == peer;
  if (is_ours()) write(SetProtocolVersion{"v1_1"});
  std::deque<Message> waiting = std::exchange(waiting_, {});
  if (resumed) {
    for (const Message& message : waiting)
      write(message);
  }
  events_.connected(is_ours());
}

void Link::on_closed(Link& self) {
  self.lost();
}

void Link::lost() {
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
  bool settled = welcomed_ && std::chrono::steady_clock::now() - welcomed_at_ > kSettled;
  if (settled) attempt_ = 0;
  if (std::exchange(welcomed_, false)) events_.state("reconnecting");
  retry_ = thread_.after(backoff(attempt_++, g_random_double()), [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->retry_.cancel();
    self->open();
  });
}

void Link::write(const Message& message) {
  if (auto* told = std::get_if<EndSessionV1_1>(&message); told && !is_ours())
    return write(EndSession{told->session});
  soup_websocket_connection_send_text(connection_.get(), encode(message).c_str());
}

void Link::send(const Message& message) {
  if (connection_ && welcomed_ &&
      soup_websocket_connection_get_state(connection_.get()) == SOUP_WEBSOCKET_STATE_OPEN) {
    write(message);
  } else if (waiting_.size() < kMostWaiting) {
    waiting_.push_back(message);
  }
}

bool Link::close(std::function<void()> closed) {
  ended_ = true;
  retry_.cancel();
  deadline_.cancel();
  if (cancellable_) g_cancellable_cancel(cancellable_.get());
  if (!connection_ ||
      soup_websocket_connection_get_state(connection_.get()) != SOUP_WEBSOCKET_STATE_OPEN)
    return false;
  when_closed_ = std::move(closed);
  soup_websocket_connection_close(connection_.get(), SOUP_WEBSOCKET_CLOSE_NORMAL, nullptr);
  return true;
}

void Link::cut() {
  when_closed_ = {};
  ended_ = true;
  lost();
  if (session_) soup_session_abort(session_.get());
  session_.reset();
}

class RelayLinkImpl : public RelayLink {
 public:
  RelayLinkImpl(RelayAddress address, RelayLinkEvents events)
      : thread_("webcast-relay"),
        link_(std::make_shared<Link>(thread_, std::move(address), std::move(events))) {
    thread_.post([link = link_] { link->open(); });
  }
  ~RelayLinkImpl() override { close(); }

  void send(const Message& message) override {
    thread_.post([link = link_, message] { link->send(message); });
  }

  void close() override {
    if (!link_) return;
    std::mutex mutex;
    std::condition_variable condition;
    bool waiting = false, closed = false;
    thread_.call([&] {
      waiting = link_->close([&] {
        std::lock_guard lock(mutex);
        closed = true;
        condition.notify_all();
      });
    });
    if (waiting) {
      std::unique_lock lock(mutex);
      condition.wait_for(lock, kClosePatience, [&] { return closed; });
    }
    thread_.call([&] {
      link_->cut();
      link_.reset();
    });
    thread_.stop();
  }

 private:
  ControlThread thread_;
  std::shared_ptr<Link> link_;
};

}  // namespace

Result<std::unique_ptr<RelayLink>> RelayLink::open(const std::string& location,
                                                   RelayLinkEvents events) {
  auto address = parse_relay_address(location);
  if (!address) return address.error();
  return std::unique_ptr<RelayLink>(
      std::make_unique<RelayLinkImpl>(std::move(*address), std::move(events)));
}

}  // namespace webcast
