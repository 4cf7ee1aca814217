#include <string>

#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/json_ref.hpp"

namespace webcast {

namespace {

std::string valid(const std::string& text) {
  if (g_utf8_validate_len(text.data(), text.size(), nullptr)) return text;
  char* repaired = g_utf8_make_valid(text.data(), static_cast<gssize>(text.size()));
  std::string result = repaired;
  g_free(repaired);
  return result;
}

// Builds one object; a member's name is followed by its value.
class Writer {
 public:
  explicit Writer(const char* type) : object_(adopt(json_object_new())) { text("type", type); }

  Writer& text(const char* name, const std::string& value) {
    json_object_set_string_member(object_.get(), name, valid(value).c_str());
    return *this;
  }
  Writer& text_or_null(const char* name, const std::optional<std::string>& value) {
    if (value) return text(name, *value);
    json_object_set_null_member(object_.get(), name);
    return *this;
  }
  Writer& number(const char* name, gint64 value) {
    json_object_set_int_member(object_.get(), name, value);
    return *this;
  }
  Writer& roles(const Roles& roles) {
    JsonArray* array = json_array_new();
    if (roles.producer) json_array_add_string_element(array, "producer");
    if (roles.listener) json_array_add_string_element(array, "listener");
    if (roles.consumer) json_array_add_string_element(array, "consumer");
    json_object_set_array_member(object_.get(), "roles", array);
    return *this;
  }
  Writer& meta(const std::string& meta) {
    set_meta(object_.get(), meta);
    return *this;
  }
  Writer& entries(const char* name, const std::vector<PeerEntry>& entries) {
    JsonArray* array = json_array_new();
    for (const PeerEntry& entry : entries) {
      JsonObject* object = json_object_new();
      json_object_set_string_member(object, "id", valid(entry.peer).c_str());
      set_meta(object, entry.meta);
      json_array_add_object_element(array, object);
    }
    json_object_set_array_member(object_.get(), name, array);
    return *this;
  }
  Writer& object(const char* name, const Writer& inner) {
    json_object_set_object_member(object_.get(), name, json_object_ref(inner.object_.get()));
    return *this;
  }

  // An object inside another one: no type.
  static Writer inner() {
    Writer writer;
    writer.object_ = adopt(json_object_new());
    return writer;
  }

  std::string finish() const {
    auto node = adopt(json_node_new(JSON_NODE_OBJECT));
    json_node_set_object(node.get(), object_.get());
    char* written = json_to_string(node.get(), FALSE);
    std::string result = written;
    g_free(written);
    return result;
  }

 private:
  Writer() = default;

  static void set_meta(JsonObject* object, const std::string& meta) {
    JsonNode* node = json_from_string(meta.c_str(), nullptr);
    json_object_set_member(object, "meta", node ? node : json_node_new(JSON_NODE_NULL));
  }

  Ref<JsonObject> object_;
};

Writer write(const Welcome& m) {
  return std::move(Writer("welcome").text("peerId", m.peer));
}

Writer write(const PeerStatusChanged& m) {
  return std::move(Writer("peerStatusChanged").roles(m.roles).meta(m.meta).text("peerId", m.peer));
}

Writer write(const List& m) {
  return std::move(Writer("list").entries("producers", m.producers));
}

Writer write(const ListConsumers& m) {
  return std::move(Writer("listConsumers").entries("consumers", m.consumers));
}

Writer write(const SessionStarted& m) {
  return std::move(Writer("sessionStarted").text("peerId", m.peer).text("sessionId", m.session));
}

Writer write(const StartSession& m) {
  return std::move(Writer("startSession")
                       .text("peerId", m.peer)
                       .text("sessionId", m.session)
                       .text_or_null("offer", m.offer));
}

Writer write(const ErrorMessage& m) {
  return std::move(Writer("error").text("details", m.details));
}

Writer write(const SetProtocolVersion& m) {
  return std::move(Writer("setProtocolVersion").text("version", m.version));
}

Writer write(const SetPeerStatus& m) {
  Writer writer("setPeerStatus");
  writer.roles(m.roles).meta(m.meta);
  if (m.peer) writer.text("peerId", *m.peer);
  return writer;
}

Writer write(const ListRequest&) {
  return Writer("list");
}

Writer write(const ListConsumersRequest&) {
  return Writer("listConsumers");
}

Writer write(const StartSessionRequest& m) {
  Writer writer("startSession");
  writer.text("peerId", m.peer);
  if (m.offer) writer.text("offer", *m.offer);
  return writer;
}

Writer write(const SessionSdp& m) {
  Writer sdp = Writer::inner();
  sdp.text("type", m.is_offer ? "offer" : "answer").text("sdp", m.sdp);
  return std::move(Writer("peer").text("sessionId", m.session).object("sdp", sdp));
}

Writer write(const SessionIce& m) {
  Writer ice = Writer::inner();
  ice.text("candidate", m.candidate).number("sdpMLineIndex", m.mline);
  return std::move(Writer("peer").text("sessionId", m.session).object("ice", ice));
}

Writer write(const EndSession& m) {
  return std::move(Writer("endSession").text("sessionId", m.session));
}

Writer write(const EndSessionV1_1& m) {
  return std::move(
      Writer("endSessionV1_1").text("sessionId", m.session).text_or_null("error", m.error));
}

}  // namespace

std::string encode(const Message& message) {
  return std::visit([](const auto& m) { return write(m).finish(); }, message);
}

}  // namespace webcast
