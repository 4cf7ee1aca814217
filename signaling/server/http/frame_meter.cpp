#include "signaling/server/http/frame_meter.hpp"

#include <utility>

#include "common/allowance.hpp"

namespace webcast {

namespace {

constexpr guint8 kOpcode = 0x0f;
constexpr guint8 kControl = 0x08;
// Messages have a rate of their own. Of what is none, honest clients send a ping now and then, and
// the longest message in fragments of a kilobyte.
constexpr double kFrameBurst = 500, kFramesPerSecond = 50;

struct State {
  size_t limit = 0;
  size_t message_bytes = 0;
  bool exceeded = false;
  Allowance frames{kFrameBurst, kFramesPerSecond};
  bool too_many = false;
  FrameMeterEvents events{};
};

struct FrameMeter {
  SoupWebsocketExtension parent;
  State* state;
};
using FrameMeterClass = SoupWebsocketExtensionClass;

GType frame_meter_get_type();
G_DEFINE_TYPE(FrameMeter, frame_meter, SOUP_TYPE_WEBSOCKET_EXTENSION)

State& state_of(SoupWebsocketExtension* extension) {
  return *reinterpret_cast<FrameMeter*>(extension)->state;
}

GBytes* on_incoming(SoupWebsocketExtension* extension, guint8* header, GBytes* payload, GError**) {
  State& state = state_of(extension);
  guint8 opcode = header[0] & kOpcode;
  bool is_message = opcode != 0 && (opcode & kControl) == 0;
  if (!is_message && !state.frames.take(1, std::chrono::steady_clock::now()) &&
      !std::exchange(state.too_many, true) && state.events.too_many_frames)
    state.events.too_many_frames();
  if (opcode & kControl) return payload;
  if (opcode != 0) state.message_bytes = 0;  // a first fragment; 0 continues a message
  state.message_bytes += g_bytes_get_size(payload);
  if (!state.exceeded && state.message_bytes <= state.limit) return payload;
  g_bytes_unref(payload);
  if (!std::exchange(state.exceeded, true) && state.events.message_too_big)
    state.events.message_too_big();
  return g_bytes_new_static("", 0);
}

// A server's frames are not masked (RFC 6455 section 5.2).
size_t frame_bytes(size_t payload) {
  return payload + (payload < 126 ? 2 : payload < 65536 ? 4 : 10);
}

GBytes* on_outgoing(SoupWebsocketExtension* extension, guint8*, GBytes* payload, GError**) {
  State& state = state_of(extension);
  if (state.events.sending) state.events.sending(frame_bytes(g_bytes_get_size(payload)));
  return payload;
}

void frame_meter_finalize(GObject* object) {
  delete reinterpret_cast<FrameMeter*>(object)->state;
  G_OBJECT_CLASS(frame_meter_parent_class)->finalize(object);
}

void frame_meter_class_init(FrameMeterClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = frame_meter_finalize;
  klass->name = "webcast-frame-meter";
  klass->process_incoming_message = on_incoming;
  klass->process_outgoing_message = on_outgoing;
}

void frame_meter_init(FrameMeter* meter) {
  meter->state = new State;
}

}  // namespace

SoupWebsocketExtension* frame_meter_new(size_t max_message_bytes, FrameMeterEvents events) {
  auto* meter = static_cast<FrameMeter*>(g_object_new(frame_meter_get_type(), nullptr));
  meter->state->limit = max_message_bytes;
  meter->state->events = std::move(events);
  return &meter->parent;
}

void frame_meter_silence(SoupWebsocketExtension* meter) {
  state_of(meter).events = {};
}

}  // namespace webcast
