#include "plugins/elements/sink_settings.hpp"

#include <gtest/gtest.h>

#include "plugins/elements/source_settings.hpp"

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

TEST(SourceSettings, ManualStandsAlone) {
  SourceSettings settings;
  settings.location = "manual:";
  EXPECT_TRUE(check_settings(settings));
  for (const char* location : {"manual:,listen://127.0.0.1:0", "listen://127.0.0.1:0,manual:"}) {
    settings.location = location;
    auto checked = check_settings(settings);
    ASSERT_FALSE(checked) << location;
    EXPECT_NE(checked.error().sentence.find("alone"), std::string::npos);
  }
  settings.location = "manual:,manual:";
  EXPECT_FALSE(check_settings(settings));
}

}  // namespace
}  // namespace webcast
