// FederationLink: carries text from one relay of a federation to the others. Who runs the server
// brings one (webcast-relay: by Redis); on the server's thread throughout.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/control_thread.hpp"

namespace webcast {

struct FederationLinkEvents {
  std::function<void()> up;    // what is said from now on arrives, and so does what others say
  std::function<void()> down;  // and tries again by itself
  std::function<void(std::string_view text)> text;  // own words to all come back, too
};

class FederationLink {
 public:
  // Ends it. What was said before is still sent, as far as that takes no waiting.
  virtual ~FederationLink() = default;
  // Dropped while the link is down. `relay`: its id; empty: all. `unheard`: no such relay listens.
  virtual void say(const std::string& relay, std::string text, std::function<void()> unheard) = 0;
  // It seems to work and does not.
  virtual void restart() = 0;
};

// `id`: of this relay.
using MakeFederationLink = std::function<std::unique_ptr<FederationLink>(
    ControlThread& control, const std::string& id, FederationLinkEvents events)>;

}  // namespace webcast
