#include "signaling/protocol/stream_meta.hpp"

#include "common/clean_text.hpp"
#include "common/stream_name.hpp"
#include "signaling/protocol/json_ref.hpp"

namespace webcast {

namespace {

constexpr guint kMaxLines = 16;
constexpr size_t kMaxLineBytes = 128;

JsonNode* member(JsonObject* object, const char* name) {
  return object ? json_object_get_member(object, name) : nullptr;
}

JsonObject* as_object(JsonNode* node) {
  return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : nullptr;
}

bool is_text(JsonNode* node) {
  return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
}

std::vector<std::string> read_lines(JsonNode* node) {
  std::vector<std::string> lines;
  if (!node || !JSON_NODE_HOLDS_ARRAY(node)) return lines;
  JsonArray* array = json_node_get_array(node);
  for (guint i = 0; i < json_array_get_length(array) && i < kMaxLines; i++) {
    JsonNode* line = json_array_get_element(array, i);
    if (!is_text(line)) continue;
    std::string text = json_node_get_string(line);
    if (text.size() <= kMaxLineBytes) lines.push_back(std::move(text));
  }
  return lines;
}

JsonArray* write_lines(const std::vector<std::string>& lines) {
  JsonArray* array = json_array_new();
  for (const std::string& line : lines)
    json_array_add_string_element(array, line.c_str());
  return array;
}

// As it stands there; null: none.
const char* notice_name(StreamNotice notice) {
  return notice == StreamNotice::no_keyframe ? "no-keyframe" : nullptr;
}

}  // namespace

StreamMeta read_stream_meta(const std::string& meta) {
  StreamMeta stream;
  auto node = adopt(json_from_string(meta.c_str(), nullptr));
  JsonObject* object = as_object(node.get());
  JsonNode* name = member(object, "name");
  if (!is_text(name) || !is_stream_name(json_node_get_string(name))) return stream;
  stream.name = json_node_get_string(name);
  if (JsonNode* title = member(object, "title"); is_text(title))
    stream.title = clean_text(json_node_get_string(title), kLongestTitle);
  JsonObject* tracks = as_object(member(object, "tracks"));
  stream.video = read_lines(member(tracks, "video"));
  stream.audio = read_lines(member(tracks, "audio"));
  return stream;
}

std::string write_stream_meta(const StreamMeta& stream, TrackLines lines) {
  auto object = adopt(json_object_new());
  json_object_set_string_member(object.get(), "name", stream.name.c_str());
  if (!stream.title.empty())
    json_object_set_string_member(object.get(), "title", stream.title.c_str());
  json_object_set_int_member(object.get(), "video", static_cast<gint64>(stream.video.size()));
  json_object_set_int_member(object.get(), "audio", static_cast<gint64>(stream.audio.size()));
  if (lines == TrackLines::told) {
    JsonObject* tracks = json_object_new();
    json_object_set_array_member(tracks, "video", write_lines(stream.video));
    json_object_set_array_member(tracks, "audio", write_lines(stream.audio));
    json_object_set_object_member(object.get(), "tracks", tracks);
  }
  if (const char* notice = notice_name(stream.notice))
    json_object_set_string_member(object.get(), "notice", notice);
  auto node = adopt(json_node_new(JSON_NODE_OBJECT));
  json_node_set_object(node.get(), object.get());
  return write_json(node.get());
}

}  // namespace webcast
