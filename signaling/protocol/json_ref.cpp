#include "signaling/protocol/json_ref.hpp"

#include "signaling/protocol/json_text.hpp"

namespace webcast {

Result<Ref<JsonNode>> read_json_object(std::string_view text) {
  if (auto checked = check_json_text(text); !checked) return checked.error();
  auto parser = adopt(json_parser_new());
  GError* error = nullptr;
  if (!json_parser_load_from_data(parser.get(), text.data(), static_cast<gssize>(text.size()),
                                  &error)) {
    Error result{ErrorCode::invalid_argument, "The message is not JSON.", error->message};
    g_error_free(error);
    return result;
  }
  auto root = adopt(json_parser_steal_root(parser.get()));
  if (!root || !JSON_NODE_HOLDS_OBJECT(root.get()))
    return Error{ErrorCode::invalid_argument, "The message is not a JSON object."};
  return root;
}

// json-glib (1.6.6) escapes the control characters up to U+001E. U+001F can stand in strings only.
std::string write_json(JsonNode* node) {
  char* written = json_to_string(node, FALSE);
  std::string text = written;
  g_free(written);
  for (size_t at = 0; (at = text.find('\x1f', at)) != std::string::npos;)
    text.replace(at, 1, "\\u001f");
  return text;
}

bool is_utf8(const std::string& text) {
  return g_utf8_validate_len(text.data(), text.size(), nullptr);
}

std::string valid_utf8(const std::string& text) {
  if (is_utf8(text)) return text;
  char* repaired = g_utf8_make_valid(text.data(), static_cast<gssize>(text.size()));
  std::string result = repaired;
  g_free(repaired);
  return result;
}

}  // namespace webcast
