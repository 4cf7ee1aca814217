#include "common/stream_name.hpp"

#include <gtest/gtest.h>

namespace webcast {
namespace {

TEST(StreamName, IsLettersDigitsAndThreeMarks) {
  for (const char* good : {"a", "live", "Cam-1_b.c", "..."})
    EXPECT_TRUE(is_stream_name(good)) << good;
  for (const char* bad : {"", ".", "..", "a b", "a/b", "..\\x", "ü", "<script>"})
    EXPECT_FALSE(is_stream_name(bad)) << bad;
  EXPECT_TRUE(is_stream_name(std::string(kMaxStreamName, 'x')));
  EXPECT_FALSE(is_stream_name(std::string(kMaxStreamName + 1, 'x')));
}

}  // namespace
}  // namespace webcast
