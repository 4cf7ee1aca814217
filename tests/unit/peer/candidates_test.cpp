// The addresses that the other side names, and the datagrams that come from anywhere.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <regex>

#include "tests/unit/peer/rig.hpp"

namespace webcast::test {
namespace {

const std::vector<ViewerMedium> kVp8 = {{"video", "VP8", 100}};

using Bytes = std::vector<uint8_t>;

// Of each first byte, short and long: STUN, DTLS, TURN channels, RTP and RTCP in the clear, and
// what nobody knows.
std::vector<Bytes> junk() {
  std::vector<Bytes> all;
  for (unsigned first = 0; first < 256; first++)
    for (size_t size : {1, 2, 12, 13, 20, 60, 1200}) {
      Bytes datagram(size);
      for (size_t i = 0; i < size; i++)
        datagram[i] = static_cast<uint8_t>(i * 37 + first);
      datagram[0] = static_cast<uint8_t>(first);
      all.push_back(std::move(datagram));
    }
  for (uint8_t first : {0, 22, 128, 144, 255}) {
    all.emplace_back(65'000, first);
    all.emplace_back(9'000, first);
  }
  // Well-formed records that belong to no handshake: of each type, in the clear and encrypted.
  for (uint8_t type : {20, 22, 23, 24, 40})
    for (uint8_t epoch : {0, 1, 2})
      for (uint8_t length : {0, 1, 2, 48}) {
        Bytes record = {type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 9, 9, 0, length};
        record.insert(record.end(), length, 7);
        all.push_back(std::move(record));
      }
  // A STUN binding request of nobody's, and a response to none.
  for (uint8_t kind : {0, 1}) {
    Bytes stun = {kind, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
    stun.resize(20, 5);
    all.push_back(std::move(stun));
  }
  return all;
}

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
  void send_to(unsigned port, const Bytes& datagram) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    sendto(socket_, datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&address),
           sizeof address);
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
  settings.connect_timeout = std::chrono::seconds(3);
  Rig rig({video_format()}, settings);
  rig.viewer.reset();
  rig.sink_offers();
  name_candidate(rig, Bystander().candidate());
  ASSERT_TRUE(eventually([&] { return rig.closed().has_value(); }));
  EXPECT_NE(rig.closed()->sentence.find("peer-networks"), std::string::npos)
      << rig.closed()->sentence;
}

unsigned port_of_media(Rig& rig) {
  std::string sdp = rig.our_sdp();
  std::smatch match;
  bool found =
      std::regex_search(sdp, match, std::regex("candidate:.* 127\\.0\\.0\\.1 (\\d+) typ host"));
  return found ? static_cast<unsigned>(std::stoul(match[1])) : 0;
}

void expect_it_goes_on(Rig& rig) {
  EXPECT_TRUE(rig.wait_packets(rig.viewer->packets() + 30));
  EXPECT_FALSE(rig.closed()) << rig.closed()->sentence << rig.closed()->cause;
}

TEST(Datagrams, AStrangersEndNobodysSession) {
  Rig rig;
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_packets(30));
  unsigned port = port_of_media(rig);
  ASSERT_NE(port, 0u) << rig.our_sdp();
  Bystander stranger;
  stranger.send_to(port, {});
  for (const Bytes& datagram : junk())
    stranger.send_to(port, datagram);
  expect_it_goes_on(rig);
  EXPECT_FALSE(stranger.was_sent_to()) << "nobody is answered who did not say who he is";
}

TEST(Datagrams, AStrangersBeforeTheHandshakeKeepNobodyOut) {
  Rig rig;
  rig.hold_candidates = true;
  rig.viewer_offers(kVp8);
  unsigned port = 0;
  ASSERT_TRUE(eventually([&] { return (port = port_of_media(rig)) != 0; }));
  Bystander stranger;
  for (const Bytes& datagram : junk())
    stranger.send_to(port, datagram);
  rig.release_candidates();
  ASSERT_TRUE(rig.wait_connected());
  expect_it_goes_on(rig);
}

Bytes record(uint8_t type, uint8_t epoch, size_t length, uint16_t version = 0xfefd) {
  Bytes bytes = {type, static_cast<uint8_t>(version >> 8), static_cast<uint8_t>(version), 0, epoch};
  bytes.insert(bytes.end(), {0, 0, 0, 0, 3, 0xe8});
  bytes.insert(bytes.end(), {static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)});
  bytes.resize(bytes.size() + length, 'x');
  return bytes;
}

// Anybody who knows its address can send them. OpenSSL (3.0) takes those that are too short for
// its keys for an error of its own, and ends the session.
TEST(Datagrams, ForgedFromAViewersAddressDoNotEndItsSession) {
  Rig rig;
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_packets(30));
  for (const Bytes& datagram : junk())
    rig.viewer->send_raw(datagram);
  for (size_t length : {0u, 1u, 7u, 8u, 15u, 16u, 18u, 23u}) {
    Bytes brief = record(23, 1, length);
    rig.viewer->send_raw(brief);
    for (Bytes before : {record(23, 1, 40), record(22, 0, 60), record(60, 0, 0),
                         record(22, 0, 0, 0xfefc), record(22, 0, 0, 0xfeff)}) {
      before.insert(before.end(), brief.begin(), brief.end());
      rig.viewer->send_raw(before);
    }
  }
  EXPECT_TRUE(eventually([&] { return rig.stats().packets_refused >= 8; }));
  expect_it_goes_on(rig);
}

// webrtcbin (1.22) has nobody to give it to.
TEST(Datagrams, DataThatNobodyAgreedOnDoesNotEndTheSession) {
  Rig rig;
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_packets(30));
  rig.viewer->send_data(Bytes(100, 1));
  EXPECT_TRUE(eventually([&] { return rig.stats().packets_refused > 0; }));
  expect_it_goes_on(rig);
}

TEST(Datagrams, AViewersEarlyOnesDoNotEndItsSession) {
  Rig rig;
  for (const Bytes& datagram : junk())
    if (datagram[0] < 20 || datagram[0] > 63) rig.viewer->said_early.push_back(datagram);
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_connected());
  expect_it_goes_on(rig);
}

}  // namespace
}  // namespace webcast::test
