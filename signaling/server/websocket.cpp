#include "signaling/server/websocket.hpp"

#include "signaling/protocol/codec.hpp"
#include "signaling/server/frame_meter.hpp"

namespace webcast {

namespace {

constexpr guint kKeepaliveSeconds = 30;
constexpr size_t kMaxWaitingBytes = 1024 * 1024;
// libsoup drops a frame over its bound without a word. Up to twice our own limit the frame is
// read, so that the peer can be told.
constexpr guint64 kMaxFrameBytes = 2 * kMaxMessageBytes;
// For the other side to close too. Less than libsoup's own patience of 5 s, which leaks a source
// each time it is exhausted (as of 3.6).
constexpr std::chrono::milliseconds kClosePatience{2'000};

}  // namespace

std::shared_ptr<WebSocketPeer> WebSocketPeer::create(ControlThread& control, GIOStream* stream,
                                                     GUri* uri, std::shared_ptr<Client> client,
                                                     const std::string& subprotocol,
                                                     WebSocketEvents events) {
  std::shared_ptr<WebSocketPeer> self(
      new WebSocketPeer(control, std::move(client), std::move(events)));
  std::weak_ptr<WebSocketPeer> weak = self;
  FrameMeterEvents meter_events;
  meter_events.message_too_big = [weak] {
    if (auto peer = weak.lock())
      peer->refuse("The message is longer than 64 KiB.", SOUP_WEBSOCKET_CLOSE_TOO_BIG);
  };
  meter_events.sending = [weak](size_t bytes) {
    if (auto peer = weak.lock()) peer->on_sending(bytes);
  };
  self->meter_ = adopt(frame_meter_new(kMaxMessageBytes, std::move(meter_events)));
  GList* extensions = g_list_prepend(nullptr, g_object_ref(self->meter_.get()));
  self->connection_ = adopt(soup_websocket_connection_new(
      stream, uri, SOUP_WEBSOCKET_CONNECTION_SERVER, nullptr,
      subprotocol.empty() ? nullptr : subprotocol.c_str(), extensions));
  soup_websocket_connection_set_max_incoming_payload_size(self->connection_.get(), kMaxFrameBytes);
  soup_websocket_connection_set_keepalive_interval(self->connection_.get(), kKeepaliveSeconds);
  self->message_ = connect(self->connection_.get(), "message", self, &WebSocketPeer::on_message);
  self->closed_ = connect(self->connection_.get(), "closed", self, &WebSocketPeer::on_closed);
  return self;
}

WebSocketPeer::~WebSocketPeer() {
  frame_meter_silence(meter_.get());
  if (drained_) g_source_destroy(drained_.get());
}

bool WebSocketPeer::is_open() const {
  return soup_websocket_connection_get_state(connection_.get()) == SOUP_WEBSOCKET_STATE_OPEN;
}

void WebSocketPeer::send(const std::string& text) {
  if (is_open() && !refused_) soup_websocket_connection_send_text(connection_.get(), text.c_str());
}

void WebSocketPeer::refuse(const std::string& sentence, unsigned short code) {
  if (!is_open() || refused_) return;
  send(encode(ErrorMessage{sentence}));
  refused_ = true;
  end(code, sentence.c_str());
}

void WebSocketPeer::close() {
  end(SOUP_WEBSOCKET_CLOSE_GOING_AWAY, nullptr);
}

void WebSocketPeer::end(unsigned short code, const char* sentence) {
  if (!is_open()) return;
  client_->set_deadline(control_, kClosePatience);
  soup_websocket_connection_close(connection_.get(), code, sentence);
}

// libsoup keeps its queue to itself. A source of lower priority than libsoup's own, on the same
// condition, runs only when the socket takes more and libsoup has nothing left for it.
void WebSocketPeer::on_sending(size_t bytes) {
  waiting_ += bytes;
  if (waiting_ > kMaxWaitingBytes && !refused_) {
    g_info("A peer reads nothing: it is cut off");
    refused_ = true;
    client_->cut();
    return;
  }
  if (drained_) return;
  drained_ = adopt(g_socket_create_source(client_->socket(), G_IO_OUT, nullptr));
  g_source_set_priority(drained_.get(), G_PRIORITY_DEFAULT + 10);
  GSocketSourceFunc run = [](GSocket*, GIOCondition, gpointer data) -> gboolean {
    if (auto self = static_cast<std::weak_ptr<WebSocketPeer>*>(data)->lock()) self->on_drained();
    return G_SOURCE_REMOVE;
  };
  g_source_set_callback(
      drained_.get(), G_SOURCE_FUNC(run), new std::weak_ptr<WebSocketPeer>(weak_from_this()),
      [](gpointer data) { delete static_cast<std::weak_ptr<WebSocketPeer>*>(data); });
  g_source_attach(drained_.get(), g_main_context_get_thread_default());
}

void WebSocketPeer::on_drained() {
  waiting_ = 0;
  drained_.reset();
}

void WebSocketPeer::on_message(WebSocketPeer& self, int type, GBytes* message) {
  if (self.refused_) return;
  if (type != SOUP_WEBSOCKET_DATA_TEXT) {
    self.refuse("Messages here are text.", SOUP_WEBSOCKET_CLOSE_UNSUPPORTED_DATA);
    return;
  }
  gsize size = 0;
  auto* data = static_cast<const char*>(g_bytes_get_data(message, &size));
  if (self.events_.text) self.events_.text({data, size});
}

void WebSocketPeer::on_closed(WebSocketPeer& self) {
  // Any code means that the peer closed by its own will; what broke has none.
  bool left =
      self.refused_ || soup_websocket_connection_get_close_code(self.connection_.get()) != 0;
  auto closed = std::exchange(self.events_.closed, {});
  self.events_.text = {};
  if (closed) closed(left ? Departure::leaves : Departure::lost);
}

}  // namespace webcast
