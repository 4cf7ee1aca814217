// Federation: relays that act as one. Which ones there are beside this one, what they are told and
// what follows from what they say.
//
// Pure: time comes in as an argument. FederationMembership owns it and carries its words; server's
// thread. docs/protocol.md, "Between relays", has the rules.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "signaling/server/room/room.hpp"

namespace webcast {

struct RelayWords {
  std::string relay{};  // for whom; empty: all
  RelayMessage message{};
};

struct FederationStep {
  Outbox out{};
  std::vector<RelayWords> words{};
  bool deaf = false;  // own words do not come back: the link does not work
};

inline constexpr std::chrono::seconds kFederationTick{2};
inline constexpr std::chrono::seconds kRelaySilence{8};
inline constexpr size_t kMostRelays = 64;

class Federation {
 public:
  using Time = Room::Time;

  // `id`: of this relay, new each time that it starts.
  Federation(Room& room, std::string id) : room_(room), id_(std::move(id)) {}

  FederationStep up(Time now);
  FederationStep down(Time now);
  FederationStep heard(const RelayMessage& message, Time now);
  FederationStep tick(Time now);  // each kFederationTick
  // What the room has for a peer at another relay, or for all relays.
  std::vector<RelayWords> words_for(const Outgoing& outgoing) const;
  // That did not arrive.
  FederationStep unheard(const RelayWords& words, Time now);
  RelayWords goodbye() const { return {{}, {id_, RelayBye{}}}; }

  bool is_up() const { return up_; }
  size_t relays() const { return heard_.size(); }  // others

 private:
  void say_all(const std::string& relay, bool asks, std::vector<RelayWords>& words) const;
  void take(const RelayMessage& message, Time now, FederationStep& step);
  void lose(const std::string& relay, Time now, Outbox& out);

  Room& room_;
  const std::string id_;
  bool up_ = false;
  Time heard_self_{};
  std::map<std::string, Time> heard_;
};

}  // namespace webcast
