#include "plugins/elements/message_actions.hpp"

#include "plugins/elements/webcast_sink.hpp"
#include "plugins/elements/webcast_src.hpp"
#include "plugins/session/debug.hpp"
#include "plugins/session/message_signal.hpp"

namespace webcast {
namespace {

// What the application wants to say; an error names what is wrong with it.
Result<PeerMessage> read_message(const char* label, GBytes* data, gboolean is_text) {
  auto wrong = [](std::string sentence) {
    return Error{ErrorCode::invalid_argument, std::move(sentence)};
  };
  PeerMessage message{label && *label ? label : kFirstLabel, nullptr, is_text != FALSE};
  if (message.label.size() > kMaxLabelSize || !g_utf8_validate(message.label.c_str(), -1, nullptr))
    return wrong("A label has 64 bytes of UTF-8 at most.");
  if (!data || g_bytes_get_size(data) == 0) return wrong("A message has one byte at least.");
  message.data = retain(data);
  gsize size = 0;
  auto* bytes = static_cast<const char*>(g_bytes_get_data(data, &size));
  if (size > kMaxMessageSize) return wrong("A message has 256 KiB at most.");
  if (is_text && !g_utf8_validate_len(bytes, size, nullptr))
    return wrong("A text is UTF-8, without a NUL.");
  return message;
}

// The application is told by the return value, the developer here.
template <typename Element, typename Say>
gboolean send(Element* self, const char* label, GBytes* data, gboolean is_text, Say say) {
  auto message = read_message(label, data, is_text);
  Result<void> sent = message ? say(*message) : Result<void>(message.error());
  if (!sent) GST_WARNING_OBJECT(self, "send-message: %s", sent.error().sentence.c_str());
  return static_cast<bool>(sent);
}

Result<void> not_started() {
  return Error{ErrorCode::refused, "The element is not started."};
}

gboolean send_from_sink(WebcastSink* self, const char* peer, const char* label, GBytes* data,
                        gboolean is_text) {
  return send(self, label, data, is_text, [&](const PeerMessage& message) {
    auto broadcast = self->state->current_broadcast();
    return broadcast ? broadcast->send_message(peer ? peer : "", message) : not_started();
  });
}

gboolean send_from_source(WebcastSrc* self, const char* peer, const char* label, GBytes* data,
                          gboolean is_text) {
  return send(self, label, data, is_text, [&](const PeerMessage& message) {
    auto reception = self->state->current_reception();
    return reception ? reception->send_message(peer ? peer : "", message) : not_started();
  });
}

void install(GType type, GCallback handler) {
  g_signal_new(kMessageSignal, type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr, G_TYPE_NONE, 4,
               G_TYPE_STRING, G_TYPE_STRING, G_TYPE_BYTES, G_TYPE_BOOLEAN);
  g_signal_new_class_handler("send-message", type,
                             static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
                             handler, nullptr, nullptr, nullptr, G_TYPE_BOOLEAN, 4, G_TYPE_STRING,
                             G_TYPE_STRING, G_TYPE_BYTES, G_TYPE_BOOLEAN);
}

}  // namespace

void install_sink_messages(GType type) {
  install(type, G_CALLBACK(send_from_sink));
}

void install_source_messages(GType type) {
  install(type, G_CALLBACK(send_from_source));
}

}  // namespace webcast
