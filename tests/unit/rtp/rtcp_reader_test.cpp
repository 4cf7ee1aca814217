#include "plugins/rtp/rtcp_reader.hpp"

#include <gtest/gtest.h>

#include <random>

namespace webcast::test {
namespace {

void add32(std::vector<uint8_t>& bytes, uint32_t value) {
  for (int shift : {24, 16, 8, 0})
    bytes.push_back(static_cast<uint8_t>(value >> shift));
}
std::vector<uint8_t> packet(uint8_t type, uint8_t count, const std::vector<uint32_t>& words) {
  std::vector<uint8_t> bytes = {static_cast<uint8_t>(0x80 | count), type, 0,
                                static_cast<uint8_t>(words.size())};
  for (uint32_t word : words)
    add32(bytes, word);
  return bytes;
}
constexpr uint32_t kVideo = 0x1111, kAudio = 0x2222;
// 1000.5 s since 1900, in 32.32.
constexpr guint64 kNow = (G_GUINT64_CONSTANT(1000) << 32) | 0x80000000u;

RtcpReader reader() {
  return RtcpReader({{kVideo, 90000}, {kAudio, 48000}});
}

TEST(RtcpReader, ReadsReportsOfBothMediaInOnePacket) {
  RtcpReader rtcp = reader();
  // The report came 250 ms after ours, 100 ms of which the viewer kept it.
  uint32_t last_report = static_cast<uint32_t>(kNow >> 16) - 16384;
  auto bytes = packet(201, 2,
                      {99, kVideo, 0x40000005, 7, 900, last_report, 6554,  //
                       kAudio, 0x00ffffff, 7, 480, 0, 0});
  EXPECT_TRUE(rtcp.read(bytes, kNow));
  const ReceptionReport& video = rtcp.reports().at(kVideo);
  EXPECT_DOUBLE_EQ(video.fraction_lost, 0.25);
  EXPECT_EQ(video.packets_lost, 5);
  EXPECT_DOUBLE_EQ(video.jitter_ms, 10);
  EXPECT_NEAR(video.round_trip_ms, 150, 1);
  const ReceptionReport& audio = rtcp.reports().at(kAudio);
  EXPECT_EQ(audio.packets_lost, -1);
  EXPECT_DOUBLE_EQ(audio.jitter_ms, 10);
  EXPECT_DOUBLE_EQ(audio.round_trip_ms, 0);
}

TEST(RtcpReader, CountsFeedbackBySource) {
  RtcpReader rtcp = reader();
  auto bytes = packet(206, 1, {99, kVideo});                          // PLI
  auto fir = packet(206, 4, {99, 0, kVideo, 0x01000000});             // FIR
  auto nack = packet(205, 1, {99, kVideo, 0x00640003, 0x00c80000});   // 3 and 1 packets
  auto twcc = packet(205, 15, {99, kVideo, 0x00640003, 0x00c80000});  // not a NACK
  for (const auto& more : {fir, nack, twcc})
    bytes.insert(bytes.end(), more.begin(), more.end());
  EXPECT_TRUE(rtcp.read(bytes, kNow));
  const ReceptionReport& video = rtcp.reports().at(kVideo);
  EXPECT_EQ(video.pli, 1u);
  EXPECT_EQ(video.fir, 1u);
  EXPECT_EQ(video.nack, 4u);
  EXPECT_EQ(rtcp.reports().at(kAudio).nack, 0u);
}

TEST(RtcpReader, IgnoresSourcesThatAreNotOurs) {
  RtcpReader rtcp = reader();
  EXPECT_TRUE(rtcp.read(packet(206, 1, {99, 0x3333}), kNow));
  EXPECT_EQ(rtcp.reports().size(), 2u);
}

TEST(RtcpReader, SaysWhatIsNotRtcp) {
  RtcpReader rtcp = reader();
  EXPECT_FALSE(rtcp.read({}, kNow));
  EXPECT_FALSE(rtcp.read(std::vector<uint8_t>{0x80, 96, 0, 0}, kNow));
  EXPECT_FALSE(rtcp.read(std::vector<uint8_t>{0x80, 201, 0, 9}, kNow));
}

TEST(RtcpReader, SurvivesAnyBytes) {
  RtcpReader rtcp = reader();
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::vector<uint8_t> bytes(random() % 64);
    for (uint8_t& byte : bytes)
      byte = static_cast<uint8_t>(random());
    if (bytes.size() > 3) {
      bytes[0] = static_cast<uint8_t>(0x80 | (bytes[0] & 0x1f));
      bytes[1] = static_cast<uint8_t>(200 + bytes[1] % 8);
      bytes[2] = 0;
      bytes[3] &= 0x0f;
    }
    rtcp.read(bytes, kNow);
  }
}

}  // namespace
}  // namespace webcast::test
