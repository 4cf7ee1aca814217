// Between GValues and what the settings are made of.
#pragma once

#include <gst/gst.h>

#include <string>
#include <vector>

namespace webcast {

GType ice_transport_policy_type();
GType peer_networks_type();
GType transcode_type();
GType encoder_preset_type();

// No string is an empty one, and back.
std::string string_of(const GValue* value);
void set_string_or_null(GValue* value, const std::string& text);

// GST_TYPE_ARRAY of strings.
std::vector<std::string> strings_of(const GValue* array);
void set_strings(GValue* array, const std::vector<std::string>& strings);

// "https://a.example, https://b.example", and back.
std::vector<std::string> split_commas(const std::string& text);
std::string joined(const std::vector<std::string>& parts);

}  // namespace webcast
