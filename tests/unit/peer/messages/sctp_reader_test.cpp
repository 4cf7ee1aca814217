#include "plugins/peer/messages/sctp_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace webcast {
namespace {

constexpr size_t kLongest = 1000;
constexpr uint8_t kBegin = 2, kEnd = 1;

void put(std::string& bytes, uint32_t value, int count) {
  for (int i = count - 1; i >= 0; i--)
    bytes += static_cast<char>(value >> (8 * i));
}

std::string chunk(uint8_t type, uint8_t flags, const std::string& body) {
  std::string bytes{static_cast<char>(type), static_cast<char>(flags)};
  put(bytes, static_cast<uint32_t>(body.size() + 4), 2);
  bytes += body;
  while (bytes.size() % 4 != 0)
    bytes += '\0';
  return bytes;
}

std::string init(uint32_t tsn, uint8_t type = 1) {
  std::string body(12, '\0');
  put(body, tsn, 4);
  return chunk(type, 0, body);
}

std::string data(uint32_t tsn, const std::string& text, uint8_t flags = kBegin | kEnd,
                 uint16_t stream = 1, uint32_t ppid = 51) {
  std::string body;
  put(body, tsn, 4);
  put(body, stream, 2);
  put(body, 0, 2);
  put(body, ppid, 4);
  return chunk(0, flags, body + text);
}

struct SctpReaderTest : testing::Test {
  std::vector<SctpMessage> take(const std::string& chunks) {
    std::string bytes = std::string(12, '\0') + chunks;
    return reader.packet({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  }
  SctpReader reader{kLongest};
};

TEST_F(SctpReaderTest, AMessageOfOneChunkIsThereAtOnce) {
  EXPECT_TRUE(take(init(7)).empty());
  auto messages = take(data(7, "a") + data(8, "bc", kBegin | kEnd, 3, 53));
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].data, "a");
  EXPECT_EQ(messages[0].stream, 1);
  EXPECT_EQ(messages[0].ppid, 51u);
  EXPECT_EQ(messages[1].data, "bc");
  EXPECT_EQ(messages[1].stream, 3);
  EXPECT_EQ(messages[1].ppid, 53u);
}

TEST_F(SctpReaderTest, FragmentsInAnyOrderAndTwiceMakeOneMessage) {
  std::vector<std::string> chunks;
  std::string whole;
  for (uint32_t i = 0; i < 30; i++) {
    std::string text(20, static_cast<char>('a' + i % 26));
    whole += text;
    uint8_t flags = (i == 0 ? kBegin : 0) | (i == 29 ? kEnd : 0);
    chunks.push_back(data(0xfffffff0u + i, text, flags));
    chunks.push_back(chunks.back());
  }
  chunks.push_back(data(0xfffffff0u + 30, "next"));
  std::shuffle(chunks.begin(), chunks.end(), std::mt19937(1));
  take(init(0xfffffff0u));
  take(init(0xfffffff0u, 2));
  std::vector<SctpMessage> all;
  for (const std::string& one : chunks)
    for (SctpMessage& message : take(one))
      all.push_back(std::move(message));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].data, whole) << "over the last TSN, too";
  EXPECT_EQ(all[1].data, "next");
}

TEST_F(SctpReaderTest, WhatIsTooLongIsToldWithoutItsData) {
  take(init(1));
  EXPECT_TRUE(take(data(1, std::string(600, 'x'), kBegin)).empty());
  EXPECT_TRUE(take(data(2, std::string(600, 'x'), 0)).empty());
  auto messages = take(data(3, "end", kEnd) + data(4, std::string(kLongest, 'y')));
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_TRUE(messages[0].is_too_long);
  EXPECT_EQ(messages[0].data, "");
  EXPECT_FALSE(messages[1].is_too_long);
  EXPECT_EQ(messages[1].data.size(), kLongest);
}

TEST_F(SctpReaderTest, WhatTheSenderGaveUpIsSkipped) {
  take(init(1));
  take(data(1, "half", kBegin));
  take(data(3, "waits"));
  std::string forward;
  put(forward, 2, 4);
  auto messages = take(chunk(192, 0, forward));
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].data, "waits");
  EXPECT_TRUE(take(data(2, "late", kEnd)).empty());
}

TEST_F(SctpReaderTest, WhatWaitsIsBounded) {
  take(init(1));
  for (uint32_t tsn = 2; !reader.is_lost() && tsn < 100'000; tsn++)
    take(data(tsn, "x"));
  EXPECT_TRUE(reader.is_lost());
  EXPECT_TRUE(take(data(1, "x")).empty());
}

TEST_F(SctpReaderTest, TakesAnyBytes) {
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; i++) {
    std::string bytes(random() % 64, '\0');
    for (char& byte : bytes)
      byte = static_cast<char>(random() % 8 == 0 ? random() : random() % 4);
    reader.packet({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
    if (i % 100 == 0) reader = SctpReader(kLongest);
  }
}

}  // namespace
}  // namespace webcast
