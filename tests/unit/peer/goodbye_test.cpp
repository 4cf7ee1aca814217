// How a session ends on the wire, and what is told of a handshake that fails.
#include "plugins/peer/dtls_alert.hpp"
#include "plugins/rtp/rtcp_bye.hpp"
#include "tests/unit/peer/rig.hpp"

namespace webcast::test {
namespace {

const std::vector<ViewerMedium> kVp8 = {{"video", "VP8", 100}};

TEST(Goodbye, ACompoundPacketNamesAllSources) {
  EXPECT_TRUE(make_bye({}, "name").empty());
  for (const std::string& name : {std::string(), std::string("a"), std::string("ab"),
                                  std::string("abcd"), std::string(300, 'x')}) {
    std::vector<uint32_t> ssrcs = {0x01020304, 0xa0b0c0d0};
    std::vector<uint8_t> packet = make_bye(ssrcs, name);
    ASSERT_EQ(packet.size() % 4, 0u);
    std::vector<int> types;
    for (size_t at = 0; at < packet.size();) {
      EXPECT_EQ(packet[at] >> 6, 2);
      types.push_back(packet[at + 1]);
      at += 4 * (1u + static_cast<size_t>(packet[at + 2] << 8 | packet[at + 3]));
      EXPECT_LE(at, packet.size());
    }
    EXPECT_EQ(types, (std::vector<int>{201, 202, 203})) << name.size();
    EXPECT_EQ(std::vector<uint8_t>(packet.end() - 12, packet.end()),
              (std::vector<uint8_t>{0x82, 203, 0, 2, 1, 2, 3, 4, 0xa0, 0xb0, 0xc0, 0xd0}));
  }
  EXPECT_EQ(make_bye(std::vector<uint32_t>(40, 1), "")[20] & 31, 31);
}

TEST(DtlsAlert, OnlyAFatalOneInTheClearIsRead) {
  std::vector<uint8_t> alert = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 2, 40};
  EXPECT_EQ(fatal_alert(alert), 40);
  std::vector<uint8_t> behind = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3};
  behind.insert(behind.end(), alert.begin(), alert.end());
  EXPECT_EQ(fatal_alert(behind), 40);
  for (size_t size = 0; size < behind.size(); ++size)
    EXPECT_FALSE(fatal_alert({behind.data(), size})) << size;
  alert[13] = 1;
  EXPECT_FALSE(fatal_alert(alert)) << "a warning";
  alert[13] = 2;
  alert[4] = 1;
  EXPECT_FALSE(fatal_alert(alert)) << "encrypted";
  EXPECT_NE(alert_meaning(70).find("protocol_version"), std::string::npos);
  EXPECT_EQ(alert_meaning(200), "alert 200");
}

TEST(DtlsAlert, EachHasARemedy) {
  EXPECT_NE(alert_remedy(45).find("fingerprint"), std::string::npos) << "of ours: RFC 8827";
  EXPECT_NE(alert_remedy(47).find("P-256"), std::string::npos);
  EXPECT_NE(alert_remedy(70).find("DTLS 1.2"), std::string::npos);
  for (int alert = 0; alert < 256; ++alert)
    EXPECT_EQ(alert_remedy(static_cast<uint8_t>(alert)).back(), '.') << alert;
}

TEST(Goodbye, AViewerIsToldByByeAndCloseNotify) {
  Rig rig;
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_packets(30));
  // A report of ours was answered: RTCP flows.
  ASSERT_TRUE(eventually([&] { return rig.stats().media[0].round_trip_ms > 0; }));
  EXPECT_EQ(rig.viewer->byes(), 0u);
  rig.close_peer();
  EXPECT_TRUE(eventually([&] { return rig.viewer->byes() >= 1; }));
  EXPECT_TRUE(eventually([&] { return rig.viewer->closed_by_peer(); }));
}

TEST(Goodbye, AViewerThatHearsNothingHoldsNobodyUp) {
  Rig rig;
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_packets(30));
  rig.viewer->mute();
  rig.close_peer();
  Peer::wait_for_reaper();
}

TEST(Dtls, AFailedHandshakeTellsItsCause) {
  Rig rig;
  rig.viewer->alert_at_once(70);
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(eventually([&] { return rig.closed().has_value(); }));
  EXPECT_NE(
      rig.closed()->sentence.find("(DTLS) failed: the viewer's side says: the two sides have "
                                  "no version of DTLS in common (protocol_version). The viewer's "
                                  "program needs DTLS 1.2."),
      std::string::npos)
      << rig.closed()->sentence;
}

}  // namespace
}  // namespace webcast::test

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
