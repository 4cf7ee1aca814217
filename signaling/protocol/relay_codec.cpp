#include "signaling/protocol/relay_codec.hpp"

#include <functional>

#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/json_reader.hpp"
#include "signaling/protocol/json_writer.hpp"

namespace webcast {

namespace {

// 2100. In nanoseconds, too, a number that there is.
constexpr guint64 kLatest = 4'102'444'800'000;

// What peers are told stands in here as the text that they are told, and is read by the codec that
// reads it from them.
class Reader : public JsonReader {
 public:
  explicit Reader(JsonObject* object) : JsonReader(object, kMaxRelayMessageBytes) {}

  template <typename Function>
  void each(const char* name, Function read) {
    auto nodes = elements(name);
    if (nodes.size() > kMaxRelayPeers) return fail(field_too_long(name));
    for (JsonNode* node : nodes) {
      if (!JSON_NODE_HOLDS_OBJECT(node))
        return fail(bad_message(std::string("The field ") + name + " holds no objects."));
      Reader entry(json_node_get_object(node));
      read(entry);
      if (entry.error()) return fail(*entry.error());
    }
  }

  Message message(const char* name) {
    std::string written = text(name);
    if (error()) return EndSession{};
    auto read = decode(written, MessageDirection::to_client);
    if (read) return *read;
    fail(read.error());
    return EndSession{};
  }
};

RemotePeer read_peer(Reader& r) {
  Message message = r.message("status");
  auto* status = std::get_if<PeerStatusChanged>(&message);
  if (!status || status->peer.empty() || status->roles.listener) {
    r.fail(bad_message("The field status tells of no peer."));
    return {};
  }
  guint64 since = r.optional_number("since").value_or(0);
  if (since > kLatest) r.fail(bad_message("The field since is no time."));
  return {status->peer, status->roles, status->meta, static_cast<int64_t>(since)};
}

using What = decltype(RelayMessage::what);

What read_what(Reader& r) {
  std::string type = r.text("type");
  if (type == "hello") return RelayHello{r.yes("asks")};
  if (type == "complete") return RelayComplete{};
  if (type == "ask") return RelayAsk{};
  if (type == "bye") return RelayBye{};
  if (type == "forward") return RelayForward{r.text("peer", kMaxIdBytes), r.message("message")};
  if (type == "peers") {
    RelayPeers peers;
    r.each("peers", [&](Reader& entry) { peers.peers.push_back(read_peer(entry)); });
    return peers;
  }
  if (type == "alive") {
    RelayAlive alive;
    r.each("viewers", [&](Reader& entry) {
      std::string peer = entry.text("peer", kMaxIdBytes);
      alive.viewers[peer] = entry.optional_number("count").value_or(0);
    });
    return alive;
  }
  r.fail(bad_message("The message's type is not known here."));
  return RelayBye{};
}

class Writer : public JsonWriter {
 public:
  template <typename Entries, typename Function>
  void each(const char* name, const Entries& entries, Function write) {
    JsonArray* array = json_array_new();
    for (const auto& entry : entries) {
      Writer writer;
      write(writer, entry);
      json_array_add_object_element(array, json_object_ref(writer.json()));
    }
    json_object_set_array_member(json(), name, array);
  }
};

void write(Writer& w, const RelayHello& hello) {
  w.text("type", "hello").yes("asks", hello.asks);
}
void write(Writer& w, const RelayPeers& peers) {
  w.text("type", "peers");
  w.each("peers", peers.peers, [](Writer& entry, const RemotePeer& peer) {
    entry.text("status", encode(PeerStatusChanged{peer.peer, peer.roles, peer.meta}))
        .number("since", peer.since_ms);
  });
}
void write(Writer& w, const RelayComplete&) {
  w.text("type", "complete");
}
void write(Writer& w, const RelayAsk&) {
  w.text("type", "ask");
}
void write(Writer& w, const RelayAlive& alive) {
  w.text("type", "alive");
  w.each("viewers", alive.viewers, [](Writer& entry, const auto& viewers) {
    entry.text("peer", viewers.first).number("count", static_cast<gint64>(viewers.second));
  });
}
void write(Writer& w, const RelayForward& forward) {
  w.text("type", "forward").text("peer", forward.peer).text("message", encode(forward.message));
}
void write(Writer& w, const RelayBye&) {
  w.text("type", "bye");
}

}  // namespace

Result<RelayMessage> decode_relay(std::string_view text) {
  if (text.size() > kMaxRelayMessageBytes)
    return Error{ErrorCode::limit, "The message is longer than 256 KiB."};
  auto root = read_json_object(text);
  if (!root) return root.error();
  Reader reader(json_node_get_object(root->get()));
  RelayMessage message{reader.text("relay", kMaxIdBytes), read_what(reader)};
  if (reader.error()) return *reader.error();
  if (message.relay.empty()) return bad_message("The field relay is empty.");
  return message;
}

std::string encode_relay(const RelayMessage& message) {
  Writer writer;
  writer.text("relay", message.relay);
  std::visit([&](const auto& what) { write(writer, what); }, message.what);
  return writer.finish();
}

}  // namespace webcast
