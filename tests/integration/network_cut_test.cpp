// Viewers on another machine whose network goes. The other machine is a network namespace, made by
// the test; Meson starts the test in a namespace too, so that this one's network is never touched.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/integration/viewer_process.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

// Of RFC 2544's block for tests.
const std::string kOurs = "198.18.0.1", kTheirs = "198.18.0.2";

bool ip(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "ip");
  return Process(arguments).wait_exit(kPatience) == 0;
}

std::string network_of(const std::string& process) {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/" + process + "/ns/net", error).string();
}

class NetworkCut : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(network_of("self"), network_of("1")) << "to be started by way of `unshare -n`";
    ASSERT_TRUE(ip({"link", "set", "lo", "up"}));
    ASSERT_TRUE(ip({"link", "add", "ours", "type", "veth", "peer", "name", "theirs"}));
    ASSERT_TRUE(ip({"addr", "add", kOurs + "/30", "dev", "ours"}));
    ASSERT_TRUE(ip({"link", "set", "ours", "up"}));
    sink = std::make_unique<SinkPipeline>(kVideo + "webcastsink location=listen://" + kOurs +
                                          ":0 local-addresses=\"<" + kOurs + ">\"");
    url = sink->play_and_listen();
    ASSERT_FALSE(url.empty());
  }
  void TearDown() override {
    sink.reset();
    ip({"link", "del", "ours"});
  }

  void watch_from_the_other_machine() {
    const std::string enter =
        "until ip link show theirs >/dev/null 2>&1; do sleep 0.05; done; "
        "ip addr add " +
        kTheirs +
        "/30 dev theirs && "
        "ip link set theirs up && exec \"$0\" \"$@\"";
    std::vector<std::string> command = {"unshare", "-n", "sh", "-c", enter};
    for (std::string& word : viewer_command(url, {"--no-audio", "--address", kTheirs}))
      command.push_back(std::move(word));
    viewer = std::make_unique<Process>(command);
    std::string process = std::to_string(viewer->pid());
    ASSERT_TRUE(
        SinkPipeline::eventually([&] { return network_of(process) != network_of("self"); }));
    ASSERT_TRUE(ip({"link", "set", "theirs", "netns", process}));
    ASSERT_TRUE(receives(*viewer, 5));
  }

  void expect_removal() {
    ASSERT_EQ(sink->viewers(), 1u);
    ASSERT_TRUE(ip({"link", "set", "ours", "down"}));
    // That it took seconds, and no timeout of TCP's, its reason tells.
    auto removed = sink->wait_for("webcast-viewer-removed", std::chrono::seconds(120));
    ASSERT_TRUE(removed);
    std::string reason = field(*removed, "reason");
    const std::string silent = "not been heard of for ";
    ASSERT_NE(reason.find(silent), std::string::npos) << reason;
    EXPECT_LE(std::stoi(reason.substr(reason.find(silent) + silent.size())), 30)
        << "seconds, the promise of the interface: " << reason;
    EXPECT_EQ(sink->viewers(), 0u);
  }

  std::unique_ptr<SinkPipeline> sink;
  std::unique_ptr<Process> viewer;
  std::string url;
};

TEST_F(NetworkCut, AViewerBehindItIsRemovedWithinThirtySeconds) {
  watch_from_the_other_machine();
  expect_removal();
}

TEST_F(NetworkCut, SoIsOneOfAPausedStream) {
  watch_from_the_other_machine();
  ASSERT_TRUE(sink->pause());
  expect_removal();
}

}  // namespace
