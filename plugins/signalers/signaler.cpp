#include "plugins/signalers/signaler.hpp"

#include "plugins/signalers/janus/janus.hpp"
#include "plugins/signalers/listen.hpp"
#include "plugins/signalers/location.hpp"
#include "plugins/signalers/manual.hpp"
#include "plugins/signalers/relay/relay_client.hpp"
#include "plugins/signalers/whip/whip.hpp"

namespace webcast {

Result<std::unique_ptr<Signaler>> make_signaler(const std::string& location,
                                                SignalerContext context) {
  auto parsed = parse_location(location);
  if (!parsed) return parsed.error();
  if (parsed->scheme == "listen")
    return make_listen_signaler(location, parsed->rest, std::move(context));
  if (parsed->scheme == "ws" || parsed->scheme == "wss")
    return make_relay_signaler(location, std::move(context));
  if (parsed->scheme == "whip" || parsed->scheme == "whips" || parsed->scheme == "whep" ||
      parsed->scheme == "wheps")
    return make_whip_signaler(location, parsed->scheme, parsed->rest, std::move(context));
  if (parsed->scheme == "janus" || parsed->scheme == "januss")
    return make_janus_signaler(location, std::move(context));
  if (parsed->scheme == kManualScheme)
    return make_manual_signaler(location, parsed->rest, std::move(context));
  // A source plays where a sink publishes.
  std::vector<std::string> known = {"listen", "ws", "wss", "janus", "januss", kManualScheme};
  bool plays = context.role == SignalerRole::consumer;
  for (const char* whip : {"whip", "whips"})
    known.push_back(plays ? "whep" + std::string(whip + 4) : whip);
  std::string nearest = nearest_scheme(parsed->scheme, known);
  if (plays && nearest.starts_with("whip")) nearest[2] = 'e';
  std::string hint =
      nearest.empty() ? ""
                      : " Did you mean " + nearest + ":" + (nearest == kManualScheme ? "?" : "//?");
  return Error{ErrorCode::not_supported,
               shown_location(location) + ": this build does not know the scheme \"" +
                   parsed->scheme + "\"." + hint +
                   " It knows listen://HOST:PORT, ws(s)://HOST:PORT, "
                   "whip(s)://HOST/PATH, whep(s)://HOST/PATH, janus(s)://HOST:PORT/ROOM and "
                   "manual:, for example listen://127.0.0.1:8080."};
}

}  // namespace webcast
