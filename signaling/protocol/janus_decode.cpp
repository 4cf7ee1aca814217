#include <functional>
#include <map>

#include "common/sdp_limits.hpp"
#include "signaling/protocol/codec.hpp"
#include "signaling/protocol/janus_codec.hpp"
#include "signaling/protocol/json_reader.hpp"

namespace webcast {

namespace {

using What = decltype(JanusReply::what);

class Reader : public JsonReader {
 public:
  explicit Reader(JsonObject* object) : JsonReader(object, kMaxJanusTextBytes) {}

  std::optional<JanusId> optional_id(const char* name) {
    JsonNode* node = member(name);
    if (!node) return std::nullopt;
    if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING) {
      auto value = optional_text(name);
      return value ? std::optional(JanusId{false, *value}) : std::nullopt;
    }
    auto value = optional_number(name);
    return value ? std::optional(JanusId{true, std::to_string(*value)}) : std::nullopt;
  }

  // What another participant wrote must not make the rest unreadable: an entry that is odd is
  // passed over.
  template <typename Entry>
  std::vector<Entry> entries(const char* name, std::optional<Entry> (*read)(Reader&)) {
    std::vector<Entry> all;
    for (JsonNode* node : elements(name)) {
      if (!JSON_NODE_HOLDS_OBJECT(node)) continue;
      Reader entry(json_node_get_object(node));
      auto value = read(entry);
      if (value && !entry.error()) all.push_back(std::move(*value));
    }
    return all;
  }

