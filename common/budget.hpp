// Budget: whether a process has room for one more, asked before that one is made. GLib and
// webrtcbin end the process when there is no descriptor, thread or memory left for them.
//
// Pure: what there is and the time come in as arguments. process_budget.hpp has the process's own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>

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
  size_t waiting = 64;                         // who comes beyond that is refused at once
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

  // To be asked again while it waits: in the order of the first question, each is granted as soon
  // as there is room, or refused when its time is up. A larger id asked first later.
  Answer ask(Id id, const Resources& cost, const Headroom& room, Time now);
  // Waits behind somebody: no headroom changes that, it need not be measured.
  bool is_behind(Id id, Time now) const;
  void taken(Id id);
  // Whatever its state.
  void give_back(Id id);

  // For what is small and cannot wait: half of the reserve has to stay.
  bool has_room(const Resources& cost, const Headroom& room) const;

  size_t waiting() const { return waiting_.size(); }

 private:
  bool fits(const Resources& cost, const Headroom& room, size_t part_of_reserve) const;

  BudgetSettings settings_;
  std::map<Id, Time> waiting_;       // until when
  std::map<Id, Resources> granted_;  // not taken yet
  Resources promised_{};             // their sum
};

}  // namespace webcast
