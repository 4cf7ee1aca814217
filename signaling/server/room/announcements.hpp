// Announcements: news of peers that wait until the listeners may be told of them. What one peer
// says goes to as many as are here; so of each only the newest is told, and no more in a second
// than all sockets together take with ease. A peer whose news wait keeps nobody else's back for
// longer than that takes.
//
// Pure: time comes in as an argument. Its room owns it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "signaling/protocol/message.hpp"

namespace webcast {

// What others may know of a peer; the empty one: nothing.
struct Standing {
  Roles roles{};
  std::string name{};  // in its meta, if a stream may be called so
  std::string meta = "null";
  friend bool operator==(const Standing&, const Standing&) = default;
};

class Announcements {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct News {
    std::string peer{};
    Standing before{};       // as it was told last
    bool is_remote = false;  // the peer's own relay tells the other ones
  };

  // `peer` changed from `before` to `after`. Nothing is left to tell when it is again what it was.
  void note(const std::string& peer, const Standing& before, const Standing& after, bool is_remote);
  // What was told of that peer last; nothing: what it is now.
  std::optional<Standing> told_last(const std::string& peer) const;
  // By their coming.
  const std::map<uint64_t, News>& waiting() const { return waiting_; }
  // The news that wait longest, if they may go out by now; each is to be followed by told().
  std::optional<News> take(Time now);
  // So many bytes went to each of so many.
  void told(size_t bytes, size_t listeners, Time now);
  // When to take() again; nothing: no news wait.
  std::optional<Time> due() const;

 private:
  std::map<uint64_t, News> waiting_;  // in the order of their coming
  std::map<std::string, uint64_t> places_;
  uint64_t next_place_ = 0;
  Time free_at_ = Time::min();
};

}  // namespace webcast
