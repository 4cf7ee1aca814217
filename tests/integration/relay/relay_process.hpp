// webcast-relay as a program, for tests: on a free port of 127.0.0.1 unless told otherwise.
#pragma once

#include <glib.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/process.hpp"

namespace webcast::test {

inline constexpr auto kRelayPatience = std::chrono::seconds(30);

// The build's own; by hand, where nothing says which build, that of the folder one is in.
inline std::string relay_program() {
  const char* build = g_getenv("WEBCAST_BUILD");
  return std::string(build ? build : "build") + "/signaling/webcast-relay";
}

class RelayProcess {
 public:
  explicit RelayProcess(std::vector<std::string> arguments = {"--listen", "127.0.0.1:0"})
      : process_(command(std::move(arguments))) {}

  // The next line of what it prints, on standard error too, that has `text` in it; or nothing.
  // Lines that a call passed over are there for the next one: two threads may say theirs in any
  // order.
  std::string line(const std::string& text) {
    auto has_text = [&](const std::string& line) { return line.find(text) != std::string::npos; };
    auto found = std::find_if(passed_.begin(), passed_.end(), has_text);
    if (found != passed_.end()) {
      std::string line = *found;
      passed_.erase(found);
      return line;
    }
    auto wanted = [&](const std::string& line) {
      if (has_text(line)) return true;
      passed_.push_back(line);
      return false;
    };
    return process_.wait_line(wanted, kRelayPatience).value_or("");
  }
  // Once it listens; 0: it does not.
  uint16_t port() {
    if (port_ != 0) return port_;
    std::string said = line("listens on");
    size_t colon = said.rfind(':');
    if (colon == std::string::npos) return 0;
    return port_ = static_cast<uint16_t>(g_ascii_strtoull(said.c_str() + colon + 1, nullptr, 10));
  }
  std::string location() { return "ws://127.0.0.1:" + std::to_string(port()) + "/"; }
  Process& process() { return process_; }
  int exit_status() { return process_.wait_exit(kRelayPatience); }

 private:
  static std::vector<std::string> command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {"sh", "-c", "exec \"$0\" \"$@\" 2>&1", relay_program()});
    return arguments;
  }

  Process process_;
  std::vector<std::string> passed_;
  uint16_t port_ = 0;
};

}  // namespace webcast::test
