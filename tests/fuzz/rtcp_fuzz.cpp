// RTCP of a hostile viewer: it is counted for our own sources alone, and no packet counts for more
// than stands in it.
#include "plugins/peer/datagram_filter.hpp"
#include "plugins/rtp/rtcp_reader.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/fuzz/hex.hpp"

using namespace webcast;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<uint8_t> packet = test::bytes_of(data, size);
  RtcpReader reader({{0x11111111, 90000}, {0x22222222, 48000}});
  // Half a packet first: what it began is not waited for.
  reader.read(std::span(packet).first(packet.size() / 2), 0);
  RtcpReader fresh({{0x11111111, 90000}, {0x22222222, 48000}});
  bool is_rtcp = fresh.read(packet, guint64{1} << 40);
  WEBCAST_EXPECT(!is_rtcp || packet.size() >= 4);
  WEBCAST_EXPECT(fresh.reports().size() == 2);
  guint64 nack = 0, pictures = 0;
  for (const auto& [ssrc, report] : fresh.reports()) {
    WEBCAST_EXPECT(report.fraction_lost >= 0 && report.fraction_lost < 1);
    WEBCAST_EXPECT(report.jitter_ms >= 0 && report.round_trip_ms >= 0);
    WEBCAST_EXPECT(report.packets_lost >= -(1 << 23) && report.packets_lost < 1 << 23);
    WEBCAST_EXPECT(is_rtcp || (report.nack == 0 && report.pli == 0 && report.fir == 0));
    nack += report.nack;
    pictures += report.pli + report.fir;
  }
  WEBCAST_EXPECT(asked_again(packet) <= packet.size() / 4 * 17);
  std::vector<uint8_t> forgotten(packet.begin(), packet.end());
  forget_nacks(forgotten);
  WEBCAST_EXPECT(asked_again(forgotten) == 0);
  DatagramFilter viewer(false), publisher(true);
  // Before a Finished no RTCP passes.
  std::vector<uint8_t> finished = {22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 48};
  finished.resize(finished.size() + 48);
  WEBCAST_EXPECT(viewer.passes(finished, {}) && publisher.passes(finished, {}));
  bool from_viewer = viewer.passes(packet, {}), from_publisher = publisher.passes(packet, {});
  WEBCAST_EXPECT(from_publisher || !from_viewer);
  WEBCAST_EXPECT(!from_publisher || packet.size() >= 12);
  // An entry of four bytes names 17 packets at most; a wish for a picture takes eight bytes.
  WEBCAST_EXPECT(nack <= packet.size() / 4 * 17);
  WEBCAST_EXPECT(pictures <= packet.size() / 8);
  return 0;
}
