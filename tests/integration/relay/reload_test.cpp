// webcast-relay at SIGHUP: takes tokens, origins and certificates anew, and nobody who is in
// notices.
#include <glib/gstdio.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/integration/relay/relay_process.hpp"
#include "tests/integration/server/test_client.hpp"

// LeakSanitizer (GCC 12) crashes while it looks at the thread on which GIO shook hands. Everything
// of ours that runs here is searched for leaks in the other tests.
extern "C" int __lsan_is_turned_off() {
  return 1;
}

namespace webcast::test {
namespace {

using testing::HasSubstr;

class RelayReload : public testing::Test {
 protected:
  RelayReload() : folder_(g_dir_make_tmp("webcast-reload-XXXXXX", nullptr)) {}
  ~RelayReload() override {
    for (const char* name : {"relay.conf", "cert.pem", "key.pem"})
      g_unlink(path(name).c_str());
    g_rmdir(folder_);
    g_free(folder_);
  }
  std::string path(const std::string& name) const { return std::string(folder_) + "/" + name; }
  void configure(const std::string& keys) {
    std::string text = "[relay]\n" + keys;
    ASSERT_TRUE(g_file_set_contents(path("relay.conf").c_str(), text.c_str(), -1, nullptr));
  }
  void make_certificate(const std::string& name) {
    std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" +
        name + " -addext subjectAltName=DNS:" + name + " -keyout " + path("key.pem") + " -out " +
        path("cert.pem") + " 2>/dev/null";
    ASSERT_EQ(system(command.c_str()), 0);
  }
  void start() {
    relay_ = std::make_unique<RelayProcess>(
        std::vector<std::string>{"--listen", "127.0.0.1:0", "--config", path("relay.conf")});
    port_ = relay_->port();
    ASSERT_NE(port_, 0);
  }
  // What it says of it.
  std::string reload(const std::string& text = "has read its configuration") {
    relay_->process().signal(SIGHUP);
    return relay_->line(text);
  }
  unsigned status(const std::string& bearer, const std::string& headers = "") {
    return TestClient(port_)
        .get("/watch/live", "Authorization: Bearer " + bearer + "\r\n" + headers)
        .status;
  }

