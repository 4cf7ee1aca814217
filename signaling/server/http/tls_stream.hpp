// A TlsSession as a GIOStream, for libsoup: its streams are pollable and never block.
#pragma once

#include <gio/gio.h>

#include <memory>

#include "signaling/server/http/tls_session.hpp"

namespace webcast {

// A new stream (transfer full).
GIOStream* tls_stream_new(std::shared_ptr<TlsSession> session);

}  // namespace webcast
