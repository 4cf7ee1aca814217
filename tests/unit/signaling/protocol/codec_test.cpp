#include "signaling/protocol/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/sdp_limits.hpp"

namespace webcast {
namespace {

using testing::HasSubstr;

Message decoded(const std::string& text, MessageDirection direction) {
  auto message = decode(text, direction);
  EXPECT_TRUE(message) << text << ": " << message.error().sentence;
  return message ? *message : Message(ErrorMessage{"not decoded"});
}

// What is written is read as the same by the other side.
void expect_round_trip(const Message& message, MessageDirection direction,
                       const std::string& text) {
  EXPECT_EQ(encode(message), text);
  EXPECT_EQ(decoded(text, direction), message) << text;
}

void expect_refused(const std::string& text,
                    MessageDirection direction = MessageDirection::to_server) {
  EXPECT_FALSE(decode(text, direction)) << text;
}

constexpr auto kServer = MessageDirection::to_server;
constexpr auto kClient = MessageDirection::to_client;

TEST(Codec, WhatAPeerSaysOfItsErrorIsFitForLogAndBus) {
  for (auto direction : {kServer, kClient}) {
    auto ended = decoded(
        R"({"type":"endSessionV1_1","sessionId":"S","error":"gone\n\u001b[2J** ERROR: \u202eforged"})",
        direction);
    EXPECT_EQ(ended, Message(EndSessionV1_1{"S", "gone [2J** ERROR: forged"}));
    auto longer = decoded(R"({"type":"endSessionV1_1","sessionId":"S","error":")" +
                              std::string(30'000, 'x') + R"("})",
                          direction);
    EXPECT_LE(std::get<EndSessionV1_1>(longer).error->size(), 500u);
  }
  EXPECT_EQ(decoded(R"({"type":"error","details":"a\r\nb"})", kClient),
            Message(ErrorMessage{"a b"}));
}

TEST(Codec, EachMessageToAClientGoesBothWays) {
  expect_round_trip(Welcome{"P"}, kClient, R"({"type":"welcome","peerId":"P"})");
  expect_round_trip(
      PeerStatusChanged{"P", {.producer = true}, R"({"name":"live"})"}, kClient,
      R"({"type":"peerStatusChanged","roles":["producer"],"meta":{"name":"live"},"peerId":"P"})");
  expect_round_trip(List{{{"P", R"({"name":"live"})"}}}, kClient,
                    R"({"type":"list","producers":[{"id":"P","meta":{"name":"live"}}]})");
  expect_round_trip(ListConsumers{{{"C", "null"}}}, kClient,
                    R"({"type":"listConsumers","consumers":[{"id":"C","meta":null}]})");
  expect_round_trip(SessionStarted{"P", "S"}, kClient,
                    R"({"type":"sessionStarted","peerId":"P","sessionId":"S"})");
  expect_round_trip(StartSession{"C", "S", std::nullopt}, kClient,
                    R"({"type":"startSession","peerId":"C","sessionId":"S","offer":null})");
  expect_round_trip(StartSession{"C", "S", "v=0"}, kClient,
                    R"({"type":"startSession","peerId":"C","sessionId":"S","offer":"v=0"})");
  expect_round_trip(SessionSdp{"S", true, "v=0\r\n"}, kClient,
                    R"({"type":"peer","sessionId":"S","sdp":{"type":"offer","sdp":"v=0\r\n"}})");
  expect_round_trip(
      SessionIce{"S", 0, "candidate:1"}, kClient,
      R"({"type":"peer","sessionId":"S","ice":{"candidate":"candidate:1","sdpMLineIndex":0}})");
  expect_round_trip(EndSession{"S"}, kClient, R"({"type":"endSession","sessionId":"S"})");
  expect_round_trip(EndSessionV1_1{"S", std::nullopt}, kClient,
                    R"({"type":"endSessionV1_1","sessionId":"S","error":null})");
  expect_round_trip(ErrorMessage{"text"}, kClient, R"({"type":"error","details":"text"})");
}

// json-glib writes U+001F as it is, which no JSON parser but its own takes.
TEST(Codec, EveryControlCharacterIsEscaped) {
  std::string all;
  for (char c = 1; c < 0x20; c++)
    all += c;
  std::string written = encode(StartSession{"P", "S", all});
  for (char c : all)
    EXPECT_EQ(written.find(c), std::string::npos) << static_cast<int>(c);
  EXPECT_EQ(decoded(written, kClient), Message(StartSession{"P", "S", all}));
  auto status =
      decoded(R"({"type":"setPeerStatus","roles":[],"meta":{"name":"a\u001fb"}})", kServer);
  EXPECT_EQ(std::get<SetPeerStatus>(status).meta, R"({"name":"a\u001fb"})");
  EXPECT_THAT(encode(status), HasSubstr(R"("meta":{"name":"a\u001fb"})"));
}

TEST(Codec, EachMessageToTheServerGoesBothWays) {
  expect_round_trip(SetProtocolVersion{"v1_1"}, kServer,
                    R"({"type":"setProtocolVersion","version":"v1_1"})");
  expect_round_trip(SetPeerStatus{{.listener = true}, "null", "P"}, kServer,
                    R"({"type":"setPeerStatus","roles":["listener"],"meta":null,"peerId":"P"})");
  expect_round_trip(SetPeerStatus{{.producer = true, .listener = true}, "[1,true]", {}}, kServer,
                    R"({"type":"setPeerStatus","roles":["producer","listener"],"meta":[1,true]})");
  expect_round_trip(ListRequest{}, kServer, R"({"type":"list"})");
  expect_round_trip(ListConsumersRequest{}, kServer, R"({"type":"listConsumers"})");
  expect_round_trip(StartSessionRequest{"P", "v=0"}, kServer,
                    R"({"type":"startSession","peerId":"P","offer":"v=0"})");
  expect_round_trip(StartSessionRequest{"P", {}}, kServer,
                    R"({"type":"startSession","peerId":"P"})");
  expect_round_trip(SessionSdp{"S", false, "v=0"}, kServer,
                    R"({"type":"peer","sessionId":"S","sdp":{"type":"answer","sdp":"v=0"}})");
  expect_round_trip(EndSession{"S"}, kServer, R"({"type":"endSession","sessionId":"S"})");
  expect_round_trip(EndSessionV1_1{"S", "text"}, kServer,
                    R"({"type":"endSessionV1_1","sessionId":"S","error":"text"})");
}

TEST(Codec, ACandidateOfABrowserIsReducedToWhatAllUnderstand) {
  EXPECT_EQ(decoded(R"({"type":"peer","sessionId":"S","ice":{"candidate":"c","sdpMid":"0",
                       "sdpMLineIndex":0,"usernameFragment":"x"}})",
                    kServer),
            Message(SessionIce{"S", 0, "c"}));
  EXPECT_EQ(decoded(R"({"type":"peer","sessionId":"S","ice":{"candidate":"c","sdpMid":"2",
                       "sdpMLineIndex":null}})",
                    kServer),
            Message(SessionIce{"S", 2, "c"}));
  EXPECT_EQ(decoded(R"({"type":"peer","sessionId":"S","ice":{"candidate":"","sdpMid":"video"}})",
                    kServer),
            Message(SessionIce{"S", 0, ""}))
      << "the end of candidates";
}

