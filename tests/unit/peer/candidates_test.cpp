// The addresses that the other side names, and the datagrams that come from anywhere.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/peer/rig.hpp"

namespace webcast::test {
namespace {

const std::vector<ViewerMedium> kVp8 = {{"video", "VP8", 100}};

// A service of this machine that has nothing to do with us.
class Bystander {
 public:
  Bystander() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bind(socket_, reinterpret_cast<sockaddr*>(&address), length);
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
  }
  ~Bystander() { ::close(socket_); }
  IceCandidate candidate() const {
    return {0, "candidate:9 1 udp 2113937151 127.0.0.1 " + std::to_string(port_) + " typ host"};
  }
  bool was_sent_to() const {
    char byte = 0;
    return recv(socket_, &byte, 1, MSG_DONTWAIT) >= 0;
  }

 private:
  int socket_ = socket(AF_INET, SOCK_DGRAM, 0);
  unsigned port_ = 0;
};

void name_candidate(Rig& rig, const IceCandidate& candidate) {
  rig.control.call([&] { rig.peer->add_remote_candidate(candidate); });
}

TEST(PeerCandidates, AnAddressThatIsAllowedIsTried) {
  Bystander bystander;
  Rig rig;
  rig.hold_candidates = true;
  rig.viewer_offers(kVp8);
  name_candidate(rig, bystander.candidate());
  EXPECT_TRUE(eventually([&] { return bystander.was_sent_to(); }));
  EXPECT_EQ(rig.stats().candidates_refused, 0u);
}

// The viewer is there too, and is found by what it sends.
TEST(PeerCandidates, ARefusedAddressIsNeverSentToAndWhoeverCallsFromThereIsAnswered) {
  Bystander bystander;
  PeerSettings settings;
  settings.ice.candidate_networks.loopback = false;
  Rig rig({video_format()}, settings);
  rig.viewer_offers(kVp8);
  name_candidate(rig, bystander.candidate());
  ASSERT_TRUE(rig.wait_connected());
  EXPECT_TRUE(rig.wait_packets(30));
  EXPECT_GE(rig.stats().candidates_refused, 1u);
  EXPECT_FALSE(bystander.was_sent_to());
}

TEST(PeerCandidates, WhoWasNotReachedHearsThatAddressesWereNotTried) {
  PeerSettings settings;
  settings.ice.candidate_networks.loopback = false;
  settings.connect_timeout = std::chrono::milliseconds(300);
  Rig rig({video_format()}, settings);
  rig.viewer.reset();
  rig.sink_offers();
  name_candidate(rig, Bystander().candidate());
  ASSERT_TRUE(eventually([&] { return rig.closed().has_value(); }));
  EXPECT_NE(rig.closed()->sentence.find("peer-networks"), std::string::npos)
      << rig.closed()->sentence;
}

}  // namespace
}  // namespace webcast::test
