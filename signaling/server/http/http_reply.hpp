// What every HTTP reply of ours carries, and how a request is refused before it was read whole.
#pragma once

#include <libsoup/soup.h>

#include <memory>
#include <string>
#include <vector>

#include "common/control_thread.hpp"
#include "common/ref.hpp"
#include "signaling/server/http/assets.hpp"

namespace webcast {

// One header of the request; empty when absent.
std::string request_header(SoupServerMessage* message, const char* name);

// Content-Security-Policy and the like, for pages and everything else alike.
void add_security_headers(SoupServerMessage* message, const std::string& host,
                          const std::vector<std::string>& allow_origins);

// Body and status; not to be stored by anybody.
// For the page that publishes: its own scripts may ask for camera, microphone and screen.
void allow_devices(SoupServerMessage* message);

void reply_text(SoupServerMessage* message, unsigned status, const std::string& type,
                const std::string& body);
// The same with an Asset; scripts may be kept, but are asked for again (ETag, 304).
void reply_asset(SoupServerMessage* message, const Asset& asset, bool is_page);

// lingers: who still sends may read the reply before the connection is reset. at_once: when the
// reply has left, for who is refused the place that the connection takes.
enum class Farewell { lingers, at_once };

// A request that is too long, or not to be read: answered and cut off while it still arrives.
void refuse_unread(SoupServerMessage* message, unsigned status, const std::string& sentence,
                   ControlThread& control, Farewell farewell = Farewell::lingers);

// Of a reply's status, for the metrics; null: nothing was refused.
const char* refusal_cause(guint status);

}  // namespace webcast
