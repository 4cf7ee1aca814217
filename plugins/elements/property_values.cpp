#include "plugins/elements/property_values.hpp"

namespace webcast {

// The same order as the C++ enums that they stand for.
GType ice_transport_policy_type() {
  static const GEnumValue values[] = {{0, "All candidates", "all"},
                                      {1, "Only through a TURN server", "relay"},
                                      {0, nullptr, nullptr}};
  static GType type = g_enum_register_static("WebcastIceTransportPolicy", values);
  return type;
}

GType peer_networks_type() {
  static const GEnumValue values[] = {
      {0, "By the listener's own address", "auto"},
      {1, "All: this machine and private networks, too", "all"},
      {2, "Public networks only", "public"},
      {0, nullptr, nullptr}};
  static GType type = g_enum_register_static("WebcastPeerNetworks", values);
  return type;
}

GType transcode_type() {
  static const GEnumValue values[] = {{0, "Where a viewer cannot take the stream as it is", "auto"},
                                      {1, "Never: such a viewer is told why not", "never"},
                                      {0, nullptr, nullptr}};
  static GType type = g_enum_register_static("WebcastTranscode", values);
  return type;
}

GType encoder_preset_type() {
  static const GEnumValue values[] = {{0, "Least delay and processor time", "realtime"},
                                      {1, "Better pictures for more processor time", "quality"},
                                      {0, nullptr, nullptr}};
  static GType type = g_enum_register_static("WebcastEncoderPreset", values);
  return type;
}

std::string string_of(const GValue* value) {
  const char* text = g_value_get_string(value);
  return text ? text : "";
}

void set_string_or_null(GValue* value, const std::string& text) {
  g_value_set_string(value, text.empty() ? nullptr : text.c_str());
}

std::vector<std::string> strings_of(const GValue* array) {
  std::vector<std::string> strings;
  for (guint i = 0; i < gst_value_array_get_size(array); i++)
    strings.push_back(string_of(gst_value_array_get_value(array, i)));
  return strings;
}

void set_strings(GValue* array, const std::vector<std::string>& strings) {
  for (const std::string& text : strings) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, G_TYPE_STRING);
    g_value_set_string(&value, text.c_str());
    gst_value_array_append_and_take_value(array, &value);
  }
}

std::vector<std::string> split_commas(const std::string& text) {
  std::vector<std::string> list;
  char** parts = g_strsplit(text.c_str(), ",", -1);
  for (char** part = parts; *part; part++)
    if (*g_strstrip(*part)) list.emplace_back(*part);
  g_strfreev(parts);
  return list;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts)
    text += (text.empty() ? "" : ",") + part;
  return text;
}

}  // namespace webcast
