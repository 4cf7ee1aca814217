// FederationMembership: this server's part in a federation of relays: the rules of Federation, with
// the link and the clock that they need.
//
// The switchboard owns it; server's thread.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "common/control_thread.hpp"
#include "signaling/server/room/federation.hpp"
#include "signaling/server/switchboard/federation_link.hpp"

namespace webcast {

class FederationMembership : public std::enable_shared_from_this<FederationMembership> {
 public:
  using Deliver = std::function<void(const Outbox&)>;

  // `deliver`: for peers here; not called in the constructor, nor after close().
  static std::shared_ptr<FederationMembership> create(ControlThread& control, Room& room,
                                                      const MakeFederationLink& make_link,
                                                      Deliver deliver);
  FederationMembership(ControlThread& control, Room& room, std::string id, Deliver deliver);

  // What the room has for a peer at another relay, or for all relays.
  void send(const Outgoing& outgoing);
  void close();

  bool is_connected() const { return federation_.is_up(); }
  size_t relays() const { return federation_.relays(); }  // others

 private:
  void take(FederationStep step);
  void say(RelayWords words);
  void on_text(std::string_view text);

  ControlThread& control_;
  const std::string id_;
  Federation federation_;
  Deliver deliver_;
  std::unique_ptr<FederationLink> link_;
  Timer timer_;
};

}  // namespace webcast
