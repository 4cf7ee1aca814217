#include "plugins/session/debug.hpp"

GST_DEBUG_CATEGORY(webcast_elements_debug);

namespace webcast {

void init_elements_debug() {
  GST_DEBUG_CATEGORY_INIT(webcast_elements_debug, "webcast", 0, "webcastsink and webcastsrc");
}

}  // namespace webcast