  Reader inner(const char* name) { return Reader(object(name)); }
  bool has(const char* name) { return member(name) != nullptr; }
  bool has_list(const char* name) {
    JsonNode* node = member(name);
    return node && JSON_NODE_HOLDS_ARRAY(node);
  }
  unsigned mline() {
    auto index = optional_number("sdpMLineIndex");
    if (index && *index >= kMaxMediaLines)
      fail(bad_message("The field sdpMLineIndex is not a number from 0 to 15."));
    return static_cast<unsigned>(index.value_or(0));
  }
};

std::optional<JanusId> read_id(Reader& r) {
  return r.optional_id("id");
}

// Of what is sent now, and can be received here.
std::optional<std::string> read_stream(Reader& r) {
  auto type = r.optional_text("type");
  bool is_media = type == "audio" || type == "video";
  return is_media && !r.yes("disabled") ? type : std::nullopt;
}

std::optional<JanusFeed> read_feed(Reader& r) {
  auto id = r.optional_id("id");
  if (!id) return std::nullopt;
  JanusFeed feed{*id, r.optional_text("display").value_or("")};
  if (r.has_list("streams")) feed.media = r.entries<std::string>("streams", read_stream);
  if (feed.media.size() > kMaxMediaLines) feed.media.resize(kMaxMediaLines);
  return feed;
}

std::optional<JanusFeed> read_publishing(Reader& r) {
  return r.yes("publisher") ? read_feed(r) : std::nullopt;
}

std::optional<JanusRoom> read_room(Reader& r) {
  auto id = r.optional_id("room");
  if (!id) return std::nullopt;
  return JanusRoom{*id, r.optional_words("videocodec").value_or(""),
                   r.optional_words("audiocodec").value_or("")};
}

// `leaving` and `unpublished` have a feed, or "ok" when it is ourselves.
What read_gone(Reader& r, const char* name) {
  auto who = r.optional_id(name);
  if (!who) return JanusOther{};
  if (*who != JanusId{false, "ok"}) return JanusFeedGone{*who};
  return JanusLeft{r.optional_text("reason") == "kicked"};
}

What read_plugin_event(Reader& r) {
  if (auto code = r.optional_number("error_code"))
    return JanusFailure{static_cast<unsigned>(*code), r.optional_words("error").value_or("")};
  if (r.has("publishers")) return JanusFeeds{r.entries<JanusFeed>("publishers", read_feed)};
  for (const char* name : {"unpublished", "leaving", "kicked"})
    if (r.has(name)) return read_gone(r, name);
  for (const char* name : {"configured", "started"})
    if (r.has(name)) return JanusNegotiated{};
  return JanusOther{};
}

What read_plugin_data(Reader& r) {
  std::string kind = r.optional_text("videoroom").value_or("");
  if (kind == "event") return read_plugin_event(r);
  if (kind == "joined")
    return JanusJoined{r.optional_id("id").value_or(JanusId{}),
                       r.optional_number("private_id").value_or(0),
                       r.entries<JanusFeed>("publishers", read_feed)};
  if (kind == "attached" || kind == "updated") return JanusNegotiated{};
  if (kind == "destroyed") return JanusRoomDestroyed{};
  if (kind == "participants")
    return JanusParticipants{r.entries<JanusFeed>("participants", read_publishing),
                             r.entries<JanusId>("participants", read_id)};
  if (kind == "success" && r.has("list"))
    return JanusRooms{r.entries<JanusRoom>("list", read_room)};
  return JanusOther{};
}

// A reply of the plugin's, by itself or within a success.
What read_plugin(Reader& message) {
  Reader plugin = message.inner("plugindata");
  Reader data = plugin.inner("data");
  What what = read_plugin_data(data);
  for (Reader* reader : {&plugin, &data})
    if (reader->error()) message.fail(*reader->error());
  return what;
}

What read_success(Reader& message) {
  if (message.has("plugindata")) return read_plugin(message);
  Reader data = message.inner("data");
  JanusSuccess success{data.optional_number("id").value_or(0)};
  if (data.error()) message.fail(*data.error());
  return success;
}

What read_error(Reader& message) {
  Reader error = message.inner("error");
  JanusFailure failure{static_cast<unsigned>(error.optional_number("code").value_or(0)),
                       error.optional_words("reason").value_or("")};
  if (error.error()) message.fail(*error.error());
  return failure;
}

What read_candidate(Reader& message) {
  Reader candidate = message.inner("candidate");
  JanusCandidate read;
  if (!candidate.yes("completed"))
    read = {candidate.mline(), candidate.text("candidate", kMaxCandidateBytes)};
  if (candidate.error()) message.fail(*candidate.error());
  return read;
}

using Read = std::function<What(Reader&)>;

const std::map<std::string, Read, std::less<>>& readers() {
  static const std::map<std::string, Read, std::less<>> all = {
      {"ack", [](Reader&) { return JanusAck{}; }},
      {"success", read_success},
      {"error", read_error},
      {"event", read_plugin},
      {"trickle", read_candidate},
      {"webrtcup", [](Reader&) { return JanusWebrtcUp{}; }},
      {"media",
       [](Reader& r) {
         return JanusMedia{r.optional_words("type").value_or(""), r.yes("receiving")};
       }},
      {"slowlink",
       [](Reader& r) {
         return JanusSlowLink{r.yes("uplink"), r.optional_number("lost").value_or(0)};
       }},
      {"hangup", [](Reader& r) { return JanusHangup{r.optional_words("reason").value_or("")}; }},
      {"detached", [](Reader&) { return JanusDetached{}; }},
      {"timeout", [](Reader&) { return JanusTimeout{}; }},
  };
  return all;
}

std::optional<JanusDescription> read_description(Reader& message) {
  JsonObject* object = message.object("jsep");
  if (!object) return std::nullopt;
  Reader jsep(object);
  std::string type = jsep.text("type");
  JanusDescription description{type == "offer", jsep.text("sdp", kMaxJanusSdpBytes)};
  if (!description.is_offer && type != "answer")
    jsep.fail(bad_message("An SDP is an offer or an answer."));
  if (jsep.error()) message.fail(*jsep.error());
  return description;
}

}  // namespace

JanusId janus_id(const std::string& text) {
  guint64 value = 0;
  bool is_number = g_ascii_string_to_unsigned(text.c_str(), 10, 0, G_MAXINT64, &value, nullptr);
  return is_number ? JanusId{true, std::to_string(value)} : JanusId{false, text};
}

Result<JanusReply> janus_decode(std::string_view text) {
  if (text.size() > kMaxJanusBytes)
    return Error{ErrorCode::limit, "The message is longer than 512 KiB."};
  auto root = read_json_object(text);
  if (!root) return root.error();
  Reader message(json_node_get_object(root->get()));
  std::string kind = message.text("janus");
  JanusReply reply;
  reply.transaction = message.optional_text("transaction").value_or("");
  reply.session = message.optional_number("session_id").value_or(0);
  reply.handle = message.optional_number("sender").value_or(0);
  reply.description = read_description(message);
  if (auto found = readers().find(kind); found != readers().end())
    reply.what = found->second(message);
  if (message.error()) return *message.error();
  return reply;
}

}  // namespace webcast
