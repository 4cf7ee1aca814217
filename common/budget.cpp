#include "common/budget.hpp"

#include <algorithm>
#include <utility>

namespace webcast {

namespace {

bool is_left(size_t free, size_t promised, size_t cost, size_t reserve) {
  return free >= promised && free - promised >= cost && free - promised - cost >= reserve;
}

}  // namespace

bool Budget::fits(const Resources& cost, const Headroom& room, size_t part_of_reserve) const {
  const auto& [free, reserve] = room;
  return is_left(free.descriptors, promised_.descriptors, cost.descriptors,
                 reserve.descriptors / part_of_reserve) &&
         is_left(free.threads, promised_.threads, cost.threads,
                 reserve.threads / part_of_reserve) &&
         is_left(free.address_space, promised_.address_space, cost.address_space,
                 reserve.address_space / part_of_reserve);
}

bool Budget::has_room(const Resources& cost, const Headroom& room) const {
  return fits(cost, room, 2);
}

Budget::Answer Budget::ask(Id id, const Resources& cost, const Headroom& room, Time now,
                           const std::string& from) {
  if (granted_.contains(id)) return Answer::granted;
  auto own = waiting_.find(id);
  if (own != waiting_.end() && own->second.until <= now) {
    waiting_.erase(own);
    return Answer::refused;
  }
  uint64_t turn = own == waiting_.end() ? next_turn(from, now) : own->second.turn;
  if (!is_behind(id, turn, now) && fits(cost, room, 1)) {
    if (own != waiting_.end()) {
      turn_ = turn;
      waiting_.erase(own);
    }
    granted_[id] = cost;
    promised_.descriptors += cost.descriptors;
    promised_.threads += cost.threads;
    promised_.address_space += cost.address_space;
    return Answer::granted;
  }
  bool waits = own != waiting_.end() || join_line(id, turn, from, now);
  return waits ? Answer::waits : Answer::refused;
}

// A round later than the last one of the same who waits.
uint64_t Budget::next_turn(const std::string& from, Time now) const {
  uint64_t turn = turn_;
  for (const auto& [id, entry] : waiting_)
    if (entry.until > now && entry.from == from) turn = std::max(turn, entry.turn + 1);
  return turn;
}

// Who does not ask any more holds nobody up once its time is over.
bool Budget::is_behind(Id id, uint64_t turn, Time now) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [&](const auto& entry) {
    return entry.second.until > now &&
           std::pair(entry.second.turn, entry.first) < std::pair(turn, id);
  });
}

bool Budget::join_line(Id id, uint64_t turn, const std::string& from, Time now) {
  size_t length = 0;
  Waiting* last = nullptr;
  for (auto& [other, entry] : waiting_) {
    if (entry.until <= now) continue;
    length++;
    if (!last || entry.turn >= last->turn) last = &entry;
  }
  if (length >= settings_.waiting) {
    if (!last || last->turn <= turn) return false;
    last->until = now;
  }
  waiting_[id] = {now + settings_.patience, turn, from};
  return true;
}

bool Budget::is_behind(Id id, Time now) const {
  auto own = waiting_.find(id);
  return own != waiting_.end() && own->second.until > now && is_behind(id, own->second.turn, now);
}

void Budget::taken(Id id) {
  auto found = granted_.find(id);
  if (found == granted_.end()) return;
  promised_.descriptors -= found->second.descriptors;
  promised_.threads -= found->second.threads;
  promised_.address_space -= found->second.address_space;
  granted_.erase(found);
}

void Budget::give_back(Id id) {
  waiting_.erase(id);
  taken(id);
}

}  // namespace webcast
