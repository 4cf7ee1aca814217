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
Bytes dtls(uint8_t type, size_t length, uint8_t epoch = 0, uint16_t version = 0xfefd) {
  Bytes record(13 + length);
  record[0] = type;
  record[1] = static_cast<uint8_t>(version >> 8);
  record[2] = static_cast<uint8_t>(version);
  record[4] = epoch;
  record[11] = static_cast<uint8_t>(length >> 8);
  record[12] = static_cast<uint8_t>(length);
  return record;
}
Bytes operator+(Bytes first, const Bytes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}
// Whose handshake came as far as the peer's Finished.
DatagramFilter keyed(bool takes_media) {
  DatagramFilter filter(takes_media);
  EXPECT_TRUE(filter.passes(dtls(22, 48, 1), kStart));
  return filter;
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
  DatagramFilter viewer = keyed(false), publisher = keyed(true);
  for (uint8_t type : {20, 21, 22, 23}) {
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
  DatagramFilter viewer = keyed(false);
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

TEST(DatagramFilter, RefusesRecordsTooShortForTheirKeys) {
  for (size_t finished : {size_t{0}, size_t{40}, size_t{48}}) {
    DatagramFilter viewer(false);
    if (finished > 0) {
      EXPECT_TRUE(viewer.passes(dtls(22, finished, 1), kStart));
    }
    for (uint8_t type : {20, 21, 22, 23})
      for (size_t length : {size_t{0}, size_t{1}, size_t{18}, size_t{23}}) {
        Bytes record = dtls(type, length, 1);
        EXPECT_FALSE(viewer.passes(record, kStart)) << int{type} << ' ' << length;
        EXPECT_FALSE(viewer.passes(dtls(23, 60, 1) + record, kStart)) << "behind a long one";
      }
    EXPECT_TRUE(viewer.passes(dtls(21, 26, 1), kStart)) << "a goodbye";
    EXPECT_TRUE(viewer.passes(dtls(23, 60, 1) + dtls(23, 60, 1), kStart));
  }
}

TEST(DatagramFilter, RefusesRecordsThatMayHideOthers) {
  DatagramFilter viewer = keyed(false);
  EXPECT_FALSE(viewer.passes(dtls(22, 60, 0, 0xfefc), kStart));
  EXPECT_FALSE(viewer.passes(dtls(23, 60, 1, 0xfeff), kStart));
  EXPECT_FALSE(viewer.passes(dtls(23, 60, 0, 0xfeff), kStart));
  EXPECT_FALSE(viewer.passes(dtls(22, 60, 2), kStart)) << "nobody begins anew";
  EXPECT_FALSE(viewer.passes(dtls(60, 60), kStart));
  EXPECT_FALSE(viewer.passes(dtls(23, 18'000, 1), kStart));
  EXPECT_FALSE(viewer.passes(dtls(23, 10'000, 1) + dtls(23, 10'000, 1), kStart));
  for (size_t before : {0, 1, 13, 40})
    for (uint8_t type : {20, 21, 22, 23, 60})
      for (uint16_t version : {0xfefd, 0xfeff}) {
        Bytes hiding = dtls(22, before, 0, 0xfeff) + dtls(type, 1, 1, version);
        hiding[12] = static_cast<uint8_t>(hiding.size() - 13);
        EXPECT_FALSE(viewer.passes(hiding, kStart)) << before << ' ' << int{type};
      }
}

TEST(DatagramFilter, PassesEachFlightOfAHandshakeAndItsRepetition) {
  for (int repeated = 0; repeated < 2; repeated++) {
    DatagramFilter viewer(false);
    for (int i = 0; i <= repeated; i++) {
      EXPECT_TRUE(viewer.passes(dtls(22, 200, 0, 0xfeff), kStart)) << "ClientHello";
      EXPECT_TRUE(viewer.passes(dtls(22, 80) + dtls(22, 400) + dtls(22, 12), kStart));
      EXPECT_TRUE(viewer.passes(dtls(20, 1) + dtls(22, 48, 1), kStart));
    }
  }
  DatagramFilter forged = keyed(false);
  EXPECT_TRUE(forged.passes(dtls(22, 200, 0, 0xfeff), kStart)) << "a forged Finished came before";
}

TEST(DatagramFilter, TakesNoMediaAndRtcpBeforeThereAreKeys) {
  DatagramFilter publisher(true);
  for (uint32_t ssrc = 0; ssrc < 2'000; ssrc++) {
    EXPECT_FALSE(publisher.passes(rtp(ssrc), kStart));
    EXPECT_FALSE(publisher.passes(rtcp(ssrc), kStart));
  }
  EXPECT_TRUE(publisher.passes(dtls(20, 1) + dtls(22, 48, 1), kStart));
  EXPECT_TRUE(publisher.passes(rtp(7'000), kStart)) << "strangers took no place";
  EXPECT_TRUE(publisher.passes(rtcp(7'000), kStart)) << "and no share of the rate";
}

TEST(DatagramFilter, StrangersSpendNoneOfTheRate) {
  DatagramFilter viewer = keyed(false);
  for (uint32_t ssrc = 0; ssrc < 64; ssrc++)
    EXPECT_TRUE(viewer.passes(rtcp(ssrc), kStart));
  for (uint32_t ssrc = 64; ssrc < 2'000; ssrc++)
    EXPECT_FALSE(viewer.passes(rtcp(ssrc), kStart));
  EXPECT_TRUE(viewer.passes(rtcp(7), kStart));
}

TEST(DatagramFilter, TakesAThousandRtcpPacketsASecond) {
  DatagramFilter viewer = keyed(false);
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
  DatagramFilter publisher = keyed(true);
  size_t known = 0;
  for (uint32_t ssrc = 0; ssrc < 1'000; ssrc++)
    known += publisher.passes(ssrc % 2 ? rtp(ssrc) : rtcp(ssrc), kStart);
  EXPECT_EQ(known, 64u);
  EXPECT_TRUE(publisher.passes(rtp(1), kStart)) << "who was there before";
}

TEST(DatagramFilter, KeepsThePlacesOfSourcesThatTheDescriptionNames) {
  DatagramFilter publisher = keyed(true);
  const uint32_t named[] = {7'000, 7'001};
  publisher.expect(named);
  for (uint32_t forged = 0; forged < 200; forged++)
    publisher.passes(rtp(forged), kStart);
  EXPECT_TRUE(publisher.passes(rtp(7'000), kStart));
  EXPECT_TRUE(publisher.passes(rtcp(7'001), kStart));
  EXPECT_FALSE(publisher.passes(rtp(7'002), kStart));
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

TEST(DatagramFilter, ForgetsNacksAndNothingBesideThem) {
  Bytes report = rtcp(7), loss = rtcp(7, 206);
  report[3] = loss[3] = 4;
  loss[0] = 0x81;
  Bytes compound = report + nack(2, 0x8001) + loss + nack(1, 1), forgotten = compound;
  forget_nacks(forgotten);
  EXPECT_EQ(asked_again(forgotten), 0u);
  forgotten[report.size()] = forgotten[compound.size() - nack(1, 1).size()] = 0x81;
  EXPECT_EQ(forgotten, compound);
  forget_nacks(std::span(compound).first(30));  // cut in the first of them
}

TEST(DatagramFilter, SendsNoMoreAgainThanItSendsAtMost) {
  DatagramFilter viewer = keyed(false);
  size_t again = 0;
  for (int i = 0; i < 100; i++)
    if (viewer.takes_nacks(nack(60, 0xffff), kStart)) again += 60 * 17;
  EXPECT_EQ(again, 1'020u);
  EXPECT_TRUE(viewer.takes_nacks(rtcp(7), kStart));
  EXPECT_TRUE(viewer.takes_nacks(nack(60, 0xffff), kStart + std::chrono::seconds(1)));
}

}  // namespace
}  // namespace webcast
