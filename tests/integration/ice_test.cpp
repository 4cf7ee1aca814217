// Which addresses and ports media leaves from, and the way through a TURN server.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "plugins/peer/turn_credential.hpp"
#include "tests/integration/viewer_process.hpp"
#include "tests/support/free_port.hpp"

using namespace webcast;
using namespace webcast::test;

namespace {

struct Candidate {
  std::string address, type, protocol;
  unsigned port = 0;
};

// Every candidate that the sink sends until the viewer gets media: in its SDP and after it.
std::vector<Candidate> candidates_until_media(Process& viewer) {
  std::vector<Candidate> candidates;
  static const std::regex pattern(R"(candidate:\S+ \d+ (\S+) \d+ (\S+) (\d+) typ (\w+))",
                                  std::regex::icase);
  auto media = viewer.wait_line(
      [&](const std::string& line) {
        std::string event = json_field(line, "event");
        std::string text = json_field(line, event == "candidate" ? "candidate" : "sdp");
        for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end;
             ++match)
          candidates.push_back({(*match)[2], (*match)[4], (*match)[1],
                                static_cast<unsigned>(std::stoul((*match)[3]))});
        return event == "progress" && json_field(line, "video_frames") != "0";
      },
      kPatience);
  EXPECT_TRUE(media) << "no media";
  EXPECT_FALSE(candidates.empty());
  return candidates;
}

bool accepts_connections(unsigned port) {
  int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  bool accepted = ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(descriptor);
  return accepted;
}

const std::string kBareSink = " webcastsink name=s location=listen://127.0.0.1:0 ";

class Ice : public testing::Test {
 protected:
  void launch(const std::string& settings) {
    sink = std::make_unique<SinkPipeline>(kVideo + kBareSink + settings);
    url = sink->play_and_listen();
    ASSERT_FALSE(url.empty());
  }
  std::unique_ptr<SinkPipeline> sink;
  std::string url;
};

TEST_F(Ice, LocalAddressesAreTheOnlyOnes) {
  launch("local-addresses=\"<127.0.0.1>\"");
  auto viewer = watch(url, {"--no-audio"});
  for (const Candidate& candidate : candidates_until_media(*viewer))
    EXPECT_EQ(candidate.address, "127.0.0.1");
}

TEST_F(Ice, APortRangeIsKept) {
  launch("local-addresses=\"<127.0.0.1>\" min-port=42100 max-port=42119");
  auto viewer = watch(url, {"--no-audio"});
  for (const Candidate& candidate : candidates_until_media(*viewer)) {
    EXPECT_GE(candidate.port, 42100u);
    EXPECT_LE(candidate.port, 42119u);
  }
}

TEST_F(Ice, AnExternalAddressIsACandidateBesideTheLocalOne) {
  launch("local-addresses=\"<127.0.0.1>\" external-address=203.0.113.9");
  auto viewer = watch(url, {"--no-audio"});
  std::set<std::string> addresses;
  for (const Candidate& candidate : candidates_until_media(*viewer))
    addresses.insert(candidate.address);
  EXPECT_TRUE(addresses.count("127.0.0.1"));
  EXPECT_TRUE(addresses.count("203.0.113.9"));
}

TEST_F(Ice, WithoutSettingsAViewerOnTheSameMachineIsReached) {
  launch("");
  auto viewer = watch(url, {"--no-audio"});
  EXPECT_TRUE(receives(*viewer, 15));
}

// A viewer's word leads nowhere then; what it sends itself does.
TEST_F(Ice, PeerNetworksSayWhichOfAViewersAddressesAreTried) {
  for (bool all : {false, true}) {
    launch(std::string("peer-networks=") + (all ? "all" : "public"));
    auto viewer = watch(url, {"--no-audio"});
    ASSERT_TRUE(receives(*viewer, 15));
    GstStructure* taken = nullptr;
    g_object_get(sink->sink(), "stats", &taken, nullptr);
    char* text = gst_structure_to_string(taken);
    gst_structure_free(taken);
    std::string stats = text;
    g_free(text);
    std::erase(stats, '\\');
    bool none = stats.find("candidates-refused=(uint)0") != std::string::npos;
    EXPECT_NE(stats.find("candidates-refused"), std::string::npos) << stats;
    EXPECT_EQ(none, all) << stats;
  }
}

