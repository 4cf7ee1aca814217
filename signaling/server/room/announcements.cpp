#include "signaling/server/room/announcements.hpp"

#include <algorithm>

namespace webcast {

namespace {

// To all listeners together.
constexpr double kBytesPerSecond = 8.0 * 1024 * 1024;
// At once after a silence. Few listeners get no more of it each: well below what may wait for one.
constexpr std::chrono::milliseconds kBurst{500};
constexpr size_t kFewListeners = 16;

}  // namespace

void Announcements::note(const std::string& peer, const Standing& before, const Standing& after,
                         bool is_remote) {
  auto place = places_.find(peer);
  if (place == places_.end()) {
    if (before == after) return;
    places_[peer] = next_place_;
    waiting_[next_place_++] = {peer, before, is_remote};
  } else if (waiting_.at(place->second).before == after) {
    waiting_.erase(place->second);
    places_.erase(place);
  }
}

std::optional<Standing> Announcements::told_last(const std::string& peer) const {
  auto place = places_.find(peer);
  if (place == places_.end()) return std::nullopt;
  return waiting_.at(place->second).before;
}

std::optional<Announcements::News> Announcements::take(Time now) {
  if (waiting_.empty() || now < free_at_) return std::nullopt;
  auto first = waiting_.begin();
  News news = std::move(first->second);
  places_.erase(news.peer);
  waiting_.erase(first);
  return news;
}

void Announcements::told(size_t bytes, size_t listeners, Time now) {
  std::chrono::duration<double> cost(static_cast<double>(bytes) *
                                     static_cast<double>(std::max(listeners, kFewListeners)) /
                                     kBytesPerSecond);
  free_at_ = std::max(free_at_, now - kBurst) +
             std::chrono::duration_cast<std::chrono::steady_clock::duration>(cost);
}

std::optional<Announcements::Time> Announcements::due() const {
  if (waiting_.empty()) return std::nullopt;
  return free_at_;
}

}  // namespace webcast