TEST(Codec, MissingAndNullOptionalFieldsAreAbsent) {
  EXPECT_EQ(decoded(R"({"type":"setPeerStatus","roles":[]})", kServer),
            Message(SetPeerStatus{{}, "null", {}}));
  EXPECT_EQ(decoded(R"({"type":"startSession","peerId":"P","offer":null})", kServer),
            Message(StartSessionRequest{"P", {}}));
  EXPECT_EQ(decoded(R"({"type":"startSession","peerId":"P","sessionId":"S"})", kClient),
            Message(StartSession{"P", "S", {}}));
}

TEST(Codec, UnknownFieldsAreIgnored) {
  EXPECT_EQ(decoded(R"({"x":[{"y":1}],"type":"list","type2":"z"})", kServer),
            Message(ListRequest{}));
}

TEST(Codec, MetaIsAnyJson) {
  for (const std::string meta : {"null", "true", "-3", "1.5", R"("a\"b\\c")", R"([[],{},[null]])",
                                 R"({"ü":{"b":[1,2]}})", "9007199254740993"}) {
    Message message =
        decoded(R"({"type":"setPeerStatus","roles":[],"meta":)" + meta + "}", kServer);
    EXPECT_EQ(std::get<SetPeerStatus>(message).meta, meta);
    EXPECT_EQ(decoded(encode(message), kServer), message);
  }
}

