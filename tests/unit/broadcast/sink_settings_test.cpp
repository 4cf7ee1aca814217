#include "plugins/broadcast/sink_settings.hpp"

#include <gtest/gtest.h>

#include "plugins/session/own_addresses.hpp"
#include "plugins/session/token_rule.hpp"

namespace webcast {
namespace {

TEST(SinkSettings, DefaultsAreValid) {
  auto checked = check_settings(SinkSettings{});
  ASSERT_TRUE(checked) << checked.error().sentence;
  EXPECT_EQ(checked->locations, std::vector<std::string>{"listen://127.0.0.1:8080"});
  EXPECT_EQ(checked->video_preference.front(), Codec::h264);
  EXPECT_EQ(checked->audio_preference, std::vector<Codec>{Codec::opus});
}

TEST(SinkSettings, CodecListsKeepTheirOrderAndLoseDoubles) {
  auto codecs = parse_codecs("vp8, H264,VP8", MediaKind::video, "video-codecs");
  ASSERT_TRUE(codecs);
  EXPECT_EQ(*codecs, (std::vector<Codec>{Codec::vp8, Codec::h264}));
}

TEST(SinkSettings, ACodecOfTheOtherKindIsNamedInTheError) {
  auto codecs = parse_codecs("OPUS", MediaKind::video, "video-codecs");
  ASSERT_FALSE(codecs);
  EXPECT_NE(codecs.error().sentence.find("OPUS"), std::string::npos);
  EXPECT_NE(codecs.error().sentence.find("video-codecs"), std::string::npos);
}

TEST(SinkSettings, PortRangesMustBeInOrder) {
  SinkSettings settings;
  settings.peer.ice.min_port = 5000;
  settings.peer.ice.max_port = 5000;
  EXPECT_TRUE(check_settings(settings));
  settings.peer.ice.max_port = 4999;
  EXPECT_FALSE(check_settings(settings));
  settings.peer.ice.max_port = 0;  // no upper bound
  EXPECT_TRUE(check_settings(settings));
}

TEST(SinkSettings, RelayOnlyNeedsARelay) {
  SinkSettings settings;
  settings.peer.ice.relay_only = true;
  EXPECT_FALSE(check_settings(settings));
  settings.peer.ice.turn_servers = {"turn://u:p@127.0.0.1:3478"};
  EXPECT_TRUE(check_settings(settings));
}

TEST(SinkSettings, ATurnServerNeedsAUserUnlessThereIsASecret) {
  for (bool relay_only : {false, true}) {
    SinkSettings settings;
    settings.peer.ice.relay_only = relay_only;
    for (const char* server :
         {"turn://h:3478", "turn://user@h", "turn://user:@h", "turns://:p@h"}) {
      settings.peer.ice.turn_servers = {"turn://u:s3cret@good", server};
      settings.peer.ice.turn_secret.clear();
      auto checked = check_settings(settings);
      ASSERT_FALSE(checked) << server;
      EXPECT_NE(checked.error().sentence.find("turn://user:password@"), std::string::npos);
      EXPECT_EQ(checked.error().sentence.find("s3cret"), std::string::npos);
      settings.peer.ice.turn_secret = "s3cret";
      EXPECT_TRUE(check_settings(settings)) << server;
    }
  }
}

TEST(SinkSettings, AnOriginHasASchemeAndNoPath) {
  auto check = [](const char* origin) {
    SinkSettings settings;
    settings.access.allow_origins = {"https://a.example", origin};
    auto checked = check_settings(settings);
    return checked ? "" : checked.error().sentence;
  };
  for (const char* good : {"*", "http://b.example:8080", "https://[::1]:8443", "app://b"})
    EXPECT_EQ(check(good), "") << good;
  EXPECT_NE(check("b.example").find("https://b.example"), std::string::npos);
  for (const char* bad :
       {"b.example:8443", "localhost", "https://b.example/", "https://u@b.example",
        "https://b.example/x?y", "https://", "//b.example"})
    EXPECT_NE(check(bad).find("allow-origins"), std::string::npos) << bad;
}

TEST(SinkSettings, InsecureTlsIsWarnedOf) {
  SinkSettings settings;
  EXPECT_TRUE(check_settings(settings)->warnings.empty());
  settings.outgoing.insecure_tls = true;
  ASSERT_EQ(check_settings(settings)->warnings.size(), 1u);
}

TEST(SinkSettings, HeadersAreCheckedWithTheTokenThatIsShown) {
  SinkSettings settings;
  settings.outgoing.headers = {{"Authorization", "Basic s3cret"}};
  settings.access.view_token = "s3cret";  // asked for, not shown
  EXPECT_TRUE(check_settings(settings));
  settings.access.publish_token = "s3cret";
  EXPECT_FALSE(check_settings(settings));
}

TEST(OwnAddresses, ThoseOfOthersAreWarnedOf) {
  EXPECT_TRUE(warnings_of_addresses({"127.0.0.1"}).empty());
  auto warnings = warnings_of_addresses({"127.0.0.1", "203.0.113.9"});
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("203.0.113.9"), std::string::npos);
}

TEST(TokenRule, WhoCameByARevokedTokenMayNotStay) {
  auto came = [](const char* token, bool valid) {
    Visitor visitor;
    visitor.token = token;
    visitor.token_valid = valid;
    return visitor;
  };
  TokenRule rule("");
  EXPECT_TRUE(rule.admits(came("", false)));
  EXPECT_FALSE(rule.set(""));
  EXPECT_TRUE(rule.set("one"));
  EXPECT_FALSE(rule.admits(came("", false))) << "none was asked for when it came";
  EXPECT_TRUE(rule.admits(came("one", true)));
  EXPECT_TRUE(rule.admits(came("of the other role", true)));
  EXPECT_TRUE(rule.set("two"));
  EXPECT_FALSE(rule.admits(came("one", true)));
  EXPECT_TRUE(rule.set("one"));
  EXPECT_TRUE(rule.admits(came("one", true))) << "it is valid again";
  EXPECT_TRUE(rule.set(""));
  EXPECT_TRUE(rule.admits(came("two", true))) << "everybody may come";
}

TEST(SinkSettings, AnErrorNeverRepeatsATurnPassword) {
  SinkSettings settings;
  settings.peer.ice.turn_servers = {"https://user:sesame@example.org"};
  auto checked = check_settings(settings);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().sentence.find("sesame"), std::string::npos);
}

TEST(SinkSettings, ManualStandsThereOnce) {
  SinkSettings settings;
  settings.location = "manual:";
  EXPECT_TRUE(check_settings(settings));
  settings.location = "listen://127.0.0.1:0, manual:";
  EXPECT_TRUE(check_settings(settings));
  settings.location = "manual:,listen://127.0.0.1:0,MANUAL:";
  auto checked = check_settings(settings);
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().sentence.find("twice"), std::string::npos);
}

}  // namespace
}  // namespace webcast
