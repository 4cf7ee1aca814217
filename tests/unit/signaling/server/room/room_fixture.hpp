// A room, and peers that say things in it. Time stands still unless a test moves it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signaling/protocol/codec.hpp"
#include "signaling/server/room/room.hpp"

namespace webcast {

// Failures show messages as they travel.
inline void PrintTo(const Outgoing& outgoing, std::ostream* stream) {
  *stream << outgoing.peer << ": " << encode(outgoing.message);
}
inline bool operator==(const Outgoing& a, const Outgoing& b) {
  return a.peer == b.peer && a.message == b.message;
}

namespace test {

using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class RoomTest : public testing::Test {
 protected:
  std::string join(PeerKind kind = PeerKind::client) {
    Outbox out;
    return room_.connect(kind, out);
  }
  Outbox say(const std::string& peer, const Message& message) {
    return room_.receive(peer, message, now_);
  }
  std::string join_as(Roles roles, PeerKind kind = PeerKind::client, bool v1_1 = false) {
    std::string id = join(kind);
    if (v1_1) say(id, SetProtocolVersion{"v1_1"});
    say(id, SetPeerStatus{roles});
    return id;
  }
  std::string start(const std::string& from, const std::string& to) {
    Outbox out = say(from, StartSessionRequest{to});
    EXPECT_EQ(out.size(), 2u);
    auto* started = out.empty() ? nullptr : std::get_if<SessionStarted>(&out[0].message);
    return started ? started->session : "";
  }
  static bool is_error(const Outbox& out, const std::string& peer) {
    return out.size() == 1 && out[0].peer == peer &&
           std::holds_alternative<ErrorMessage>(out[0].message);
  }

  static constexpr Roles kProducer{.producer = true};
  static constexpr Roles kListener{.listener = true};
  static constexpr Roles kConsumer{.consumer = true};
  int next_id_ = 0;
  Room::Time now_{};
  Room room_{[this] { return "id" + std::to_string(next_id_++); }, {.clients_may_publish = true}};
};

}  // namespace test
}  // namespace webcast
