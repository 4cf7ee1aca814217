// A child process whose standard output is read line by line; it ends with the test. A secret in
// a line fails the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace webcast::test {

class Process {
 public:
  // Starts `arguments[0]` (by PATH) with its output in a pipe; errors go to ours.
  explicit Process(const std::vector<std::string>& arguments);
  ~Process();  // SIGKILL, reaped
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number);
  // To its standard input.
  void say(const std::string& line);
  // The next line for which `wanted` holds; the lines before it are dropped.
  std::optional<std::string> wait_line(const std::function<bool(const std::string&)>& wanted,
                                       std::chrono::milliseconds patience);
  std::optional<std::string> wait_line_with(const std::string& text,
                                            std::chrono::milliseconds patience);
  // The exit status; -1 when it still runs after the patience, 128 + n when signal n ended it.
  int wait_exit(std::chrono::milliseconds patience);

 private:
  std::optional<std::string> take_line();
  pid_t pid_ = -1;
  int output_ = -1, input_ = -1;
  std::string pending_;
};

}  // namespace webcast::test