TEST(Codec, NewPeerIsRefusedFromClients) {
  expect_refused(R"({"type":"newPeer","peerId":"P"})");
}

TEST(Codec, MessagesOfTheOtherDirectionAreUnknown) {
  expect_refused(R"({"type":"welcome","peerId":"P"})", kServer);
  expect_refused(R"({"type":"setPeerStatus","roles":[]})", kClient);
}

TEST(Codec, WrongTypesOfFieldsAreNamed) {
  auto error = decode(R"({"type":"startSession","peerId":7})", kServer);
  ASSERT_FALSE(error);
  EXPECT_THAT(error.error().sentence, HasSubstr("peerId"));
  for (const char* text :
       {R"({"type":7})",
        R"({"type":null})",
        R"({})",
        R"([])",
        R"("list")",
        "7",
        "null",
        R"({"type":"setPeerStatus","roles":"producer"})",
        R"({"type":"setPeerStatus","roles":[7]})",
        R"({"type":"setPeerStatus","roles":["boss"]})",
        R"({"type":"setPeerStatus"})",
        R"({"type":"peer","sessionId":"S"})",
        R"({"type":"peer","sessionId":"S","sdp":"v=0"})",
        R"({"type":"peer","sessionId":"S","sdp":{"type":"rollback","sdp":""}})",
        R"({"type":"peer","sessionId":"S","sdp":{"type":"offer"}})",
        R"({"type":"peer","sessionId":"S","ice":{"sdpMLineIndex":0}})",
        R"({"type":"peer","sessionId":"S","ice":{"candidate":"c","sdpMLineIndex":-1}})",
        R"({"type":"peer","sessionId":"S","ice":{"candidate":"c","sdpMLineIndex":16}})",
        R"({"type":"peer","sessionId":"S","ice":{"candidate":"c","sdpMLineIndex":"0"}})",
        R"({"type":"peer","sessionId":"S","ice":{"candidate":"c","sdpMLineIndex":1e99}})",
        R"({"type":"peer","sdp":{"type":"offer","sdp":"v=0"}})",
        R"({"type":"endSession"})",
        R"({"type":"endSession","sessionId":{}})",
        R"({"type":"startSession"})",
        R"({"type":"setProtocolVersion"})"})
    expect_refused(text);
}

TEST(Codec, DepthIsBoundedBeforeTheParser) {
  auto nested = [](unsigned depth) {
    return R"({"type":"setPeerStatus","roles":[],"meta":)" + std::string(depth - 1, '[') +
           std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(decode(nested(32), kServer));
  auto error = decode(nested(33), kServer);
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().code, ErrorCode::limit);
  expect_refused(std::string(60000, '['));
  expect_refused(std::string(60000, '{'));
  // Brackets hidden from a naive count by what json-glib takes for comments or quotes.
  std::string brackets(40000, '[');
  for (const std::string& hidden : {"/*\"*/" + brackets, "//\"\n" + brackets, "'\"'" + brackets,
                                    "#\"\n" + brackets, "var x=" + brackets})
    expect_refused(hidden);
  expect_refused("{\"x\":\"\\\\\"" + brackets);
}

TEST(Codec, SizesAreBounded) {
  std::string long_text(kMaxMessageBytes, 'x');
  auto error = decode(R"({"type":"list","x":")" + long_text + "\"}", kServer);
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().code, ErrorCode::limit);
  auto ice = [](size_t size) {
    return R"({"type":"peer","sessionId":"S","ice":{"candidate":")" + std::string(size, 'c') +
           R"(","sdpMLineIndex":0}})";
  };
  EXPECT_TRUE(decode(ice(kMaxCandidateBytes), kServer));
  ASSERT_FALSE(decode(ice(kMaxCandidateBytes + 1), kServer));
  EXPECT_EQ(decode(ice(kMaxCandidateBytes + 1), kServer).error().code, ErrorCode::limit);
  expect_refused(R"({"type":"endSession","sessionId":")" + std::string(kMaxIdBytes + 1, 's') +
                 "\"}");
  expect_refused(R"({"type":"setPeerStatus","roles":[],"meta":")" +
                 std::string(kMaxMetaBytes, 'm') + "\"}");
}

