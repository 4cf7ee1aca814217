#include "common/clean_text.hpp"

#include <glib.h>
#include <gtest/gtest.h>

#include <random>

namespace webcast {
namespace {

TEST(CleanText, WordsStayAsTheyAre) {
  for (const char* text : {"", "The stream is over.", "Übertragung beendet – schade",
                           "終了しました", "👩‍💻", "a (b) \"c\""})
    EXPECT_EQ(clean_text(text), text);
}

TEST(CleanText, OneLineWithoutEscapeCodes) {
  EXPECT_EQ(clean_text("bye\r\n** ERROR: forged\n"), "bye ** ERROR: forged");
  EXPECT_EQ(clean_text("\x1b[31mred\x1b[0m \t\a\x7f!"), "[31mred [0m !");
  EXPECT_EQ(clean_text(std::string_view("a\0b", 3)), "a b");
  EXPECT_EQ(clean_text("a\u0085b\u2028c\u2029d\u009b2J"), "a b c d 2J");
}

TEST(CleanText, NothingTurnsTheReadingDirectionOrHides) {
  EXPECT_EQ(clean_text("user\u202Egpj.exe\u202C"), "usergpj.exe");
  EXPECT_EQ(clean_text("\u2066a\u2069\u200F\u061C\uFEFF\u200Bb\u00ADc"), "abc");
  EXPECT_EQ(clean_text("a\U000E0041\U000E0042"), "a") << "tag characters";
}

TEST(CleanText, WhatIsNoUtf8IsShownAsSuch) {
  EXPECT_EQ(clean_text("a\xff\xfe"), "a\uFFFD\uFFFD");
  EXPECT_EQ(clean_text("\xc3"), "\uFFFD");
  EXPECT_EQ(clean_text("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
}

TEST(CleanText, IsCutBetweenCharacters) {
  EXPECT_EQ(clean_text("abcdef", 6), "abcdef");
  EXPECT_EQ(clean_text("abcdefg", 6), "abc…");
  EXPECT_EQ(clean_text("äöüß", 6), "ä…");
  EXPECT_EQ(clean_text("abc" + std::string(30'000, '\n'), 6), "abc");
  EXPECT_LE(clean_text(std::string(30'000, 'x')).size(), kLongestPeerText);
}

TEST(CleanText, LinesStayLinesAndLookLikeNoneOfTheLog) {
  EXPECT_EQ(clean_lines("v=0\r\ns=\x1b[2J\r\n\r\n0:00:00 WARN all is well"),
            "  v=0\n  s= [2J\n  \n  0:00:00 WARN all is well");
  EXPECT_EQ(clean_lines(""), "");
  EXPECT_LE(clean_lines(std::string(5'000, 'x')).size(), kLongestPeerText + 2);
}

TEST(CleanText, AnyBytesBecomeOneShortLine) {
  std::mt19937 random(1);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes(random() % 400, '\0');
    for (char& byte : bytes)
      byte = static_cast<char>(random() % 3 ? random() : 0xe2);
    std::string clean = clean_text(bytes, 100);
    ASSERT_LE(clean.size(), 100u);
    ASSERT_TRUE(g_utf8_validate_len(clean.data(), clean.size(), nullptr));
    for (unsigned char byte : clean)
      ASSERT_GE(byte, 0x20);
    ASSERT_EQ(clean_text(clean, 100), clean);
  }
}

}  // namespace
}  // namespace webcast