// coturn of the distribution, on loopback.
class TurnServer : public Ice {
 protected:
  // The command line without the port.
  virtual std::vector<std::string> command() = 0;
  void SetUp() override {
    gchar* found = g_find_program_in_path("turnserver");
    ASSERT_NE(found, nullptr) << "install coturn: tests/run.sh does";
    g_free(found);
    port_ = free_port();
    std::vector<std::string> words = command();
    for (const char* word : {"--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1",
                             "--allow-loopback-peers", "--pidfile=", "--userdb=/nonexistent"})
      words.push_back(word);
    words.push_back("--listening-port=" + std::to_string(port_));
    server_ = std::make_unique<Process>(words);
    ASSERT_TRUE(SinkPipeline::eventually([&] { return accepts_connections(port_); }));
  }
  static std::vector<std::string> bare(std::initializer_list<std::string> credentials) {
    std::vector<std::string> words = {
        "turnserver", "-n",           "--log-file=stdout", "--no-tls",        "--no-dtls",
        "--no-cli",   "--realm=test", "--min-port=43000",  "--max-port=43099"};
    words.insert(words.end(), credentials);
    return words;
  }
  // `userinfo`: "user:password@" or nothing.
  std::string server(const std::string& userinfo) const {
    return "turn://" + userinfo + "127.0.0.1:" + std::to_string(port_);
  }
  void launch_relayed(const std::string& server, const std::string& settings = "") {
    launch("ice-transport-policy=relay turn-servers=\"<\\\"" + server + "\\\">\" " + settings);
  }
  void expect_relayed() {
    auto viewer = watch(url, {"--no-audio"});
    for (const Candidate& candidate : candidates_until_media(*viewer)) {
      EXPECT_EQ(candidate.type, "relay");
      EXPECT_GE(candidate.port, 43000u);
      EXPECT_LE(candidate.port, 43099u);
    }
    EXPECT_TRUE(receives(*viewer, 30));
  }
  void expect_turned_away() {
    auto viewer = watch(url, {"--no-audio"});
    auto ended = viewer->wait_line_with("\"ended\"", std::chrono::seconds(45));
    ASSERT_TRUE(ended);
    EXPECT_FALSE(json_field(*ended, "error").empty());
  }

 private:
  unsigned port_ = 0;
  std::unique_ptr<Process> server_;
};

class Turn : public TurnServer {
  std::vector<std::string> command() override {
    return bare({"--lt-cred-mech", "--user=alice:wonder-s3cret"});
  }
};

class TurnSecret : public TurnServer {
  std::vector<std::string> command() override {
    return bare({"--use-auth-secret", "--static-auth-secret=north-s3cret"});
  }
};

// pipelines/deploy/coturn.conf, with what belongs to one machine replaced.
class TurnRecipe : public TurnServer {
 protected:
  ~TurnRecipe() override { std::filesystem::remove(file_); }

 private:
  std::vector<std::string> command() override {
    std::ifstream recipe(std::string(g_getenv("WEBCAST_SOURCE")) + "/pipelines/deploy/coturn.conf");
    std::string text((std::istreambuf_iterator<char>(recipe)), {});
    for (const auto& [line, ours] : std::vector<std::pair<std::string, std::string>>{
             {"listening-port=3478\n", ""},
             {"tls-listening-port=5349\n", "no-tls\nno-dtls\n"},
             {"external-ip=203.0.113.7\n", ""},
             {"static-auth-secret=CHANGE-ME\n", "static-auth-secret=north-s3cret\n"},
             {"cert=/etc/letsencrypt/live/turn.example.org/fullchain.pem\n", ""},
             {"pkey=/etc/letsencrypt/live/turn.example.org/privkey.pem\n", ""},
             {"min-port=49152\nmax-port=65535\n", "min-port=43000\nmax-port=43099\n"},
             {"#allowed-peer-ip=192.168.1.10\n", "allowed-peer-ip=127.0.0.1\n"},
             {"log-file=syslog\n", "log-file=stdout\n"}}) {
      size_t at = text.find("\n" + line);
      EXPECT_NE(at, std::string::npos) << line;
      if (at != std::string::npos) text.replace(at + 1, line.size(), ours);
    }
    file_ = std::filesystem::path(testing::TempDir()) /
            ("webcast-coturn-" + std::to_string(getpid()) + ".conf");
    std::ofstream(file_) << text;
    return {"turnserver", "-c", file_.string()};
  }
  std::filesystem::path file_;
};

TEST_F(Turn, RelayPolicySendsOnlyThroughTheServerOverUdp) {
  launch_relayed(server("alice:wonder-s3cret@") + "?transport=udp");
  expect_relayed();
}
TEST_F(Turn, RelayPolicySendsOnlyThroughTheServerOverTcp) {
  launch_relayed(server("alice:wonder-s3cret@") + "?transport=tcp");
  expect_relayed();
}
TEST_F(Turn, WrongCredentialsEndTheViewerWithAReason) {
  launch_relayed(server("alice:wrong-s3cret@"));
  expect_turned_away();
}

TEST_F(TurnSecret, GivesAViewerACredentialThatTheServerTakes) {
  launch_relayed(server("") + "?transport=udp", "turn-secret=north-s3cret");
  expect_relayed();
}
TEST_F(TurnSecret, OfAnotherServerEndsTheViewerWithAReason) {
  launch_relayed(server(""), "turn-secret=south-s3cret");
  expect_turned_away();
}
TEST_F(TurnSecret, CredentialsThatExpiredAreRefusedByTheServer) {
  auto past = std::chrono::system_clock::now() - kTurnCredentialLife - std::chrono::minutes(1);
  auto expired = with_turn_credential(server(""), "north-s3cret", "viewer", past);
  ASSERT_TRUE(expired);
  launch_relayed(*expired);
  expect_turned_away();
}

TEST_F(TurnRecipe, GivesAViewerACredentialThatTheServerTakes) {
  launch_relayed(server("") + "?transport=udp", "turn-secret=north-s3cret");
  expect_relayed();
}

}  // namespace
