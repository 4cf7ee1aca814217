#include "tests/support/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "tests/support/secrets.hpp"

namespace webcast::test {

using Clock = std::chrono::steady_clock;

Process::Process(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  int ends[2], input[2];
  if (pipe2(ends, O_CLOEXEC) != 0 || pipe2(input, O_CLOEXEC) != 0) return;
  pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(126);  // it died before we asked
    dup2(ends[1], STDOUT_FILENO);
    dup2(input[0], STDIN_FILENO);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
  close(input[0]);
  output_ = ends[0];
  input_ = input[1];
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (output_ >= 0) close(output_);
  if (input_ >= 0) close(input_);
}

void Process::signal(int number) {
  if (pid_ > 0) kill(pid_, number);
}

void Process::say(const std::string& line) {
  std::string text = line + "\n";
  if (write(input_, text.data(), text.size()) < 0) pending_ += "# the process reads no more\n";
}

std::optional<std::string> Process::take_line() {
  size_t end = pending_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = pending_.substr(0, end);
  pending_.erase(0, end + 1);
  EXPECT_FALSE(shows_secret(line)) << "a secret in the output of a child";
  return line;
}

std::optional<std::string> Process::wait_line(const std::function<bool(const std::string&)>& wanted,
                                              std::chrono::milliseconds patience) {
  auto deadline = Clock::now() + patience;
  for (;;) {
    while (auto line = take_line())
      if (wanted(*line)) return line;
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd readable{output_, POLLIN, 0};
    if (poll(&readable, 1, static_cast<int>(left.count())) <= 0) continue;
    char bytes[4096];
    ssize_t count = read(output_, bytes, sizeof bytes);
    if (count <= 0) return std::nullopt;  // it closed its output
    pending_.append(bytes, static_cast<size_t>(count));
  }
}

std::optional<std::string> Process::wait_line_with(const std::string& text,
                                                   std::chrono::milliseconds patience) {
  return wait_line([&](const std::string& line) { return line.find(text) != std::string::npos; },
                   patience);
}

int Process::wait_exit(std::chrono::milliseconds patience) {
  auto deadline = Clock::now() + patience;
  for (;;) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    if (Clock::now() > deadline) return -1;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace webcast::test