// They stand in logs, bus messages and pages as they are.
TEST(Codec, AnIdThatCouldBeMistakenForMoreIsRefused) {
  for (const char* id : {R"(a\nb)", R"(\u001b[2J)", R"(\u202e)", "ä"}) {
    std::string text = std::string(R"({"type":"endSession","sessionId":")") + id + R"("})";
    EXPECT_FALSE(decode(text, kClient)) << id;
    EXPECT_FALSE(decode(text, kServer)) << id;
    text = std::string(R"({"type":"setPeerStatus","roles":[],"meta":null,"peerId":")") + id + R"("})";
    EXPECT_FALSE(decode(text, kServer)) << id;
  }
}

TEST(Codec, HostileTextIsRefusedOrMadeHarmless) {
  for (const std::string& text :
       {std::string(), std::string("\0", 1), std::string("{"), std::string("}"),
        std::string("{\"type\""), std::string("\xff\xfe{}"), std::string("{\"type\":\"list\"}}"),
        std::string("{\"type\":\"list\"} /* x */"), std::string("{'type':'list'}"),
        std::string("{\"type\":\"li\nst\"}"), std::string("{\"type\":\"list\",\"x\":\"\\"),
        std::string("{\"type\":\"list\",\"x\":\"\xc3\"}"),
        std::string(R"({"type":"setPeerStatus","roles":[],"meta":1e999})"),
        // Valid, but json-glib cannot read what it writes of it: an error is better than a loss.
        std::string(R"({"type":"setPeerStatus","roles":[],"meta":{"n":1e21}})"),
        std::string(R"({"type":"setPeerStatus","roles":[],"meta":[{"x":-1e999}]})")})
    expect_refused(text);
  // A lone surrogate and a NUL in escapes.
  for (const char* text :
       {R"({"type":"error","details":"a\ud800b"})", R"({"type":"error","details":"a\u0000b"})"}) {
    auto message = decode(text, kClient);
    EXPECT_TRUE(!message || decode(encode(*message), kClient));
  }
}

TEST(Codec, WritesValidTextWhateverItIsGiven) {
  std::string text = encode(EndSessionV1_1{"S", std::string("\xff\x01\"\\\n", 5)});
  EXPECT_TRUE(decode(text, kClient)) << text;
  EXPECT_EQ(encode(SetPeerStatus{{}, "not json", {}}),
            R"({"type":"setPeerStatus","roles":[],"meta":null})");
}

// Any bytes give a Message or an Error, and what is a Message can be written and read again.
TEST(Codec, IsTotalForMutatedMessages) {
  const std::string seeds[] = {
      R"({"type":"setPeerStatus","roles":["listener"],"meta":{"a":[1,2.5,"x\u00fc"]},"peerId":"P"})",
      R"({"type":"peer","sessionId":"S","ice":{"candidate":"c","sdpMid":"0","sdpMLineIndex":0}})",
      R"({"type":"peer","sessionId":"S","sdp":{"type":"answer","sdp":"v=0\r\n"}})",
      R"({"type":"list","producers":[{"id":"P","meta":{"name":"live"}}]})"};
  unsigned state = 1;
  auto random = [&state] { return (state = state * 1664525u + 1013904223u) >> 8; };
  for (int round = 0; round < 20000; round++) {
    std::string text = seeds[random() % 4];
    for (unsigned changes = 1 + random() % 4; changes > 0; changes--) {
      size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, 1 + random() % 4);
          break;
        case 2:
          text.insert(at, text.substr(random() % text.size(), random() % 12));
          break;
        default:
          text[at] = "{}[]\",:\\'/*e9"[random() % 13];
      }
      if (text.empty()) text = " ";
    }
    for (MessageDirection direction : {kServer, kClient}) {
      auto message = decode(text, direction);
      if (!message) continue;
      EXPECT_EQ(decoded(encode(*message), direction), *message) << text;
    }
  }
}

}  // namespace
}  // namespace webcast
