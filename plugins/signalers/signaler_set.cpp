#include "plugins/signalers/signaler_set.hpp"

#include "plugins/signalers/custom.hpp"
#include "plugins/signalers/location.hpp"

namespace webcast {

bool listens(const std::string& location) {
  auto parsed = parse_location(location);
  return parsed && parsed->scheme == "listen";
}

Result<void> open_ways(WebcastSignaler* signaler, const std::vector<std::string>& locations,
                       const OpenWay& open) {
  if (signaler)
    return open(G_OBJECT_TYPE_NAME(signaler), [signaler](SignalerContext context) {
      return make_custom_signaler(signaler, std::move(context));
    });
  for (const std::string& location : locations) {
    auto opened = open(location, [&location](SignalerContext context) {
      return make_signaler(location, std::move(context));
    });
    if (!opened) return opened;
  }
  return {};
}

}  // namespace webcast
