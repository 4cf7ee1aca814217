#include <gtest/gtest.h>

#include "plugins/broadcast/caption_pad.hpp"

namespace webcast {
namespace {

TEST(CaptionText, IsWithoutMarkup) {
  EXPECT_EQ(caption_text("<b>Tom</b> &amp; <span color='red'>Jerry</span>\nhere", true),
            "Tom & Jerry\nhere");
  EXPECT_EQ(caption_text("a < b", true), "a < b") << "as its author wrote it";
  EXPECT_EQ(caption_text("<b>&amp;</b>", false), "<b>&amp;</b>") << "it is no markup";
}

TEST(CaptionText, EndsWhereItEnds) {
  EXPECT_EQ(caption_text(std::string("text\n\0more", 10), false), "text");
  EXPECT_EQ(caption_text(" \n", false), "");
  EXPECT_EQ(caption_text("\xff", false), "");
  EXPECT_EQ(caption_text("", true), "");
}

TEST(CaptionText, IsCutBetweenCharacters) {
  std::string long_text;
  for (size_t i = 0; i <= kMaxCaption; i++)
    long_text += "\u00fc";
  EXPECT_EQ(caption_text(long_text, false).size(), 2 * kMaxCaption);
}

}  // namespace
}  // namespace webcast
