// Reads the members of a JSON object. The first one that is wrong makes error(), and what is read
// after it is empty.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "signaling/protocol/json_ref.hpp"

namespace webcast {

class JsonReader {
 public:
  // `longest`: of a text for which no other limit is given.
  JsonReader(JsonObject* object, size_t longest) : object_(object), longest_(longest) {}

  const std::optional<Error>& error() const { return error_; }
  void fail(Error error) {
    if (!error_) error_ = std::move(error);
  }

  std::string text(const char* name) { return text(name, longest_); }
  std::string text(const char* name, size_t limit);
  std::optional<std::string> optional_text(const char* name) {
    return optional_text(name, longest_);
  }
  std::optional<std::string> optional_text(const char* name, size_t limit);
  // The other side's words for people, made fit to be shown (common/clean_text.hpp).
  std::optional<std::string> optional_words(const char* name);
  // An integer from 0 on; absent or null: nothing.
  std::optional<guint64> optional_number(const char* name);
  // Absent, null or no boolean: false.
  bool yes(const char* name);
  // Absent or null: null.
  JsonObject* object(const char* name);
  // A list that is missing is an error.
  std::vector<JsonNode*> elements(const char* name);

 protected:
  // Absent or null: null.
  JsonNode* member(const char* name);

 private:
  JsonObject* object_;
  size_t longest_;
  std::optional<Error> error_;
};

Error bad_message(std::string sentence);
Error field_too_long(const char* name);

}  // namespace webcast
