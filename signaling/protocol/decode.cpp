#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "common/clean_text.hpp"
#include "common/sdp_limits.hpp"
#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/json_reader.hpp"

namespace webcast {

namespace {

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

// What only these messages have.
class Reader : public JsonReader {
 public:
  explicit Reader(JsonObject* object) : JsonReader(object, kMaxMessageBytes) {}

  std::string id(const char* name) {
    std::string value = text(name, kMaxIdBytes);
    check_id(name, value);
    return value;
  }
  std::optional<std::string> optional_id(const char* name) {
    auto value = optional_text(name, kMaxIdBytes);
    if (value) check_id(name, *value);
    return value;
  }
  // Ids stand in logs, messages and pages as they are.
  void check_id(const char* name, const std::string& value) {
    if (!std::all_of(value.begin(), value.end(), [](char c) { return g_ascii_isprint(c); }))
      fail(bad_message(std::string("The field ") + name + " holds what no id is made of."));
  }

  std::string meta() {
    JsonNode* node = member("meta");
    if (!node) return "null";
    if (!all_numbers_finite(node)) {
      fail(bad_message("The field meta holds a number that is out of range."));
      return "null";
    }
    std::string value = write_json(node);
    if (value.size() > kMaxMetaBytes) fail(field_too_long("meta"));
    if (!is_utf8(value)) fail(bad_message("The field meta is not UTF-8."));
    // json-glib writes 1e21 as "1e+21", which it does not read.
    JsonNode* again = json_from_string(value.c_str(), nullptr);
    if (!again) fail(bad_message("The field meta holds a number that is out of range."));
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
        fail(bad_message("A role is producer, listener or consumer."));
      }
    }
    return roles;
  }

  std::vector<PeerEntry> entries(const char* name) {
    std::vector<PeerEntry> entries;
    for (JsonNode* node : elements(name)) {
      if (!JSON_NODE_HOLDS_OBJECT(node)) {
        fail(bad_message(std::string("The field ") + name +
                         " holds something that is not an object."));
        break;
      }
      Reader entry(json_node_get_object(node));
      entries.push_back({entry.id("id"), entry.meta()});
      if (entry.error()) fail(*entry.error());
    }
    return entries;
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
      fail(bad_message("The field sdpMLineIndex is not a number from 0 to 15."));
      return 0;
    }
    return static_cast<unsigned>(value);
  }
};

Message read_peer(Reader& reader) {
  std::string session = reader.id("sessionId");
  if (JsonObject* object = reader.object("sdp")) {
    Reader sdp(object);
    std::string type = sdp.text("type");
    SessionSdp message{session, type == "offer", sdp.text("sdp")};
    if (!message.is_offer && type != "answer")
      sdp.fail(bad_message("An SDP is an offer or an answer."));
    if (sdp.error()) reader.fail(*sdp.error());
    return message;
  }
  if (JsonObject* object = reader.object("ice")) {
    Reader ice(object);
    SessionIce message{session, ice.mline(), ice.text("candidate", kMaxCandidateBytes)};
    if (ice.error()) reader.fail(*ice.error());
    return message;
  }
  reader.fail(bad_message("A message of type peer carries sdp or ice."));
  return SessionIce{};
}

using Read = std::function<Message(Reader&)>;

Message read_end_session(Reader& r) {
  return EndSession{r.id("sessionId")};
}
Message read_end_session_v1_1(Reader& r) {
  return EndSessionV1_1{r.id("sessionId"), r.optional_words("error")};
}

const std::map<std::string, Read, std::less<>>& readers(MessageDirection direction) {
  static const std::map<std::string, Read, std::less<>> to_server = {
      {"setProtocolVersion", [](Reader& r) { return SetProtocolVersion{r.id("version")}; }},
      {"setPeerStatus",
       [](Reader& r) {
         return SetPeerStatus{r.roles(), r.meta(), r.optional_id("peerId")};
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
         return PeerStatusChanged{r.optional_id("peerId").value_or(""), r.roles(),
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
      {"error", [](Reader& r) { return ErrorMessage{clean_text(r.text("details"))}; }},
  };
  return direction == MessageDirection::to_server ? to_server : to_client;
}

}  // namespace

Result<Message> decode(std::string_view text, MessageDirection direction) {
  if (text.size() > kMaxMessageBytes)
    return Error{ErrorCode::limit, "The message is longer than 64 KiB."};
  auto root = read_json_object(text);
  if (!root) return root.error();
  Reader reader(json_node_get_object(root->get()));
  std::string type = reader.text("type");
  if (reader.error()) return *reader.error();
  if (type == "newPeer") return bad_message("The message newPeer is not for clients to send.");
  const auto& known = readers(direction);
  auto found = known.find(type);
  if (found == known.end()) return bad_message("The message's type is not known here.");
  Message message = found->second(reader);
  if (reader.error()) return *reader.error();
  return message;
}

}  // namespace webcast
