#include <string>

#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/json_writer.hpp"

namespace webcast {

namespace {

// What only these messages have; those come before what every JSON object may have.
class Writer : public JsonWriter {
 public:
  explicit Writer(const char* type) { text("type", type); }

  Writer& text_or_null(const char* name, const std::optional<std::string>& value) {
    if (value) {
      text(name, *value);
    } else {
      json_object_set_null_member(json(), name);
    }
    return *this;
  }
  Writer& roles(const Roles& roles) {
    JsonArray* array = json_array_new();
    if (roles.producer) json_array_add_string_element(array, "producer");
    if (roles.listener) json_array_add_string_element(array, "listener");
    if (roles.consumer) json_array_add_string_element(array, "consumer");
    json_object_set_array_member(json(), "roles", array);
    return *this;
  }
  Writer& meta(const std::string& meta) {
    set_meta(json(), meta);
    return *this;
  }
  Writer& entries(const char* name, const std::vector<PeerEntry>& entries) {
    JsonArray* array = json_array_new();
    for (const PeerEntry& entry : entries) {
      JsonObject* object = json_object_new();
      json_object_set_string_member(object, "id", valid_utf8(entry.peer).c_str());
      set_meta(object, entry.meta);
      json_array_add_object_element(array, object);
    }
    json_object_set_array_member(json(), name, array);
    return *this;
  }

 private:
  static void set_meta(JsonObject* object, const std::string& meta) {
    JsonNode* node = json_from_string(meta.c_str(), nullptr);
    json_object_set_member(object, "meta", node ? node : json_node_new(JSON_NODE_NULL));
  }
};

JsonWriter write(const Welcome& m) {
  return std::move(Writer("welcome").text("peerId", m.peer));
}

JsonWriter write(const PeerStatusChanged& m) {
  return std::move(Writer("peerStatusChanged").roles(m.roles).meta(m.meta).text("peerId", m.peer));
}

JsonWriter write(const List& m) {
  return std::move(Writer("list").entries("producers", m.producers));
}

JsonWriter write(const ListConsumers& m) {
  return std::move(Writer("listConsumers").entries("consumers", m.consumers));
}

JsonWriter write(const SessionStarted& m) {
  return std::move(Writer("sessionStarted").text("peerId", m.peer).text("sessionId", m.session));
}

JsonWriter write(const StartSession& m) {
  Writer writer("startSession");
  writer.text("peerId", m.peer).text("sessionId", m.session);
  return writer.text_or_null("offer", m.offer);
}

JsonWriter write(const ErrorMessage& m) {
  return std::move(Writer("error").text("details", m.details));
}

JsonWriter write(const SetProtocolVersion& m) {
  return std::move(Writer("setProtocolVersion").text("version", m.version));
}

JsonWriter write(const SetPeerStatus& m) {
  Writer writer("setPeerStatus");
  writer.roles(m.roles).meta(m.meta);
  if (m.peer) writer.text("peerId", *m.peer);
  return writer;
}

JsonWriter write(const ListRequest&) {
  return Writer("list");
}

JsonWriter write(const ListConsumersRequest&) {
  return Writer("listConsumers");
}

JsonWriter write(const StartSessionRequest& m) {
  Writer writer("startSession");
  writer.text("peerId", m.peer);
  if (m.offer) writer.text("offer", *m.offer);
  return writer;
}

JsonWriter write(const SessionSdp& m) {
  JsonWriter sdp;
  sdp.text("type", m.is_offer ? "offer" : "answer").text("sdp", m.sdp);
  return std::move(Writer("peer").text("sessionId", m.session).object("sdp", sdp));
}

JsonWriter write(const SessionIce& m) {
  JsonWriter ice;
  ice.text("candidate", m.candidate).number("sdpMLineIndex", m.mline);
  return std::move(Writer("peer").text("sessionId", m.session).object("ice", ice));
}

JsonWriter write(const EndSession& m) {
  return std::move(Writer("endSession").text("sessionId", m.session));
}

JsonWriter write(const EndSessionV1_1& m) {
  Writer writer("endSessionV1_1");
  writer.text("sessionId", m.session);
  return writer.text_or_null("error", m.error);
}

}  // namespace

std::string encode(const Message& message) {
  return std::visit([](const auto& m) { return write(m).finish(); }, message);
}

}  // namespace webcast
