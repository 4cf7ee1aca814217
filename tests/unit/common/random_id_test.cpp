#include "common/random_id.hpp"

#include <glib.h>
#include <gtest/gtest.h>

#include <set>

namespace webcast {
namespace {

TEST(RandomId, NoTwoAreAlike) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; i++) {
    ids.insert(unguessable_id());
    ids.insert(unguessable_uuid());
  }
  EXPECT_EQ(ids.size(), 2000u);
}

TEST(RandomId, WhoKnowsTheTwisterOfGLibForetellsNone) {
  g_random_set_seed(1);
  std::string id = unguessable_id(), uuid = unguessable_uuid();
  g_random_set_seed(1);
  EXPECT_NE(unguessable_id(), id);
  EXPECT_NE(unguessable_uuid(), uuid);
}

TEST(RandomId, HasTheFormOfItsKind) {
  for (int i = 0; i < 100; i++) {
    EXPECT_EQ(unguessable_id().size(), 32u);
    std::string uuid = unguessable_uuid();
    EXPECT_TRUE(g_uuid_string_is_valid(uuid.c_str())) << uuid;
    EXPECT_EQ(uuid[14], '4') << uuid;
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
  }
}

}  // namespace
}  // namespace webcast
