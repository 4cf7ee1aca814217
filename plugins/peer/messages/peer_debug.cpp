#include "plugins/peer/messages/peer_debug.hpp"

#include <mutex>

GST_DEBUG_CATEGORY(webcast_peer_debug);

namespace webcast {

void init_peer_debug() {
  static std::once_flag once;
  std::call_once(once, [] {
    GST_DEBUG_CATEGORY_INIT(webcast_peer_debug, "webcastpeer", 0,
                            "sessions of webcast with viewers and publishers");
  });
}

}  // namespace webcast
