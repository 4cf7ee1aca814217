// The little JSON that webcast-test-viewer reads and writes.
#pragma once

#include <json-glib/json-glib.h>

#include <string>

inline std::string quoted(const std::string& text) {
  JsonNode* node = json_node_init_string(json_node_alloc(), text.c_str());
  gchar* json = json_to_string(node, FALSE);
  std::string result = json;
  g_free(json);
  json_node_unref(node);
  return result;
}

// "" or null where there is none.
inline const char* member(JsonObject* object, const char* name) {
  JsonNode* node = object ? json_object_get_member(object, name) : nullptr;
  return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING
             ? json_node_get_string(node)
             : "";
}

inline JsonObject* object_member(JsonObject* object, const char* name) {
  JsonNode* node = object ? json_object_get_member(object, name) : nullptr;
  return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : nullptr;
}
