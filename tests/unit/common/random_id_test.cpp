#include "common/random_id.hpp"

#include <glib.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
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

// From here on getrandom() fails in this process.
bool forbid_getrandom() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{.len = G_N_ELEMENTS(rules), .filter = rules};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool may_filter_its_calls() {
  pid_t child = fork();
  if (child == 0) _exit(forbid_getrandom() ? 0 : 1);
  int status = -1;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(RandomIdDeathTest, WithoutRandomNumbersTheProcessEndsWithTheReason) {
  if (!may_filter_its_calls()) GTEST_SKIP() << "No process may filter its system calls here";
  EXPECT_DEATH(
      {
        forbid_getrandom();
        unguessable_id();
        _exit(0);
      },
      "getrandom.*not permitted");
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
