#include "signaling/protocol/description_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace webcast {
namespace {

using testing::HasSubstr;

std::string why_not(std::string_view text) {
  auto read = read_description_text(text);
  return read ? "" : read.error().sentence;
}

TEST(DescriptionText, OfSdpIsTheTextWithoutTheSpaceAroundIt) {
  auto read = read_description_text("\xEF\xBB\xBF \r\n\tv=0\r\ns=-\n\n ");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (DescriptionText{std::nullopt, "v=0\r\ns=-"}));
}

TEST(DescriptionText, OfJsonIsItsSdpAndWhatItSaysItIs) {
  auto offer = read_description_text(R"( {"type":"offer","sdp":"v=0\r\ns=-\r\n"} )");
  ASSERT_TRUE(offer);
  EXPECT_EQ(*offer, (DescriptionText{true, "v=0\r\ns=-\r\n"}));
  auto answer =
      read_description_text("{\n  \"sdp\": \"v=0\\n\", \"type\": \"answer\", \"x\": [1]\n}");
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, (DescriptionText{false, "v=0\n"}));
}

TEST(DescriptionText, ThatIsNoneIsAnErrorThatSaysWhy) {
  EXPECT_THAT(why_not(""), HasSubstr("no text"));
  EXPECT_THAT(why_not(" \r\n\t"), HasSubstr("no text"));
  EXPECT_THAT(why_not(R"({"type":"offer","sdp":"v=0)"), HasSubstr("in whole"));
  EXPECT_THAT(why_not("{}"), HasSubstr("\"sdp\""));
  EXPECT_THAT(why_not(R"({"type":"offer","sdp":7})"), HasSubstr("\"sdp\""));
  EXPECT_THAT(why_not(R"({"type":"rollback","sdp":"v=0"})"), HasSubstr("\"type\""));
  EXPECT_THAT(why_not(R"({"sdp":"v=0"})"), HasSubstr("\"type\""));
  EXPECT_THAT(why_not("v=0\xff"), HasSubstr("UTF-8"));
  EXPECT_NE(why_not(R"({"type":"offer","sdp":"\ud800"})"), "");
  EXPECT_THAT(why_not(std::string(10'000, '{')), HasSubstr("JSON"));
}

TEST(DescriptionText, IsBoundedBeforeAnybodyLooksAtIt) {
  EXPECT_TRUE(read_description_text(std::string(64 * 1024, 'x')));
  auto read = read_description_text(std::string(64 * 1024 + 1, ' '));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::limit);
  EXPECT_THAT(read.error().sentence, HasSubstr("64 KiB"));
}

}  // namespace
}  // namespace webcast
