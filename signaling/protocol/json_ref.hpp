// How json-glib's types are counted (see common/ref.hpp).
#pragma once

#include <json-glib/json-glib.h>

#include "common/ref.hpp"

namespace webcast {

WEBCAST_REF_TRAITS(JsonNode, json_node_ref, json_node_unref);
WEBCAST_REF_TRAITS(JsonObject, json_object_ref, json_object_unref);
WEBCAST_REF_TRAITS(JsonArray, json_array_ref, json_array_unref);

}  // namespace webcast
