#include "tests/integration/viewer_process.hpp"

#include <json-glib/json-glib.h>

namespace webcast::test {

std::vector<std::string> viewer_command(const std::string& url,
                                        const std::vector<std::string>& arguments) {
  const char* program = g_getenv("WEBCAST_TEST_VIEWER");
  std::vector<std::string> command = {program ? program : "webcast-test-viewer", "--url",
                                      "ws" + url.substr(4) + "ws"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

std::unique_ptr<Process> watch(const std::string& url, const std::vector<std::string>& arguments) {
  return std::make_unique<Process>(viewer_command(url, arguments));
}

std::string json_field(const std::string& line, const std::string& name) {
  Ref<JsonParser> parser = adopt(json_parser_new());
  if (!json_parser_load_from_data(parser.get(), line.data(), static_cast<gssize>(line.size()),
                                  nullptr))
    return {};
  JsonObject* object = json_node_get_object(json_parser_get_root(parser.get()));
  if (!json_object_has_member(object, name.c_str())) return {};
  JsonNode* node = json_object_get_member(object, name.c_str());
  if (json_node_get_value_type(node) == G_TYPE_STRING) return json_node_get_string(node);
  return std::to_string(json_node_get_int(node));
}

bool receives(Process& viewer, unsigned frames) {
  auto line = viewer.wait_line(
      [&](const std::string& candidate) {
        return json_field(candidate, "event") == "progress" &&
               g_ascii_strtoull(json_field(candidate, "video_frames").c_str(), nullptr, 10) >=
                   frames;
      },
      kPatience);
  return line.has_value();
}

}  // namespace webcast::test
