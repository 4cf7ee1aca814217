#include "tests/bench/swarm/signaling.hpp"

namespace webcast::swarm {

std::string string_member(JsonObject* object, const char* name) {
  JsonNode* node = object ? json_object_get_member(object, name) : nullptr;
  if (!node || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
    return {};
  return json_node_get_string(node);
}

JsonObject* object_member(JsonObject* object, const char* name) {
  JsonNode* node = object ? json_object_get_member(object, name) : nullptr;
  return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : nullptr;
}

SwarmSignaling::SwarmSignaling(SoupSession* soup, std::string stream, SignalingEvents events)
    : stream_(std::move(stream)),
      events_(std::move(events)),
      soup_(soup),
      cancellable_(adopt(g_cancellable_new())) {}

SwarmSignaling::~SwarmSignaling() {
  g_cancellable_cancel(cancellable_.get());
  if (!socket_) return;
  g_signal_handlers_disconnect_by_data(socket_.get(), this);
  if (soup_websocket_connection_get_state(socket_.get()) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close(socket_.get(), SOUP_WEBSOCKET_CLOSE_NORMAL, nullptr);
}

void SwarmSignaling::open(const std::string& url, const char* subprotocol) {
  auto request = adopt(soup_message_new(SOUP_METHOD_GET, url.c_str()));
  if (!request) return events_.ended("not an address: " + url);
  const char* protocols[] = {subprotocol, nullptr};
  soup_session_websocket_connect_async(
      soup_, request.get(), nullptr, subprotocol ? const_cast<char**>(protocols) : nullptr,
      G_PRIORITY_DEFAULT, cancellable_.get(), &SwarmSignaling::on_open, this);
}

void SwarmSignaling::on_open(GObject* soup, GAsyncResult* result, gpointer data) {
  GError* error = nullptr;
  auto socket = adopt(soup_session_websocket_connect_finish(SOUP_SESSION(soup), result, &error));
  if (error) {
    std::string reason = std::string("WebSocket: ") + error->message;
    // Cancelled: `data` is gone.
    bool cancelled = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_clear_error(&error);
    if (!cancelled) static_cast<SwarmSignaling*>(data)->events_.ended(reason);
    return;
  }
  auto* self = static_cast<SwarmSignaling*>(data);
  self->socket_ = socket;
  g_signal_connect(socket.get(), "message", G_CALLBACK(&SwarmSignaling::on_message), self);
  g_signal_connect(socket.get(), "closed", G_CALLBACK(&SwarmSignaling::on_closed), self);
  self->opened();
}

void SwarmSignaling::on_message(SoupWebsocketConnection*, int type, GBytes* bytes,
                                SwarmSignaling* self) {
  if (type != SOUP_WEBSOCKET_DATA_TEXT) return;
  gsize size = 0;
  auto* text = static_cast<const char*>(g_bytes_get_data(bytes, &size));
  auto parser = adopt(json_parser_new());
  if (!json_parser_load_from_data(parser.get(), text, static_cast<gssize>(size), nullptr)) return;
  JsonNode* root = json_parser_get_root(parser.get());
  if (root && JSON_NODE_HOLDS_OBJECT(root)) self->received(json_node_get_object(root));
}

void SwarmSignaling::on_closed(SoupWebsocketConnection*, SwarmSignaling* self) {
  self->events_.ended("the signaling connection was closed");
}

void SwarmSignaling::send(JsonBuilder* builder) {
  if (!socket_ || soup_websocket_connection_get_state(socket_.get()) != SOUP_WEBSOCKET_STATE_OPEN)
    return;
  JsonNode* root = json_builder_get_root(builder);
  gchar* text = json_to_string(root, FALSE);
  soup_websocket_connection_send_text(socket_.get(), text);
  g_free(text);
  json_node_unref(root);
}

}  // namespace webcast::swarm
