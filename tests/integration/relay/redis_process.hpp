// Redis of the distribution for tests: on 127.0.0.1, with nothing on disk.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/free_port.hpp"
#include "tests/support/process.hpp"

namespace webcast::test {

class RedisProcess {
 public:
  // `more`: of its options.
  explicit RedisProcess(uint16_t port = free_port(), std::vector<std::string> more = {})
      : port_(port), more_(std::move(more)) {
    start();
  }
  uint16_t port() const { return port_; }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  bool is_ready() const { return ready_; }

  void kill() { process_.reset(); }
  void start() {
    std::vector<std::string> arguments = {
        "redis-server", "--port",       std::to_string(port_), "--bind", "127.0.0.1", "--save", "",
        "--appendonly", "no",           "--daemonize",         "no"};
    arguments.insert(arguments.end(), more_.begin(), more_.end());
    process_ = std::make_unique<Process>(arguments);
    ready_ = process_->wait_line_with("Ready to accept", std::chrono::seconds(30)).has_value();
  }

 private:
  uint16_t port_;
  std::vector<std::string> more_;
  std::unique_ptr<Process> process_;
  bool ready_ = false;
};

}  // namespace webcast::test
