#include "common/budget.hpp"

#include <algorithm>

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

Budget::Answer Budget::ask(Id id, const Resources& cost, const Headroom& room, Time now) {
  if (granted_.contains(id)) return Answer::granted;
  auto own = waiting_.find(id);
  if (own != waiting_.end() && own->second <= now) {
    waiting_.erase(own);
    return Answer::refused;
  }
  // Who does not ask any more holds nobody up once its time is over.
  bool first = std::none_of(waiting_.begin(), waiting_.lower_bound(id),
                            [now](const auto& entry) { return entry.second > now; });
  if (first && fits(cost, room, 1)) {
    waiting_.erase(id);
    granted_[id] = cost;
    promised_.descriptors += cost.descriptors;
    promised_.threads += cost.threads;
    promised_.address_space += cost.address_space;
    return Answer::granted;
  }
  if (own == waiting_.end()) {
    if (waiting_.size() >= settings_.waiting) return Answer::refused;
    waiting_[id] = now + settings_.patience;
  }
  return Answer::waits;
}

bool Budget::is_behind(Id id, Time now) const {
  auto own = waiting_.find(id);
  return own != waiting_.end() && own->second > now &&
         std::any_of(waiting_.begin(), own, [now](const auto& entry) { return entry.second > now; });
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
