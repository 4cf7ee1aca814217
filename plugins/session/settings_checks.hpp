// Checks of the settings that sink and source share. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/result.hpp"
#include "plugins/peer/peer.hpp"
#include "plugins/rtp/rtp_format.hpp"
#include "plugins/signalers/signaler.hpp"

namespace webcast {

// What a start needs of the settings, checked; the error names the property and the remedy.
struct CheckedSettings {
  std::vector<std::string> locations;
  std::vector<Codec> video_preference;
  std::vector<Codec> audio_preference;
  std::vector<std::string> warnings{};  // that do not keep it from starting
};
// How others come to the element, and it to servers.
struct WaySettings {
  const AccessSettings& access;
  const OutgoingSettings& outgoing;
  SignalerRole role;
  const std::string& shown_token() const {
    return role == SignalerRole::producer ? access.publish_token : access.view_token;
  }
};
Result<CheckedSettings> check_common(const std::string& location, const std::string& stream,
                                     const std::string& video_codecs,
                                     const std::string& audio_codecs, const IceSettings& ice,
                                     const WaySettings& ways);

// Whether pages of these origins can be let in: "https://example.org:8443", "*".
Result<void> check_origins(const std::vector<std::string>& origins);

// Whether descriptions are carried by hand there.
bool is_manual(const std::string& location);

// "H264,VP8" to codecs of that kind; an empty list, an unknown name or one of the other kind is
// an error that names `property`.
Result<std::vector<Codec>> parse_codecs(const std::string& text, MediaKind kind,
                                        const char* property);

}  // namespace webcast
