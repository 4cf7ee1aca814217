// The signal `authorize` of both elements: the application decides about who asks for a session.
#pragma once

#include <gst/gst.h>

#include <string>

#include "plugins/signalers/signaler.hpp"

namespace webcast {

void install_authorize(GType element_type);

// What is asked for: the stream, and the way by which the request came.
struct AskedFor {
  std::string stream{};
  std::string signaler{};  // as in webcast-viewer-added
  SignalerRole our_role = SignalerRole::producer;
};

// Emits it; true where no handler says no. Control thread, no lock held.
bool is_authorized(GstElement* element, const AskedFor& asked, const SessionRequest& request);

}  // namespace webcast
