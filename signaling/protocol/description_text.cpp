#include "signaling/protocol/description_text.hpp"

#include "signaling/protocol/json_ref.hpp"
#include "signaling/protocol/json_text.hpp"

namespace webcast {

namespace {

Error bad(const std::string& sentence) {
  return {ErrorCode::invalid_argument, sentence};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";  // that some editors put before a file's text
  constexpr std::string_view kSpace = " \t\r\n";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

std::string text_member(JsonObject* object, const char* name) {
  JsonNode* node = json_object_get_member(object, name);
  bool is_text =
      node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
  return is_text ? json_node_get_string(node) : "";
}

Result<DescriptionText> read_json(std::string_view text) {
  if (auto ok = check_json_text(text); !ok)
    return bad("It begins like JSON, but is none, or not all of it. Was it copied in whole?");
  auto node = adopt(json_from_string(std::string(text).c_str(), nullptr));
  if (!node || !JSON_NODE_HOLDS_OBJECT(node.get()))
    return bad("It begins like JSON, but is none, or not all of it. Was it copied in whole?");
  JsonObject* object = json_node_get_object(node.get());
  std::string type = text_member(object, "type"), sdp = text_member(object, "sdp");
  if (sdp.empty()) return bad(R"(The JSON lacks the description: it has a "type" and an "sdp".)");
  if (type != "offer" && type != "answer")
    return bad(R"(The JSON's "type" is neither "offer" nor "answer".)");
  if (!g_utf8_validate_len(sdp.data(), sdp.size(), nullptr))
    return bad("The description is not UTF-8 text.");
  return DescriptionText{type == "offer", std::move(sdp)};
}

}  // namespace

Result<DescriptionText> read_description_text(std::string_view text) {
  if (text.size() > kMaxDescriptionBytes)
    return Error{ErrorCode::limit, "A session description has 64 KiB at most, and this one " +
                                       std::to_string(text.size()) + " bytes."};
  text = trimmed(text);
  if (text.empty()) return bad("There is no text.");
  if (text.front() == '{') return read_json(text);
  if (!g_utf8_validate_len(text.data(), text.size(), nullptr))
    return bad("The description is not UTF-8 text.");
  return DescriptionText{std::nullopt, std::string(text)};
}

}  // namespace webcast
