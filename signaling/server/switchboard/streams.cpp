#include "signaling/server/switchboard/streams.hpp"

#include <glib.h>

#include <algorithm>

#include "signaling/protocol/json_ref.hpp"

namespace webcast {

namespace {

JsonArray* lines(const std::vector<std::string>& texts) {
  JsonArray* array = json_array_new();
  for (const std::string& text : texts)
    json_array_add_string_element(array, text.c_str());
  return array;
}

JsonObject* one_stream(const StreamStatus& stream) {
  JsonObject* object = json_object_new();
  json_object_set_string_member(object, "name", stream.name.c_str());
  if (!stream.title.empty()) json_object_set_string_member(object, "title", stream.title.c_str());
  json_object_set_int_member(object, "viewers", stream.viewers);
  json_object_set_string_member(object, "since", stream.since.c_str());
  json_object_set_array_member(object, "video", lines(stream.video));
  json_object_set_array_member(object, "audio", lines(stream.audio));
  return object;
}

}  // namespace

std::string iso8601(std::chrono::system_clock::time_point time) {
  GDateTime* date = g_date_time_new_from_unix_utc(std::chrono::system_clock::to_time_t(time));
  char* text = g_date_time_format(date, "%Y-%m-%dT%H:%M:%SZ");
  std::string result = text;
  g_free(text);
  g_date_time_unref(date);
  return result;
}

bool Streams::add(const std::string& name) {
  return streams_.emplace(name, StreamStatus{.name = name}).second;
}

void Streams::update(StreamStatus status) {
  auto found = streams_.find(status.name);
  if (found == streams_.end()) return;
  StreamStatus& known = found->second;
  status.since = !status.live  ? ""
                 : known.live ? known.since
                              : iso8601(std::chrono::system_clock::now());
  known = std::move(status);
}

std::vector<IceServer> Streams::ice_servers(const std::string& name) const {
  auto found = streams_.find(name);
  return found == streams_.end() ? std::vector<IceServer>() : found->second.ice_servers;
}

std::string Streams::only(const std::vector<StreamStatus>& more) const {
  if (streams_.size() + more.size() != 1) return "";
  return more.empty() ? streams_.begin()->first : more[0].name;
}

size_t Streams::live() const {
  return static_cast<size_t>(
      std::count_if(streams_.begin(), streams_.end(), [](const auto& s) { return s.second.live; }));
}

std::string Streams::json(const std::vector<StreamStatus>& more) const {
  JsonArray* array = json_array_new();
  for (const auto& [name, stream] : streams_)
    if (stream.live) json_array_add_object_element(array, one_stream(stream));
  for (const StreamStatus& stream : more)
    json_array_add_object_element(array, one_stream(stream));
  auto root = adopt(json_object_new());
  json_object_set_array_member(root.get(), "streams", array);
  auto node = adopt(json_node_new(JSON_NODE_OBJECT));
  json_node_set_object(node.get(), root.get());
  return write_json(node.get());
}

}  // namespace webcast
