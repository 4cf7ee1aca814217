#include "signaling/protocol/relay_codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace webcast {
namespace {

RelayMessage there_and_back(const RelayMessage& message) {
  auto read = decode_relay(encode_relay(message));
  EXPECT_TRUE(read) << (read ? "" : read.error().sentence);
  return read ? *read : RelayMessage{};
}

TEST(RelayCodec, EachMessageComesBackAsItWas) {
  const RemotePeer producer{"p", {.producer = true}, R"({"name":"live"})", 1'700'000'000'123};
  const RemotePeer gone{.peer = "q"};
  const RelayMessage messages[] = {
      {"a", RelayHello{true}},
      {"a", RelayHello{false}},
      {"a", RelayPeers{{producer, gone}}},
      {"a", RelayPeers{}},
      {"a", RelayComplete{}},
      {"a", RelayAsk{}},
      {"a", RelayAlive{{{"p", 3}, {"q", 70'000}}}},
      {"a", RelayForward{"p", StartSession{"v", "s", "v=0\r\n"}}},
      {"a", RelayForward{"p", SessionSdp{"s", true, "v=0\r\n\"\\"}}},
      {"a", RelayForward{"p", EndSessionV1_1{"s", "The stream is full"}}},
      {"a", RelayBye{}},
  };
  for (const RelayMessage& message : messages)
    EXPECT_EQ(there_and_back(message), message) << encode_relay(message);
}

// The longest that a peer may say arrives.
TEST(RelayCodec, ADescriptionOfTheFullLengthFits) {
  std::string sdp;
  while (sdp.size() < 62 * 1024)
    sdp += "a=x\r\n";
  RelayMessage message{"a", RelayForward{"p", SessionSdp{"s", true, sdp}}};
  EXPECT_LE(encode_relay(message).size(), kMaxRelayMessageBytes);
}

TEST(RelayCodec, WhatIsWrongIsRefused) {
  const char* wrong[] = {
      "",
      "[]",
      "{}",
      R"({"relay":"a"})",
      R"({"type":"hello"})",
      R"({"relay":"a","type":"unknown"})",
      R"({"relay":"","type":"hello"})",
      R"({"relay":7,"type":"hello"})",
      R"({"relay":"a","type":"peers"})",
      R"({"relay":"a","type":"peers","peers":[7]})",
      R"({"relay":"a","type":"peers","peers":[{"since":1}]})",
      R"({"relay":"a","type":"peers","peers":[{"status":"{}","since":1}]})",
      R"({"relay":"a","type":"peers","peers":[{"status":"{\"type\":\"welcome\",\"peerId\":\"p\"}"}]})",
      R"({"relay":"a","type":"forward","message":"{\"type\":\"endSession\",\"sessionId\":\"s\"}"})",
      R"({"relay":"a","type":"forward","peer":"p","message":"no JSON"})",
      R"({"relay":"a","type":"forward","peer":"p","message":{"type":"endSession"}})",
      R"({"relay":"a","type":"peers","peers":[{"status":"{\"type\":\"peerStatusChanged\",\"roles\":[],\"peerId\":\"p\"}","since":17000000000000}]})",
      R"({"relay":"a","type":"alive"})",
      R"({"relay":"a","type":"alive","viewers":[{"peer":"p","count":-1}]})",
  };
  for (const char* text : wrong)
    EXPECT_FALSE(decode_relay(text)) << text;
}

TEST(RelayCodec, BoundsComeBeforeReading) {
  auto read = decode_relay(std::string(kMaxRelayMessageBytes + 1, ' '));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::limit);
  RelayAlive many;
  for (size_t i = 0; i <= kMaxRelayPeers; i++)
    many.viewers[std::to_string(i)] = 1;
  read = decode_relay(encode_relay({"a", many}));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::limit);
  EXPECT_FALSE(decode_relay(R"({"relay":")" + std::string(200, 'x') + R"(","type":"bye"})"));
}

}  // namespace
}  // namespace webcast
