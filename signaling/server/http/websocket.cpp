#include "signaling/server/http/websocket.hpp"

#include <algorithm>

#include "signaling/protocol/codec.hpp"
#include "signaling/server/http/frame_meter.hpp"
#include "signaling/server/http/metered_stream.hpp"

namespace webcast {

namespace {

// With acceptor.cpp's bound on what is not acknowledged: who vanished is found out in half a minute.
constexpr guint kKeepaliveSeconds = 10;
// More than the longest list that a relay has for its viewers, on the way to a slow one.
constexpr size_t kMaxWaitingBytes = 4 * 1024 * 1024;
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
  meter_events.too_many_frames = [weak] {
    if (auto peer = weak.lock())
      peer->refuse("Too many pings, pongs or fragments.", SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
  };
  meter_events.sending = [weak](size_t bytes) {
    if (auto peer = weak.lock()) peer->on_sending(bytes);
  };
  self->meter_ = adopt(frame_meter_new(kMaxMessageBytes, std::move(meter_events)));
  self->stream_ = adopt(metered_stream_new(stream, [weak](size_t bytes) {
    if (auto peer = weak.lock()) peer->on_taken(bytes);
  }));
  GList* extensions = g_list_prepend(nullptr, g_object_ref(self->meter_.get()));
  self->connection_ = adopt(soup_websocket_connection_new(
      self->stream_.get(), uri, SOUP_WEBSOCKET_CONNECTION_SERVER, nullptr,
      subprotocol.empty() ? nullptr : subprotocol.c_str(), extensions));
  soup_websocket_connection_set_max_incoming_payload_size(self->connection_.get(), kMaxFrameBytes);
  soup_websocket_connection_set_keepalive_interval(self->connection_.get(), kKeepaliveSeconds);
  self->message_ = connect(self->connection_.get(), "message", self, &WebSocketPeer::on_message);
  self->closed_ = connect(self->connection_.get(), "closed", self, &WebSocketPeer::on_closed);
  return self;
}

WebSocketPeer::~WebSocketPeer() {
  frame_meter_silence(meter_.get());
  metered_stream_silence(stream_.get());
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

void WebSocketPeer::cut() {
  if (std::exchange(cut_, true)) return;
  refused_ = true;
  client_->cut();
}

// While the socket takes more, what waits is for this thread to write: it is busy, and the peer not
// to blame.
void WebSocketPeer::on_sending(size_t bytes) {
  waiting_ += bytes;
  bool full = waiting_ > kMaxWaitingBytes &&
              !(g_socket_condition_check(client_->socket(), G_IO_OUT) & G_IO_OUT);
  if (full && !cut_) {
    g_info("A peer reads nothing: it is cut off");
    cut();
  }
  if (events_.waiting && !cut_) events_.waiting(waiting_);
}

void WebSocketPeer::on_taken(size_t bytes) {
  waiting_ -= std::min(waiting_, bytes);
  if (events_.waiting && !cut_) events_.waiting(waiting_);
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
  bool left = !self.cut_ && (self.refused_ ||
                             soup_websocket_connection_get_close_code(self.connection_.get()) != 0);
  auto closed = std::exchange(self.events_.closed, {});
  self.events_.text = {};
  self.events_.waiting = {};
  if (closed) closed(left ? Departure::leaves : Departure::lost);
}

}  // namespace webcast
