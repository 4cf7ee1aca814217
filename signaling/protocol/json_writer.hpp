// Builds one JSON object; what is written is one line of valid UTF-8.
#pragma once

#include "signaling/protocol/json_ref.hpp"

namespace webcast {

class JsonWriter {
 public:
  JsonWriter() : object_(adopt(json_object_new())) {}

  JsonWriter& text(const char* name, const std::string& value) {
    json_object_set_string_member(object_.get(), name, valid_utf8(value).c_str());
    return *this;
  }
  JsonWriter& number(const char* name, gint64 value) {
    json_object_set_int_member(object_.get(), name, value);
    return *this;
  }
  JsonWriter& yes(const char* name, bool value) {
    json_object_set_boolean_member(object_.get(), name, value);
    return *this;
  }
  JsonWriter& object(const char* name, const JsonWriter& inner) {
    json_object_set_object_member(object_.get(), name, json_object_ref(inner.object_.get()));
    return *this;
  }
  JsonWriter& objects(const char* name, std::initializer_list<JsonWriter> inner) {
    JsonArray* array = json_array_new();
    for (const JsonWriter& each : inner)
      json_array_add_object_element(array, json_object_ref(each.object_.get()));
    json_object_set_array_member(object_.get(), name, array);
    return *this;
  }

  std::string finish() const {
    auto node = adopt(json_node_new(JSON_NODE_OBJECT));
    json_node_set_object(node.get(), object_.get());
    return write_json(node.get());
  }

 protected:
  JsonObject* json() { return object_.get(); }

 private:
  Ref<JsonObject> object_;
};

}  // namespace webcast
