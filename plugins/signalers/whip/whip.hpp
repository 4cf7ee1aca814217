// whip://HOST/PATH, whips://HOST/PATH: publishes to a WHIP server (RFC 9725); whep://HOST/PATH,
// wheps://HOST/PATH: plays from a WHEP server (draft-ietf-wish-whep). Again whenever the session is
// lost.
#pragma once

#include <string>

#include "plugins/signalers/signaler.hpp"

namespace webcast {

// "whip://host/path" or "whep://…" as the http(s) URL that it stands for; the error names the remedy. Pure.
Result<std::string> whip_url(const std::string& scheme, const std::string& rest);

// `scheme` and `rest`: of the location.
Result<std::unique_ptr<Signaler>> make_whip_signaler(const std::string& location,
                                                     const std::string& scheme,
                                                     const std::string& rest,
                                                     SignalerContext context);

}  // namespace webcast
