#include "signaling/protocol/json_reader.hpp"

#include "common/clean_text.hpp"

namespace webcast {

Error bad_message(std::string sentence) {
  return {ErrorCode::invalid_argument, std::move(sentence)};
}

Error field_too_long(const char* name) {
  return {ErrorCode::limit, std::string("The field ") + name + " is too long."};
}

JsonNode* JsonReader::member(const char* name) {
  JsonNode* node = error_ || !object_ ? nullptr : json_object_get_member(object_, name);
  return node && JSON_NODE_HOLDS_NULL(node) ? nullptr : node;
}

std::string JsonReader::text(const char* name, size_t limit) {
  auto value = optional_text(name, limit);
  if (!value && !error_) fail(bad_message(std::string("The field ") + name + " is missing."));
  return value.value_or("");
}

std::optional<std::string> JsonReader::optional_text(const char* name, size_t limit) {
  JsonNode* node = member(name);
  if (!node) return std::nullopt;
  if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING) {
    fail(bad_message(std::string("The field ") + name + " is not a string."));
    return std::nullopt;
  }
  std::string value = json_node_get_string(node);
  if (value.size() > limit) fail(field_too_long(name));
  // json-glib turns lone surrogates into bytes that are not UTF-8.
  if (!is_utf8(value)) fail(bad_message(std::string("The field ") + name + " is not UTF-8."));
  return error_ ? std::nullopt : std::optional(value);
}

std::optional<std::string> JsonReader::optional_words(const char* name) {
  auto words = optional_text(name);
  if (words) words = clean_text(*words);
  return words;
}

std::optional<guint64> JsonReader::optional_number(const char* name) {
  JsonNode* node = member(name);
  if (!node) return std::nullopt;
  bool is_number = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64;
  if (!is_number || json_node_get_int(node) < 0) {
    fail(bad_message(std::string("The field ") + name + " is not a whole number from 0 on."));
    return std::nullopt;
  }
  return static_cast<guint64>(json_node_get_int(node));
}

bool JsonReader::yes(const char* name) {
  JsonNode* node = member(name);
  return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN &&
         json_node_get_boolean(node);
}

JsonObject* JsonReader::object(const char* name) {
  JsonNode* node = member(name);
  if (!node) return nullptr;
  if (JSON_NODE_HOLDS_OBJECT(node)) return json_node_get_object(node);
  fail(bad_message(std::string("The field ") + name + " is not an object."));
  return nullptr;
}

std::vector<JsonNode*> JsonReader::elements(const char* name) {
  JsonNode* node = member(name);
  std::vector<JsonNode*> nodes;
  if (!node || !JSON_NODE_HOLDS_ARRAY(node)) {
    fail(bad_message(std::string("The field ") + name + " is not a list."));
    return nodes;
  }
  JsonArray* array = json_node_get_array(node);
  for (guint i = 0; i < json_array_get_length(array); i++)
    nodes.push_back(json_array_get_element(array, i));
  return nodes;
}

}  // namespace webcast
