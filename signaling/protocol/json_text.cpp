#include "signaling/protocol/json_text.hpp"

#include <glib.h>

namespace webcast {

namespace {

Error bad(const char* sentence) {
  return {ErrorCode::invalid_argument, sentence};
}

// Literals, numbers and punctuation. No quotes of another kind, no comments.
bool may_stand_outside_strings(char c) {
  if (g_ascii_isalnum(c)) return true;
  switch (c) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
    case ',':
    case ':':
    case '+':
    case '-':
    case '.':
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<void> check_json_text(std::string_view text) {
  if (!g_utf8_validate_len(text.data(), text.size(), nullptr))
    return bad("The message is not UTF-8 text.");
  unsigned depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); i++) {
    char c = text[i];
    if (in_string) {
      if (c == '\\') {
        i++;
      } else if (c == '"') {
        in_string = false;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        return bad("The message is not JSON: a control character stands in a string.");
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxJsonDepth)
        return Error{ErrorCode::limit, "The message is nested deeper than 32 levels."};
    } else if (c == '}' || c == ']') {
      if (depth == 0) return bad("The message is not JSON: a bracket closes what is not open.");
      depth--;
    } else if (!may_stand_outside_strings(c)) {
      return bad("The message is not JSON.");
    }
  }
  if (in_string || depth != 0) return bad("The message is not JSON: it ends too early.");
  return {};
}

}  // namespace webcast
