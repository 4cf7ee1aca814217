// The pure parts of the swarm of light viewers: what it counts, and what it says in SDP.
#include <gtest/gtest.h>

#include <array>

#include "tests/bench/swarm/description.hpp"
#include "tests/bench/swarm/rtp_counter.hpp"

namespace webcast::swarm {
namespace {

using Packet = std::array<uint8_t, 20>;

Packet packet(uint16_t sequence, bool marker = false) {
  Packet bytes{};
  bytes[0] = 0x80;
  bytes[1] = static_cast<uint8_t>(96 | (marker ? 0x80 : 0));
  bytes[2] = static_cast<uint8_t>(sequence >> 8);
  bytes[3] = static_cast<uint8_t>(sequence);
  bytes[11] = 7;
  return bytes;
}

RtpCounter counter_of(std::initializer_list<uint16_t> sequences) {
  RtpCounter counter;
  counter.set_payload_types({{96, {StreamKind::video, 90000}}});
  for (uint16_t sequence : sequences)
    counter.count(packet(sequence), 0);
  return counter;
}

LocalDescription viewer() {
  return {.ufrag = "user",
          .password = "secret",
          .fingerprint = "sha-256 AA",
          .candidates = {"candidate:1 1 UDP 1 127.0.0.1 9 typ host"},
          .codecs = {"H264", "VP8"}};
}

TEST(RtpCounter, CountsFramesByTheMarker) {
  RtpCounter counter;
  counter.set_payload_types({{96, {StreamKind::video, 90000}}});
  for (uint16_t sequence = 1; sequence <= 6; ++sequence)
    EXPECT_TRUE(counter.count(packet(sequence, sequence % 3 == 0), 0));
  EXPECT_EQ(counter.streams()[0].frames, 2u);
  EXPECT_EQ(counter.streams()[0].packets, 6u);
  EXPECT_EQ(counter.streams()[0].bytes, 120u);
}

TEST(RtpCounter, GoesOverTheEndOfTheSequence) {
  auto counter = counter_of({65534, 65535, 0, 1});
  EXPECT_EQ(counter.streams()[0].lost(), 0u);
  EXPECT_EQ(counter.streams()[0].gaps, 0u);
}

TEST(RtpCounter, ReportsOneGapOfThreePackets) {
  auto counter = counter_of({10, 11, 15});
  EXPECT_EQ(counter.streams()[0].gaps, 1u);
  EXPECT_EQ(counter.streams()[0].lost(), 3u);
}

TEST(RtpCounter, ALatePacketIsNotLost) {
  auto counter = counter_of({10, 12, 11, 13});
  EXPECT_EQ(counter.streams()[0].lost(), 0u);
  EXPECT_EQ(counter.streams()[0].late, 1u);
}

TEST(RtpCounter, KeepsUnknownPayloadTypesApart) {
  RtpCounter counter;
  EXPECT_FALSE(counter.count(packet(1), 0));
  EXPECT_EQ(counter.unknown(), 1u);
  EXPECT_TRUE(counter.streams().empty());
}

TEST(SwarmDescription, AnOfferIsReadAsItWasWritten) {
  auto read = parse_description(make_offer(viewer()));
  EXPECT_TRUE(read.complete());
  EXPECT_EQ(read.setup, "actpass");
  EXPECT_EQ(read.candidates, viewer().candidates);
  ASSERT_EQ(read.media.size(), 2u);
  EXPECT_EQ(read.payload_types.at(96).kind, StreamKind::video);
  EXPECT_EQ(read.payload_types.at(97).kind, StreamKind::retransmission);
  EXPECT_EQ(read.payload_types.at(111).kind, StreamKind::audio);
}

TEST(SwarmDescription, AnAnswerTakesOneWantedCodec) {
  auto offer = parse_description(make_offer(viewer()));
  LocalDescription local = viewer();
  local.codecs = {"VP8"};
  local.audio = false;
  auto answer = parse_description(make_answer(local, offer));
  EXPECT_EQ(answer.setup, "active");
  EXPECT_EQ(answer.codec, "VP8");
  ASSERT_EQ(answer.media.size(), 2u);
  EXPECT_EQ(answer.media[0].payload_types, (std::vector<std::string>{"98", "99"}));
  EXPECT_FALSE(answer.media[1].accepted);
}

TEST(SwarmDescription, ABundleOnlyMediumIsAccepted) {
  auto read = parse_description(
      "v=0\r\nm=audio 0 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=bundle-only\r\n");
  EXPECT_TRUE(read.media.at(0).accepted);
  EXPECT_EQ(read.payload_types.at(111).clock_rate, 48000);
}

}  // namespace
}  // namespace webcast::swarm
