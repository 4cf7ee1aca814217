#include "plugins/reception/source_settings.hpp"

#include <gtest/gtest.h>

namespace webcast {
namespace {

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
