// The budget of this process: descriptors, threads and address space, by the limits that hold for
// it (RLIMIT_NOFILE, RLIMIT_NPROC, pids.max of its control groups, RLIMIT_AS).
//
// Any thread.
#pragma once

#include <string>

#include "common/budget.hpp"
#include "common/result.hpp"

namespace webcast {

// Of the process now. What has no limit, or is not told by the system, is SIZE_MAX.
struct ProcessResources {
  Resources limit{};
  Resources free{};
};
ProcessResources measure_process();

// What is to stay free, of such limits.
Resources reserve_of(const Resources& limit);

// One place in the budget, from the question for it to its end.
class Place {
 public:
  // `address`: of who it is for, as text; in a line each has its turn. Empty: not known.
  explicit Place(Resources cost, const std::string& address = {});
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  // Again and again while it waits.
  Budget::Answer ask();
  // All that it stands for exists now.
  void taken();

 private:
  const Budget::Id id_;
  const Resources cost_;
  const std::string from_;
};

// For what cannot wait: a connection, an encoder.
bool process_has_room(const Resources& cost);

// Of a thread: its stack, and what the allocator keeps for it.
size_t address_space_of_thread();

// For who is refused, who may come again; its cause, for the person at the terminal, says what is
// short and how it is raised.
inline constexpr const char* kNoRoom = "There is no room for another session here now";
Error no_room();

}  // namespace webcast
