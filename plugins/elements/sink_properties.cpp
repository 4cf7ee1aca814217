// The properties of webcastsink: GValue to SinkSettings and back.
#include <gst/gst.h>

#include "plugins/elements/element_error.hpp"
#include "plugins/elements/network_properties.hpp"
#include "plugins/elements/property_values.hpp"
#include "plugins/elements/webcast_sink.hpp"
#include "plugins/signalers/location.hpp"

namespace webcast {
namespace {

enum Property {
  kNoProperty,
  kLocation,
  kSignaler,
  kStream,
  kTitle,
  kVideoCodecs,
  kAudioCodecs,
  kStartBitrate,
  kRetransmission,
  kMaxViewers,
  kDataChannels,
  kTranscode,
  kPlayoutDelay,
  kEncoderPreset,
  kViewers,
  kStats,
  kManualOffer,
};

NetworkSettings network_of(SinkSettings& settings) {
  return {settings.peer.ice, settings.access, settings.outgoing};
}

bool set_media_property(SinkSettings& settings, guint id, const GValue* value) {
  switch (id) {
    case kLocation:
      settings.location = string_of(value);
      return true;
    case kSignaler:
      settings.signaler = retain(static_cast<WebcastSignaler*>(g_value_get_object(value)));
      return true;
    case kStream:
      settings.stream = string_of(value);
      return true;
    case kTitle:
      settings.title = string_of(value);
      return true;
    case kVideoCodecs:
      settings.video_codecs = string_of(value);
      settings.orders_video = true;
      return true;
    case kAudioCodecs:
      settings.audio_codecs = string_of(value);
      return true;
    case kStartBitrate:
      settings.track.start_bitrate = g_value_get_uint(value);
      return true;
    case kRetransmission:
      settings.peer.retransmission = g_value_get_boolean(value);
      return true;
    case kMaxViewers:
      settings.max_viewers = g_value_get_uint(value);
      return true;
    case kDataChannels:
      settings.peer.messages = g_value_get_boolean(value);
      return true;
    case kTranscode:
      settings.track.transcode = static_cast<Transcode>(g_value_get_enum(value));
      return true;
    case kPlayoutDelay:
      settings.track.playout_delay_ms = g_value_get_int(value);
      return true;
    case kEncoderPreset:
      settings.track.preset = static_cast<EncoderPreset>(g_value_get_enum(value));
      return true;
    default:
      return false;
  }
}

bool get_media_property(const SinkSettings& settings, guint id, GValue* value) {
  switch (id) {
    case kLocation:
      g_value_set_string(value, redacted_locations(settings.location).c_str());
      return true;
    case kSignaler:
      g_value_set_object(value, settings.signaler.get());
      return true;
    case kStream:
      g_value_set_string(value, settings.stream.c_str());
      return true;
    case kTitle:
      set_string_or_null(value, settings.title);
      return true;
    case kVideoCodecs:
      g_value_set_string(value, settings.video_codecs.c_str());
      return true;
    case kAudioCodecs:
      g_value_set_string(value, settings.audio_codecs.c_str());
      return true;
    case kStartBitrate:
      g_value_set_uint(value, settings.track.start_bitrate);
      return true;
    case kRetransmission:
      g_value_set_boolean(value, settings.peer.retransmission);
      return true;
    case kMaxViewers:
      g_value_set_uint(value, settings.max_viewers);
      return true;
    case kDataChannels:
      g_value_set_boolean(value, settings.peer.messages);
      return true;
    case kTranscode:
      g_value_set_enum(value, static_cast<int>(settings.track.transcode));
      return true;
    case kPlayoutDelay:
      g_value_set_int(value, settings.track.playout_delay_ms);
      return true;
    case kEncoderPreset:
      g_value_set_enum(value, static_cast<int>(settings.track.preset));
      return true;
    default:
      return false;
  }
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* pspec) {
  SinkState& state = *WEBCAST_SINK(object)->state;
  std::optional<Error> refusal;
  {
    std::lock_guard lock(state.mutex);
    if (state.running) refusal = refusal_while_running(id, value, pspec);
    if (!refusal && !set_media_property(state.settings, id, value) &&
        !set_network_property(network_of(state.settings), id, value))
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
  if (refusal) return post_warning(GST_ELEMENT(object), *refusal);
  if (auto broadcast = state.current_broadcast()) broadcast->settings_changed();
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* pspec) {
  SinkState& state = *WEBCAST_SINK(object)->state;
  // These ask the control thread: not under our lock.
  if (id == kViewers || id == kStats || id == kManualOffer) {
    auto broadcast = state.current_broadcast();
    if (id == kManualOffer)
      return set_string_or_null(value, broadcast ? broadcast->manual_offer() : "");
    if (id == kViewers)
      g_value_set_uint(value, broadcast ? broadcast->viewers() : 0);
    else if (broadcast)
      g_value_take_boxed(value, broadcast->stats().release());
    else
      g_value_take_boxed(value, gst_structure_new_empty("webcast-stats"));
    return;
  }
  std::lock_guard lock(state.mutex);
  if (!get_media_property(state.settings, id, value) &&
      !get_network_property(network_of(state.settings), id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

// Where the stream is to be had, and what it is called.
void install_stream_properties(Installer install) {
  install.string(kLocation, "location", "Location",
                 "Where viewers come from, one location or several separated by commas: "
                 "listen://HOST:PORT serves page and signaling itself (empty host: all addresses; "
                 "port 0: any free port); ws(s)://HOST:PORT publishes through a relay; "
                 "whip(s)://HOST/PATH publishes to a WHIP server; janus(s)://HOST:PORT/ROOM (with "
                 "?pin=, &secret=, &token= where they are asked for) publishes into a Janus "
                 "VideoRoom; manual: makes an offer that is carried by hand (manual-offer, "
                 "set-answer). Reads give *** in place of users, passwords and what stands behind "
                 "a ?",
                 "listen://127.0.0.1:8080");
  g_object_class_install_property(
      install.gobject_class, kSignaler,
      g_param_spec_object("signaler", "Signaler",
                          "How viewers come, by an object of the application's that implements "
                          "WebcastSignaler of libwebcast-1.0 (none: by location)",
                          WEBCAST_TYPE_SIGNALER, kReadWrite));
  install.string(kStream, "stream", "Stream",
                 "Name of the stream: 1 to 64 of letters, digits, '.', '_' and '-'", "live");
  install.string(kTitle, "title", "Title",
                 "What pages and lists call the stream, one line of 200 bytes at most (none: the "
                 "title tag of what is played, or else the stream's name)",
                 nullptr, kLive);
}

void install_media_properties(Installer install) {
  install.string(
      kVideoCodecs, "video-codecs", "Video codecs",
      "Video codecs in the order of preference, separated by commas, of H264, VP8, VP9, "
      "AV1, H265; the first that the viewer and this machine both have is used; a viewer "
      "that tells nothing of itself before our offer gets the first that this machine has, and "
      "VP8, which every browser has, while the property is not set",
      "H264,VP8,VP9,AV1,H265");
  install.string(kAudioCodecs, "audio-codecs", "Audio codecs",
                 "Audio codecs in the order of preference, separated by commas, of OPUS, PCMA, "
                 "PCMU; the first that the viewer and this machine both have is used",
                 "OPUS");
  install.number(kStartBitrate, "start-bitrate", "Start bit rate",
                 "Bit rate that video encoders start with, in bit/s (10000 to 200000000); one that "
                 "is set while the element runs is for those that start from then on",
                 10'000, 200'000'000, 2'000'000, kLive);
  install.toggle(kRetransmission, "retransmission", "Retransmission",
                 "Whether lost packets are sent again on NACK (RTX, RFC 4588): true or false",
                 true);
  install.number(kMaxViewers, "max-viewers", "Maximum of viewers",
                 "How many viewers may watch at once (0: no limit); a lower one sends nobody away",
                 0, G_MAXUINT, 0, kLive);
  install.toggle(kDataChannels, "data-channels", "Data channels",
                 "Whether messages go both ways beside the media (send-message, message), of "
                 "262144 bytes at most: true or false. Takes effect at the next READY to PAUSED",
                 false);
  install.choice(kTranscode, "transcode", "Transcode",
                 "Whether an encoded input is decoded and encoded again for viewers that cannot "
                 "take it as it is: auto or never (they are told why not)",
                 transcode_type());
  g_object_class_install_property(
      install.gobject_class, kPlayoutDelay,
      g_param_spec_int("playout-delay", "Playout delay",
                       "Delay that browsers are asked to play with, in ms (0: show each frame at "
                       "once; -1: leave it to them; at most 40950)",
                       -1, 40950, -1, kReadWrite));
  install.choice(kEncoderPreset, "encoder-preset", "Encoder preset",
                 "What encoders aim at: realtime (least delay and processor time) or quality",
                 encoder_preset_type());
}

}  // namespace

void install_sink_properties(GObjectClass* gobject_class) {
  gobject_class->set_property = set_property;
  gobject_class->get_property = get_property;
  Installer install{gobject_class};
  install_stream_properties(install);
  install_media_properties(install);
  install_network_properties(install);
  install.string(kViewToken, "view-token", "View token",
                 "What a viewer must present: ?token= in the page's address, or Authorization: "
                 "Bearer (none: everybody may watch). With another one, viewers who came by the "
                 "last have to leave. Never logged",
                 nullptr, kLiveWriteOnly);
  install.string(kPublishToken, "publish-token", "Publish token",
                 "What is shown to the server that a whip(s):// or ws(s):// location names, as "
                 "Authorization: Bearer, unless the location has a ?token= (none: nothing). Never "
                 "logged",
                 nullptr, kLiveWriteOnly);
  install.number(kViewers, "viewers", "Viewers", "How many viewers are connected now (0 and up)", 0,
                 G_MAXUINT, 0, kReadOnly);
  g_object_class_install_property(
      gobject_class, kStats,
      g_param_spec_boxed("stats", "Statistics",
                         "Statistics of the stream: viewers, an array of renditions (bitrate in "
                         "bit/s) and one of viewer-stats (times in ms, bitrate in bit/s, "
                         "fraction-lost 0 to 1)",
                         GST_TYPE_STRUCTURE, kReadOnly));
  install.string(kManualOffer, "manual-offer", "Manual offer",
                 "With location manual: the offer that waits to be carried to a viewer by hand, "
                 "SDP with its candidates; its answer goes to the action set-answer (none: it is "
                 "not made yet, or has its answer)",
                 nullptr, kReadOnly);
}

}  // namespace webcast
