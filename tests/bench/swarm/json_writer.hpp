// JsonWriter: objects written by chained calls, over json-glib's builder.
#pragma once

#include <json-glib/json-glib.h>

#include <concepts>
#include <string>

#include "common/ref.hpp"

namespace webcast::swarm {

class JsonWriter {
 public:
  JsonWriter() : builder_(adopt(json_builder_new())) { json_builder_begin_object(get()); }

  JsonWriter& add(const char* name, const std::string& value) {
    json_builder_set_member_name(get(), name);
    json_builder_add_string_value(get(), value.c_str());
    return *this;
  }
  JsonWriter& add(const char* name, const char* value) { return add(name, std::string(value)); }
  JsonWriter& add(const char* name, bool value) {
    json_builder_set_member_name(get(), name);
    json_builder_add_boolean_value(get(), value);
    return *this;
  }
  JsonWriter& add(const char* name, std::integral auto value) {
    json_builder_set_member_name(get(), name);
    json_builder_add_int_value(get(), static_cast<gint64>(value));
    return *this;
  }
  JsonWriter& add(const char* name, double value) {
    json_builder_set_member_name(get(), name);
    json_builder_add_double_value(get(), value);
    return *this;
  }
  JsonWriter& begin(const char* name) {
    json_builder_set_member_name(get(), name);
    json_builder_begin_object(get());
    return *this;
  }
  JsonWriter& begin_array(const char* name) {
    json_builder_set_member_name(get(), name);
    json_builder_begin_array(get());
    return *this;
  }
  JsonWriter& begin_item() {
    json_builder_begin_object(get());
    return *this;
  }
  JsonWriter& end() {
    json_builder_end_object(get());
    return *this;
  }
  JsonWriter& end_array() {
    json_builder_end_array(get());
    return *this;
  }

  // Ends the outermost object.
  JsonBuilder* finish() {
    json_builder_end_object(get());
    return get();
  }
  std::string text() {
    JsonNode* root = json_builder_get_root(finish());
    gchar* json = json_to_string(root, FALSE);
    std::string text = json;
    g_free(json);
    json_node_unref(root);
    return text;
  }

 private:
  JsonBuilder* get() const { return builder_.get(); }
  Ref<JsonBuilder> builder_;
};

}  // namespace webcast::swarm
