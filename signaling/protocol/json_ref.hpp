// How json-glib's types are counted (see common/ref.hpp), and the way to it and from it.
#pragma once

#include <json-glib/json-glib.h>

#include <string>
#include <string_view>

#include "common/ref.hpp"
#include "common/result.hpp"

namespace webcast {

WEBCAST_REF_TRAITS(JsonNode, json_node_ref, json_node_unref);
WEBCAST_REF_TRAITS(JsonObject, json_object_ref, json_object_unref);
WEBCAST_REF_TRAITS(JsonArray, json_array_ref, json_array_unref);

// Checks the text (json_text.hpp), then has it parsed. What is read is an object.
Result<Ref<JsonNode>> read_json_object(std::string_view text);

// One line.
std::string write_json(JsonNode* node);

// json-glib writes what is not UTF-8 as it is.
std::string valid_utf8(const std::string& text);
bool is_utf8(const std::string& text);

}  // namespace webcast
