// Neighbours: the other relays that act as one with this server, as its switchboard sees them.
//
// The switchboard owns it; server's thread.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "common/control_thread.hpp"
#include "signaling/server/federation.hpp"
#include "signaling/server/federation_link.hpp"

namespace webcast {

class Neighbours : public std::enable_shared_from_this<Neighbours> {
 public:
  using Deliver = std::function<void(const Outbox&)>;

  // `deliver`: for peers here; not called in the constructor, nor after close().
  static std::shared_ptr<Neighbours> create(ControlThread& control, Room& room,
                                            const MakeFederationLink& make_link, Deliver deliver);
  Neighbours(ControlThread& control, Room& room, std::string id, Deliver deliver);

  // What the room has for a peer elsewhere, or for the other relays.
  void send(const Outgoing& outgoing);
  void close();

  bool is_connected() const { return cluster_.is_up(); }
  size_t relays() const { return cluster_.relays(); }  // others

 private:
  void take(ClusterStep step);
  void say(RelayWords words);
  void on_text(std::string_view text);

  ControlThread& control_;
  const std::string id_;
  Cluster cluster_;
  Deliver deliver_;
  std::unique_ptr<FederationLink> link_;
  Timer timer_;
};

}  // namespace webcast
