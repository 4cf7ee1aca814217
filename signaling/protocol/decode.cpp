#include <cmath>
#include <functional>
#include <map>

#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/json_ref.hpp"
#include "signaling/protocol/json_text.hpp"

namespace webcast {

namespace {

Error bad(std::string sentence) {
  return {ErrorCode::invalid_argument, std::move(sentence)};
}
Error too_long(const char* name) {
  return {ErrorCode::limit, std::string("The field ") + name + " is too long."};
}

// json-glib turns lone surrogates into bytes that are not UTF-8.
bool is_utf8(const std::string& text) {
  return g_utf8_validate_len(text.data(), text.size(), nullptr);
}

// An infinite number would be written as text that is not JSON.
bool all_numbers_finite(JsonNode* node) {
  if (JSON_NODE_HOLDS_VALUE(node)) return std::isfinite(json_node_get_double(node));
  bool finite = true;
  if (JSON_NODE_HOLDS_ARRAY(node)) {
    JsonArray* array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array) && finite; i++)
      finite = all_numbers_finite(json_array_get_element(array, i));
  } else if (JSON_NODE_HOLDS_OBJECT(node)) {
    JsonObjectIter iter;
    JsonNode* member = nullptr;
    json_object_iter_init(&iter, json_node_get_object(node));
    while (finite && json_object_iter_next(&iter, nullptr, &member))
      finite = all_numbers_finite(member);
  }
  return finite;
}

// Reads members; the first one that is wrong makes error(), and what is read after it is empty.
class Reader {
 public:
  explicit Reader(JsonObject* object) : object_(object) {}

  const std::optional<Error>& error() const { return error_; }

  std::string text(const char* name, size_t limit = kMaxMessageBytes) {
    auto value = optional_text(name, limit);
    if (!value && !error_) fail(bad(std::string("The field ") + name + " is missing."));
    return value.value_or("");
  }

  std::optional<std::string> optional_text(const char* name, size_t limit = kMaxMessageBytes) {
    JsonNode* node = member(name);
    if (!node) return std::nullopt;
    if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING) {
      fail(bad(std::string("The field ") + name + " is not a string."));
      return std::nullopt;
    }
    std::string value = json_node_get_string(node);
    if (value.size() > limit) fail(too_long(name));
    if (!is_utf8(value)) fail(bad(std::string("The field ") + name + " is not UTF-8."));
    return error_ ? std::nullopt : std::optional(value);
  }

  std::string id(const char* name) { return text(name, kMaxIdBytes); }

  std::string meta() {
    JsonNode* node = member("meta");
    if (!node) return "null";
    if (!all_numbers_finite(node)) {
      fail(bad("The field meta holds a number that is out of range."));
      return "null";
    }
    char* written = json_to_string(node, FALSE);
    std::string value = written;
    g_free(written);
    if (value.size() > kMaxMetaBytes) fail(too_long("meta"));
    if (!is_utf8(value)) fail(bad("The field meta is not UTF-8."));
    // json-glib writes 1e21 as "1e+21", which it does not read.
    JsonNode* again = json_from_string(value.c_str(), nullptr);
    if (!again) fail(bad("The field meta holds a number that is out of range."));
    g_clear_pointer(&again, json_node_unref);
    return value;
  }

  Roles roles() {
    Roles roles;
    for (JsonNode* node : elements("roles")) {
      const char* role = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : nullptr;
      if (g_strcmp0(role, "producer") == 0) {
        roles.producer = true;
      } else if (g_strcmp0(role, "listener") == 0) {
        roles.listener = true;
      } else if (g_strcmp0(role, "consumer") == 0) {
        roles.consumer = true;
      } else {
        fail(bad("A role is producer, listener or consumer."));
      }
    }
    return roles;
  }

  std::vector<PeerEntry> entries(const char* name) {
    std::vector<PeerEntry> entries;
    for (JsonNode* node : elements(name)) {
      if (!JSON_NODE_HOLDS_OBJECT(node)) {
        fail(bad(std::string("The field ") + name + " holds something that is not an object."));
        break;
      }
      Reader entry(json_node_get_object(node));
      entries.push_back({entry.id("id"), entry.meta()});
      if (entry.error()) fail(*entry.error());
    }
    return entries;
  }

  // Absent or null: null.
  JsonObject* object(const char* name) {
    JsonNode* node = member(name);
    if (!node) return nullptr;
    if (JSON_NODE_HOLDS_OBJECT(node)) return json_node_get_object(node);
    fail(bad(std::string("The field ") + name + " is not an object."));
    return nullptr;
  }

  // Browsers may leave the index out where they give the identification tag, which is the index
  // as text in every session that we or a browser describe.
  unsigned mline() {
    JsonNode* node = member("sdpMLineIndex");
    guint64 index = 0;
    if (!node) {
      auto mid = optional_text("sdpMid", kMaxIdBytes);
      if (!mid ||
          !g_ascii_string_to_unsigned(mid->c_str(), 10, 0, kMaxMediaLines - 1, &index, nullptr))
        return 0;
      return static_cast<unsigned>(index);
    }
    gint64 value = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64
                       ? json_node_get_int(node)
                       : -1;
    if (value < 0 || value >= kMaxMediaLines) {
      fail(bad("The field sdpMLineIndex is not a number from 0 to 15."));
      return 0;
    }
    return static_cast<unsigned>(value);
  }

  void fail(Error error) {
    if (!error_) error_ = std::move(error);
  }

 private:
  JsonNode* member(const char* name) {
    JsonNode* node = error_ ? nullptr : json_object_get_member(object_, name);
    return node && JSON_NODE_HOLDS_NULL(node) ? nullptr : node;
  }

  std::vector<JsonNode*> elements(const char* name) {
    JsonNode* node = member(name);
    std::vector<JsonNode*> nodes;
    if (!node || !JSON_NODE_HOLDS_ARRAY(node)) {
      fail(bad(std::string("The field ") + name + " is not a list."));
      return nodes;
    }
    JsonArray* array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array); i++)
      nodes.push_back(json_array_get_element(array, i));
    return nodes;
  }

  JsonObject* object_;
  std::optional<Error> error_;
};

