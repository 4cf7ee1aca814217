// Result<T>: a value, or the sentence that says why there is none.
//
// Below elements/ whatever can fail returns one; only elements/ turns an Error into a
// GStreamer error. A sentence is for the person at the terminal: what happened and what to do.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace webcast {

enum class ErrorCode {
  invalid_argument,  // the user's setting is wrong
  not_found,         // a plugin, a stream, a session is missing
  not_supported,     // understood, but this machine or this peer cannot do it
  in_use,            // an address or a name is taken
  refused,           // a peer or a server said no, or a check of ours did
  limit,             // a bound was crossed
  timeout,
  failed,
};

struct Error {
  ErrorCode code = ErrorCode::failed;
  std::string sentence;  // for the user, with the remedy
  std::string cause{};   // for the log: the library's own words; may be empty
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& value() { return std::get<0>(state_); }
  const T& value() const { return std::get<0>(state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  explicit operator bool() const { return ok_; }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace webcast