  char* folder_;
  uint16_t port_ = 0;
  std::unique_ptr<RelayProcess> relay_;
};

TEST_F(RelayReload, TakesTokensAndOriginsAndKeepsWhoIsIn) {
  configure("view-token=old-s3cret\npublish-token=bring-s3cret\n");
  start();
  TestClient viewer(port_);
  ASSERT_TRUE(viewer.upgrade("/ws", "Authorization: Bearer old-s3cret\r\n"));
  ASSERT_TRUE(viewer.receive_text_with("welcome"));
  const std::string page = "Origin: https://page.example\r\n";
  EXPECT_EQ(TestClient(port_).get("/api/streams", page).status, 403u);

  configure("view-token=new-s3cret\nallow-origin=https://page.example\n");
  ASSERT_NE(reload(), "");
  EXPECT_EQ(status("old-s3cret"), 401u);
  EXPECT_EQ(status("bring-s3cret"), 401u);
  EXPECT_EQ(status("new-s3cret"), 200u);
  EXPECT_EQ(TestClient(port_).get("/api/streams", page).status, 401u) << "it asks for the token";
  viewer.send_text(R"({"type":"list"})");
  EXPECT_TRUE(viewer.receive_text_with("list"));
}

TEST_F(RelayReload, AMistakeChangesNothing) {
  configure("view-token=old-s3cret\n");
  start();
  for (const char* mistake : {"view-tokn=new-s3cret\n", "max-peers=many\n", "max-peers=0\n",
                              "view-token=new-s3cret\nallow-origin=page.example\n",
                              "tls-certificate=/no/cert.pem\ntls-key=/no/key.pem\n",
                              "token-secret-file=/no/such/file\n"}) {
    configure(mistake);
    EXPECT_NE(reload("nothing was changed"), "") << mistake;
    EXPECT_EQ(status("old-s3cret"), 200u) << mistake;
    EXPECT_EQ(status("new-s3cret"), 401u) << mistake;
  }
  g_unlink(path("relay.conf").c_str());
  EXPECT_NE(reload("nothing was changed"), "");
  EXPECT_EQ(status("old-s3cret"), 200u);
}

TEST_F(RelayReload, SaysWhatTakesARestart) {
  configure("");
  start();
  configure("listen=127.0.0.1:1\nmax-peers=7\n");
  EXPECT_THAT(reload(), testing::EndsWith("a restart is needed for max-peers"))
      << "listen is on the command line";
}

TEST_F(RelayReload, TakesARenewedCertificateAndItsNames) {
  make_certificate("old.example");
  configure("tls-certificate=" + path("cert.pem") + "\ntls-key=" + path("key.pem") + "\n");
  start();
  TestClient early(port_, path("cert.pem"));
  ASSERT_TRUE(early.upgrade());
  // A slow machine may take longer for a handshake than the relay waits: who is cut off (0) comes
  // again.
  auto as = [&](const std::string& name) {
    unsigned status = 0;
    for (int i = 0; i < 5 && status == 0; i++)
      status =
          TestClient(port_, path("cert.pem")).get("/watch/live", "Host: " + name + "\r\n").status;
    return status;
  };
  EXPECT_EQ(as("old.example"), 200u);
  EXPECT_EQ(as("new.example"), 403u);

  make_certificate("new.example");
  ASSERT_NE(reload(), "");
  EXPECT_EQ(as("new.example"), 200u);
  EXPECT_EQ(as("old.example"), 403u);
  EXPECT_TRUE(early.receive_text_with("welcome")) << "who is in stays";

  // Half a renewal: the key is not the certificate's.
  ASSERT_TRUE(g_file_set_contents(path("key.pem").c_str(), "no key", -1, nullptr));
  ASSERT_NE(reload("nothing was changed"), "");
  EXPECT_EQ(as("new.example"), 200u);
}

// On a terminal of its own.
class RelayHangup : public testing::Test {
 protected:
  // `ignores`: as nohup has it.
  void start(bool ignores) {
    const std::string program = relay_program();
    int pipe_ends[2] = {};
    ASSERT_EQ(pipe(pipe_ends), 0);
    child_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
    ASSERT_GE(child_, 0);
    if (child_ == 0) {
      // Who runs the tests may ignore hangups, too.
      signal(SIGHUP, ignores ? SIG_IGN : SIG_DFL);
      dup2(pipe_ends[1], STDOUT_FILENO);
      close(pipe_ends[0]);
      close(pipe_ends[1]);
      execl(program.c_str(), program.c_str(), "--listen", "127.0.0.1:0", nullptr);
      _exit(127);
    }
    close(pipe_ends[1]);
    said_ = fdopen(pipe_ends[0], "r");
    ASSERT_TRUE(says("listens on"));
  }
  void TearDown() override {
    if (said_) fclose(said_);
    if (child_ > 0 && !ended_) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
  }
  // Up to a line with that text; false: it ends before.
  bool says(const std::string& text) {
    char line[1024];
    while (fgets(line, sizeof line, said_))
      if (strstr(line, text.c_str())) return true;
    return false;
  }
  void terminal_goes() { close(terminal_); }
  void expect_end() {
    int status = -1;
    EXPECT_EQ(waitpid(child_, &status, 0), child_);
    ended_ = true;
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }

  int terminal_ = -1;
  pid_t child_ = -1;
  FILE* said_ = nullptr;
  bool ended_ = false;
};

TEST_F(RelayHangup, EndsWithItsTerminal) {
  start(false);
  terminal_goes();
  expect_end();
}

TEST_F(RelayHangup, GoesOnWithoutItWhereHangupsWereIgnored) {
  start(true);
  terminal_goes();
  ASSERT_TRUE(says("has read its configuration")) << "the terminal's own";
  kill(child_, SIGHUP);
  ASSERT_TRUE(says("has read its configuration"));
  kill(child_, SIGTERM);
  expect_end();
}

}  // namespace
}  // namespace webcast::test