Message read_peer(Reader& reader) {
  std::string session = reader.id("sessionId");
  if (JsonObject* object = reader.object("sdp")) {
    Reader sdp(object);
    std::string type = sdp.text("type");
    SessionSdp message{session, type == "offer", sdp.text("sdp")};
    if (!message.is_offer && type != "answer") sdp.fail(bad("An SDP is an offer or an answer."));
    if (sdp.error()) reader.fail(*sdp.error());
    return message;
  }
  if (JsonObject* object = reader.object("ice")) {
    Reader ice(object);
    SessionIce message{session, ice.mline(), ice.text("candidate", kMaxCandidateBytes)};
    if (ice.error()) reader.fail(*ice.error());
    return message;
  }
  reader.fail(bad("A message of type peer carries sdp or ice."));
  return SessionIce{};
}

using Read = std::function<Message(Reader&)>;

Message read_end_session(Reader& r) {
  return EndSession{r.id("sessionId")};
}
Message read_end_session_v1_1(Reader& r) {
  return EndSessionV1_1{r.id("sessionId"), r.optional_text("error")};
}

const std::map<std::string, Read, std::less<>>& readers(Direction direction) {
  static const std::map<std::string, Read, std::less<>> to_server = {
      {"setProtocolVersion", [](Reader& r) { return SetProtocolVersion{r.id("version")}; }},
      {"setPeerStatus",
       [](Reader& r) {
         return SetPeerStatus{r.roles(), r.meta(), r.optional_text("peerId", kMaxIdBytes)};
       }},
      {"list", [](Reader&) { return ListRequest{}; }},
      {"listConsumers", [](Reader&) { return ListConsumersRequest{}; }},
      {"startSession",
       [](Reader& r) {
         return StartSessionRequest{r.id("peerId"), r.optional_text("offer")};
       }},
      {"peer", read_peer},
      {"endSession", read_end_session},
      {"endSessionV1_1", read_end_session_v1_1},
  };
  static const std::map<std::string, Read, std::less<>> to_client = {
      {"welcome", [](Reader& r) { return Welcome{r.id("peerId")}; }},
      {"peerStatusChanged",
       [](Reader& r) {
         return PeerStatusChanged{r.optional_text("peerId", kMaxIdBytes).value_or(""), r.roles(),
                                  r.meta()};
       }},
      {"list", [](Reader& r) { return List{r.entries("producers")}; }},
      {"listConsumers", [](Reader& r) { return ListConsumers{r.entries("consumers")}; }},
      {"sessionStarted",
       [](Reader& r) {
         return SessionStarted{r.id("peerId"), r.id("sessionId")};
       }},
      {"startSession",
       [](Reader& r) {
         return StartSession{r.id("peerId"), r.id("sessionId"), r.optional_text("offer")};
       }},
      {"peer", read_peer},
      {"endSession", read_end_session},
      {"endSessionV1_1", read_end_session_v1_1},
      {"error", [](Reader& r) { return ErrorMessage{r.text("details")}; }},
  };
  return direction == Direction::to_server ? to_server : to_client;
}

}  // namespace

Result<Message> decode(std::string_view text, Direction direction) {
  if (text.size() > kMaxMessageBytes)
    return Error{ErrorCode::limit, "The message is longer than 64 KiB."};
  if (auto checked = check_json_text(text); !checked) return checked.error();

  auto parser = adopt(json_parser_new());
  GError* error = nullptr;
  if (!json_parser_load_from_data(parser.get(), text.data(), static_cast<gssize>(text.size()),
                                  &error)) {
    Error result{ErrorCode::invalid_argument, "The message is not JSON.", error->message};
    g_error_free(error);
    return result;
  }
  JsonNode* root = json_parser_get_root(parser.get());
  if (!root || !JSON_NODE_HOLDS_OBJECT(root)) return bad("The message is not a JSON object.");

  Reader reader(json_node_get_object(root));
  std::string type = reader.text("type");
  if (reader.error()) return *reader.error();
  if (type == "newPeer") return bad("The message newPeer is not for clients to send.");
  const auto& known = readers(direction);
  auto found = known.find(type);
  if (found == known.end()) return bad("The message's type is not known here.");
  Message message = found->second(reader);
  if (reader.error()) return *reader.error();
  return message;
}

}  // namespace webcast
