#include "common/clean_text.hpp"

#include <glib.h>

namespace webcast {
namespace {

constexpr gunichar kReplacement = 0xfffd;
constexpr std::string_view kCut = "…";

enum class Fate { keep, space, drop };

Fate fate_of(gunichar character) {
  // These join letters of a word, and the parts of an emoji.
  if (character == 0x200c || character == 0x200d) return Fate::keep;
  switch (g_unichar_type(character)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SPACE_SEPARATOR:
      return Fate::space;
    case G_UNICODE_FORMAT:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_UNASSIGNED:
      return Fate::drop;
    default:
      return Fate::keep;
  }
}

// Takes the first character off the front.
gunichar take(std::string_view& text) {
  gunichar character = g_utf8_get_char_validated(text.data(), static_cast<gssize>(text.size()));
  bool valid = character != static_cast<gunichar>(-1) && character != static_cast<gunichar>(-2);
  // A zero byte is "valid" or not by GLib's version.
  if (text.front() == '\0') {
    character = 0;
    valid = true;
  }
  text.remove_prefix(
      !valid || character == 0 ? 1 : static_cast<size_t>(g_unichar_to_utf8(character, nullptr)));
  return valid ? character : kReplacement;
}

}  // namespace

std::string clean_text(std::string_view text, size_t longest) {
  std::string clean;
  size_t fits = 0;  // of it, what leaves room for the sign that more was cut
  bool space = false;
  while (!text.empty()) {
    gunichar character = take(text);
    Fate fate = fate_of(character);
    if (fate == Fate::space) space = true;
    if (fate != Fate::keep) continue;
    if (space && !clean.empty()) clean += ' ';
    space = false;
    char bytes[6];
    clean.append(bytes, static_cast<size_t>(g_unichar_to_utf8(character, bytes)));
    if (clean.size() + kCut.size() <= longest) fits = clean.size();
    if (clean.size() > longest) return clean.substr(0, fits) + std::string(kCut);
  }
  return clean;
}

std::string clean_lines(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    size_t end = text.find('\n');
    clean += (clean.empty() ? "  " : "\n  ") + clean_text(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return clean;
}

}  // namespace webcast
