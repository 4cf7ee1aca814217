#include "plugins/signalers/janus/janus_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace webcast {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string uri_of(const std::string& location) {
  auto address = parse_janus_address(location);
  EXPECT_TRUE(address) << location << ": " << address.error().sentence;
  if (!address) return "";
  char* text = g_uri_to_string(address->uri.get());
  std::string result = text;
  g_free(text);
  return result;
}

TEST(JanusAddress, IsAWebSocketAndARoom) {
  EXPECT_EQ(uri_of("janus://127.0.0.1:9000/1234"), "ws://127.0.0.1:9000/");
  EXPECT_EQ(uri_of("januss://janus.example.org:443/ws/janus/1234"),
            "wss://janus.example.org:443/ws/janus/");
  EXPECT_EQ(uri_of("janus://[::1]/1234"), "ws://[::1]:8188/");
  EXPECT_EQ(uri_of("JANUSS://janus.example.org/1234"), "wss://janus.example.org:8989/");
  EXPECT_EQ(parse_janus_address("janus://host/1234")->room, (JanusId{true, "1234"}));
  EXPECT_EQ(parse_janus_address("janus://host/my%20room%2F")->room, (JanusId{false, "my room/"}));
}

TEST(JanusAddress, TakesItsSecretsFromTheQuery) {
  auto address = parse_janus_address("janus://host/1?pin=a%26b%2Cc&secret=s+t&token=u%3Dv");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->pin, "a&b,c");
  EXPECT_EQ(address->secret, "s+t");
  EXPECT_EQ(address->token, "u=v");
  EXPECT_EQ(address->shown, "janus://host/1");
  EXPECT_EQ(parse_janus_address("janus://host/1?")->pin, "");
}

TEST(JanusAddress, ABadOneIsNamedWithTheRemedy) {
  for (const char* location :
       {"janus://", "janus:", "janus:///1234", "janus://host", "janus://host/", "janus://host:0/1",
        "janus://host:port/1", "janus://host:70000/1", "januss://[::1/1", "ws://host/1"}) {
    auto address = parse_janus_address(location);
    ASSERT_FALSE(address) << location;
    EXPECT_EQ(address.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(address.error().sentence, HasSubstr(location));
    EXPECT_THAT(address.error().sentence, HasSubstr("janus://janus.example.org:8188/1234"));
  }
}

TEST(JanusAddress, SecretsStandInNoSentence) {
  for (const char* location :
       {"janus://host?pin=hush", "janus://host:x/1?secret=hush", "janus://me:hush@host/1",
        "janus://host/1?pass=hush", "janus://host/1?pin=hush&%zz=hush", "janus://host/1?hush"}) {
    auto address = parse_janus_address(location);
    ASSERT_FALSE(address) << location;
    EXPECT_THAT(address.error().sentence, Not(HasSubstr("hush"))) << location;
    EXPECT_THAT(address.error().cause, Not(HasSubstr("hush"))) << location;
  }
  JanusAddress address = *parse_janus_address("janus://host/1?pin=hush&secret=hush&token=hush");
  EXPECT_THAT(janus_unreachable(address, nullptr, 0).sentence, Not(HasSubstr("hush")));
  for (unsigned code : {403u, 426u, 429u, 430u, 432u, 433u, 460u, 499u})
    EXPECT_THAT(janus_refusal(address, {code, "no"}).sentence, Not(HasSubstr("hush"))) << code;
}

TEST(JanusAddress, ARefusalTellsTheCauseAndTheRemedy) {
  JanusAddress open = *parse_janus_address("janus://host/1");
  JanusAddress closed = *parse_janus_address("janus://host/lobby?pin=1");
  auto sentence = [](const JanusAddress& address, unsigned code) {
    return janus_refusal(address, {code, "its own words"}).sentence;
  };
  EXPECT_THAT(sentence(open, 403), HasSubstr("?secret="));
  EXPECT_THAT(sentence(open, 426), HasSubstr("no room 1"));
  EXPECT_THAT(sentence(open, 429), HasSubstr("add ?pin="));
  EXPECT_THAT(sentence(closed, 429), HasSubstr("its own words (429)"));
  EXPECT_THAT(sentence(closed, 430), HasSubstr("string_ids"));
  EXPECT_THAT(sentence(open, 430), HasSubstr("its own words (430)"));
  EXPECT_THAT(sentence(open, 433), HasSubstr("check ?pin="));
  EXPECT_THAT(sentence(open, 499), HasSubstr("its own words (499)"));
}

}  // namespace
}  // namespace webcast
