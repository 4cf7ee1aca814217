#include "plugins/peer/datagram_filter.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace webcast {
namespace {

using Bytes = std::vector<uint8_t>;
const DatagramFilter::Time kStart{std::chrono::seconds(100)};

// The shortest that can be genuine, from `ssrc`.
Bytes rtp(uint32_t ssrc, uint8_t type = 96) {
  Bytes packet(24);
  packet[0] = 0x80;
  packet[1] = type;
  for (unsigned i = 0; i < 4; i++)
    packet[8 + i] = static_cast<uint8_t>(ssrc >> (24 - 8 * i));
  return packet;
}
Bytes rtcp(uint32_t ssrc, uint8_t type = 201) {
  Bytes packet(20);
  packet[0] = 0x80;
  packet[1] = type;
  for (unsigned i = 0; i < 4; i++)
    packet[4 + i] = static_cast<uint8_t>(ssrc >> (24 - 8 * i));
  return packet;
}
Bytes dtls(uint8_t type, size_t length) {
  Bytes record(13 + length);
  record[0] = type;
  record[1] = 0xfe;
  record[2] = 0xfd;
  record[11] = static_cast<uint8_t>(length >> 8);
  record[12] = static_cast<uint8_t>(length);
  return record;
}
Bytes nack(size_t entries, uint16_t mask) {
  Bytes packet(12 + 4 * entries);
  packet[0] = 0x81;
  packet[1] = 205;
  packet[3] = static_cast<uint8_t>(2 + entries);
  for (size_t i = 0; i < entries; i++) {
    packet[14 + 4 * i] = static_cast<uint8_t>(mask >> 8);
    packet[15 + 4 * i] = static_cast<uint8_t>(mask);
  }
  return packet;
}

TEST(DatagramFilter, PassesWhatASessionIsMadeOf) {
  DatagramFilter viewer(false), publisher(true);
  for (uint8_t type : {20, 21, 22, 23, 63}) {
    EXPECT_TRUE(viewer.passes(dtls(type, 40), kStart));
    EXPECT_TRUE(publisher.passes(dtls(type, 0), kStart));
  }
  for (uint8_t type : {192, 200, 201, 205, 206, 223})
    EXPECT_TRUE(viewer.passes(rtcp(7, type), kStart));
  EXPECT_TRUE(publisher.passes(rtp(7), kStart));
  EXPECT_TRUE(publisher.passes(rtp(7, 0x80 | 96), kStart)) << "with the marker";
  EXPECT_TRUE(publisher.passes(rtcp(7), kStart));
}

TEST(DatagramFilter, DropsWhatNobodyCanUseOfAnyFirstByteAndSize) {
  DatagramFilter viewer(false);
  for (unsigned first = 0; first < 256; first++) {
    for (size_t size : {size_t{0}, size_t{1}, size_t{2}, size_t{7}, size_t{12}}) {
      Bytes junk(size, static_cast<uint8_t>(first));
      EXPECT_FALSE(viewer.passes(junk, kStart)) << first << ' ' << size;
    }
    bool known = (first >= 20 && first <= 63) || (first >= 128 && first <= 191);
    Bytes zeros(65'000);
    zeros[0] = static_cast<uint8_t>(first);
    EXPECT_FALSE(viewer.passes(zeros, kStart)) << first << (known ? " (a kind that is known)" : "");
  }
  Bytes cut = dtls(22, 40);
  cut.pop_back();
  EXPECT_FALSE(viewer.passes(cut, kStart)) << "half a record";
  EXPECT_FALSE(viewer.passes(rtp(7), kStart)) << "a viewer sends no media";
}

TEST(DatagramFilter, TakesAThousandRtcpPacketsASecond) {
  DatagramFilter viewer(false);
  int passed = 0;
  for (int i = 0; i < 5'000; i++)
    passed += viewer.passes(rtcp(7), kStart);
  EXPECT_EQ(passed, 1'000);
  for (int i = 0; i < 5'000; i++)
    passed += viewer.passes(rtcp(7), kStart + std::chrono::milliseconds(500));
  EXPECT_EQ(passed, 1'500);
  EXPECT_TRUE(viewer.passes(dtls(23, 40), kStart + std::chrono::milliseconds(500)));
}

TEST(DatagramFilter, KnowsSoManySourcesAndNoMore) {
  DatagramFilter publisher(true);
  size_t known = 0;
  for (uint32_t ssrc = 0; ssrc < 1'000; ssrc++)
    known += publisher.passes(ssrc % 2 ? rtp(ssrc) : rtcp(ssrc), kStart);
  EXPECT_EQ(known, 64u);
  EXPECT_TRUE(publisher.passes(rtp(1), kStart)) << "who was there before";
}

TEST(DatagramFilter, CountsWhatIsAskedForAgain) {
  EXPECT_EQ(asked_again(nack(1, 0)), 1u);
  EXPECT_EQ(asked_again(nack(60, 0xffff)), 60u * 17);
  EXPECT_EQ(asked_again(rtcp(7)), 0u);
  Bytes compound = rtcp(7);
  compound.resize(8);
  compound[3] = 1;
  Bytes wish = nack(2, 0x8001);
  compound.insert(compound.end(), wish.begin(), wish.end());
  EXPECT_EQ(asked_again(compound), 6u);
  Bytes cut = nack(60, 0xffff);
  cut.pop_back();
  EXPECT_EQ(asked_again(cut), 0u);
}

TEST(DatagramFilter, SendsNoMoreAgainThanItSendsAtMost) {
  DatagramFilter viewer(false);
  size_t again = 0;
  for (int i = 0; i < 100; i++)
    if (viewer.takes_feedback(nack(60, 0xffff), kStart)) again += 60 * 17;
  EXPECT_EQ(again, 1'020u);
  EXPECT_TRUE(viewer.takes_feedback(rtcp(7), kStart)) << "reports and keyframe wishes go on";
  EXPECT_TRUE(viewer.takes_feedback(nack(60, 0xffff), kStart + std::chrono::seconds(1)));
}

}  // namespace
}  // namespace webcast
