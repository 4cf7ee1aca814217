// Budget: whether a process has room for one more, asked before that one is made. GLib and
// webrtcbin end the process when there is no descriptor, thread or memory left for them.
//
// Pure: what there is and the time come in as arguments. process_budget.hpp has the process's own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace webcast {

struct Resources {
  size_t descriptors = 0;
  size_t threads = 0;
  size_t address_space = 0;  // bytes
};

// What there is, by the measure of this moment.
struct Headroom {
  Resources free{};
  Resources reserve{};  // of it, for all that nobody asks about
};

struct BudgetSettings {
  size_t waiting = 64;                         // places in the line
  std::chrono::milliseconds patience{10'000};  // of who waits
};

// A place is waited for, then granted; from taken() on what it stands for is seen by who measures
// what is free, and stays in use until it is really freed: nobody need count that here.
class Budget {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Id = uint64_t;
  enum class Answer { granted, waits, refused };

  explicit Budget(BudgetSettings settings = {}) : settings_(settings) {}

  // To be asked again while it waits: each is granted as soon as there is room and its turn has
  // come, or refused when its time is up. A larger id asked first later. The turns go round those
  // whom they come `from` (an address, say), and within one by the order of coming; where the line
  // is full, who has the latest turn has to leave it, so that nobody can fill it for others.
  Answer ask(Id id, const Resources& cost, const Headroom& room, Time now,
             const std::string& from = {});
  // Waits behind somebody: no headroom changes that, it need not be measured.
  bool is_behind(Id id, Time now) const;
  void taken(Id id);
  // Whatever its state.
  void give_back(Id id);

  // For what is small and cannot wait: half of the reserve has to stay.
  bool has_room(const Resources& cost, const Headroom& room) const;

  size_t waiting() const { return waiting_.size(); }

 private:
  struct Waiting {
    Time until{};
    uint64_t turn = 0;
    std::string from{};
  };
  using Line = std::map<Id, Waiting>;

  uint64_t next_turn(const std::string& from, Time now) const;
  bool is_behind(Id id, uint64_t turn, Time now) const;
  bool join_line(Id id, uint64_t turn, const std::string& from, Time now);
  bool fits(const Resources& cost, const Headroom& room, size_t part_of_reserve) const;

  BudgetSettings settings_;
  Line waiting_;                     // who does not ask any more, too
  uint64_t turn_ = 0;                // of who was granted last from the line
  std::map<Id, Resources> granted_;  // not taken yet
  Resources promised_{};             // their sum
};

}  // namespace webcast
