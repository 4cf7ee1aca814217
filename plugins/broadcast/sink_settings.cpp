#include "plugins/broadcast/sink_settings.hpp"

namespace webcast {

Result<CheckedSettings> check_settings(const SinkSettings& settings) {
  return check_common(settings.location, settings.stream, settings.video_codecs,
                      settings.audio_codecs, settings.peer.ice,
                      {settings.access, settings.outgoing, SignalerRole::producer});
}

}  // namespace webcast
