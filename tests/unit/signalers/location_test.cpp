#include "plugins/signalers/location.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/signalers/signaler.hpp"

namespace webcast {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Location, IsASchemeAndTheRest) {
  auto location = parse_location("LISTEN://127.0.0.1:8080");
  ASSERT_TRUE(location);
  EXPECT_EQ(location->scheme, "listen");
  EXPECT_EQ(location->rest, "127.0.0.1:8080");
  EXPECT_EQ(parse_location("manual:")->scheme, "manual");
  EXPECT_EQ(parse_location("listen://:8080")->rest, ":8080");
}

TEST(Location, WithoutASchemeIsAnErrorThatNamesIt) {
  for (const char* text : {"", ":8080", "127.0.0.1:8080", "127.0.0.1", "a b://c", "//host"}) {
    auto location = parse_location(text);
    ASSERT_FALSE(location) << text;
    EXPECT_THAT(location.error().sentence, HasSubstr(std::string("\"") + text + "\""));
    EXPECT_THAT(location.error().sentence, HasSubstr("listen://"));
  }
}

TEST(Locations, AreSplitAtCommas) {
  auto parts = split_locations("listen://:8080, whip://example.org/x");
  ASSERT_TRUE(parts);
  EXPECT_THAT(*parts, ElementsAre("listen://:8080", "whip://example.org/x"));
  EXPECT_THAT(*split_locations(" listen://[::1]:1 "), ElementsAre("listen://[::1]:1"));
}

TEST(Locations, AreShownWithoutWhatMayBeSecret) {
  EXPECT_EQ(shown_location("listen://127.0.0.1:8080"), "listen://127.0.0.1:8080");
  EXPECT_EQ(shown_location("wss://example.org/ws?token=s3cret"), "wss://example.org/ws");
  EXPECT_EQ(shown_location("whip://user:s3cret@example.org:1/x@y#s3cret"),
            "whip://example.org:1/x@y");
  EXPECT_EQ(shown_location("whep://u@s3cret@[::1]"), "whep://[::1]");
  EXPECT_EQ(shown_location("user:s3cret@example.org/x"), "example.org/x");
  EXPECT_EQ(shown_location("manual:"), "manual:");
}

TEST(Locations, ReadsOfThePropertyHoldNoSecret) {
  EXPECT_EQ(redacted_locations("listen://127.0.0.1:8080"), "listen://127.0.0.1:8080");
  EXPECT_EQ(redacted_locations("listen://:1, wss://h/ws?token=s3cret&x=s3cret&s3cret#s3cret"),
            "listen://:1,wss://h/ws?token=***&x=***&***");
  EXPECT_EQ(redacted_locations("janus://h/1?pin=s3cret=s3cret"), "janus://h/1?pin=***");
  EXPECT_EQ(redacted_locations("ws://h?s3cret"), "ws://h?***");
  EXPECT_EQ(redacted_locations("whip://u:s3cret@h:1/x@y"), "whip://***@h:1/x@y");
  EXPECT_EQ(redacted_locations("ws://h?token=s3,cret"), "ws://h?token=***,***");
  EXPECT_EQ(redacted_locations("user:s3cret@h"), "***@h");
  EXPECT_EQ(redacted_locations("manual:"), "manual:");
  EXPECT_EQ(redacted_locations(""), "");
}

TEST(Locations, ThoseThatAreWrongAreShownSo) {
  ControlThread control("test");
  for (const char* text :
       {"rooms://host/1?pin=s3cret", "1://host?pin=s3cret", "janus://h?pin=s3cret",
        "whip://u:s3cret@host/x", "ws://host:x?token=s3cret"}) {
    auto signaler = make_signaler(text, {control, {}, {}});
    ASSERT_FALSE(signaler) << text;
    EXPECT_THAT(signaler.error().sentence, testing::Not(HasSubstr("s3cret")));
  }
  EXPECT_THAT(split_locations("janus://h/1?pin=s3cret,,").error().sentence,
              testing::Not(HasSubstr("s3cret")));
}

TEST(Locations, EmptyOnesAreAnError) {
  for (const char* text : {"", " ", ",", "listen://:1,", ",listen://:1", "listen://:1,,x:"})
    EXPECT_FALSE(split_locations(text)) << text;
}

TEST(MakeSignaler, SuggestsTheSchemeThatWasMeant) {
  ControlThread control("test");
  auto said = [&](const char* location, SignalerRole role) {
    return make_signaler(location, {control, {}, {}, role}).error().sentence;
  };
  auto sink = [&](const char* location) { return said(location, SignalerRole::producer); };
  EXPECT_THAT(sink("listem://:8080"), HasSubstr("Did you mean listen://?"));
  EXPECT_THAT(sink("wsss://example.org"), HasSubstr("Did you mean wss://?"));
  EXPECT_THAT(sink("wihp://example.org"), HasSubstr("Did you mean whip://?"));
  EXPECT_THAT(sink("https://example.org/whip"), HasSubstr("Did you mean whips://?"));
  EXPECT_THAT(sink("manaul:"), HasSubstr("Did you mean manual:?"));
  EXPECT_THAT(said("http://example.org/whep", SignalerRole::consumer),
              HasSubstr("Did you mean whep://?"));
  for (const char* far : {"rtmp://example.org", "gopher://example.org", "x://example.org"})
    EXPECT_THAT(sink(far), testing::Not(HasSubstr("Did you mean"))) << far;
}

TEST(MakeSignaler, SaysWhichSchemesItKnows) {
  ControlThread control("test");
  for (const char* text : {"wsss://example.org/x", "listem://:8080"}) {
    auto signaler = make_signaler(text, {control, {}, {}});
    ASSERT_FALSE(signaler) << text;
    EXPECT_EQ(signaler.error().code, ErrorCode::not_supported);
    EXPECT_THAT(signaler.error().sentence, HasSubstr(text));
    EXPECT_THAT(signaler.error().sentence, HasSubstr("listen://HOST:PORT"));
    EXPECT_THAT(signaler.error().sentence, HasSubstr("ws(s)://HOST:PORT"));
    EXPECT_THAT(signaler.error().sentence, HasSubstr("manual:"));
    EXPECT_THAT(signaler.error().sentence, HasSubstr("janus(s)://HOST:PORT/ROOM"));
  }
  EXPECT_TRUE(make_signaler("listen://127.0.0.1:0", {control, {}, {}}));
  EXPECT_TRUE(make_signaler("wss://127.0.0.1:8443/ws", {control, {}, {}}));
  EXPECT_TRUE(make_signaler("janus://127.0.0.1/1234?pin=1", {control, {}, {}}));
  EXPECT_TRUE(make_signaler("manual:", {control, {}, {}}));
}

}  // namespace
}  // namespace webcast
