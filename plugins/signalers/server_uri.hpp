// The address of a server in a location: what is wrong with it, and why nobody answers there. Pure.
#pragma once

#include <gio/gio.h>

#include <string>

#include "common/ref.hpp"
#include "common/result.hpp"

namespace webcast {

WEBCAST_REF_TRAITS(GUri, g_uri_ref, g_uri_unref);

// How its locations are spoken of.
struct ServerKind {
  const char* location;    // "A relay's location"
  const char* looks_like;  // "ws://relay.example.org:8080"
  const char* credential;  // what goes in place of user:password@
};

// With a host, without a user; the parts are still encoded.
Result<Ref<GUri>> parse_server_uri(const std::string& location, const ServerKind& kind);

// The error of a location: without its query, which may hold a secret.
Error bad_server_uri(const std::string& location, const std::string& why, const ServerKind& kind);

// `what`: "relay"; `status`: of the HTTP reply, or 0. A clause without a full stop.
std::string why_unreachable(const std::string& what, const GError* error, unsigned status);

}  // namespace webcast
