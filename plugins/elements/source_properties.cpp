// The properties of webcastsrc: GValue to SourceSettings and back.
#include <gst/gst.h>

#include "plugins/elements/element_error.hpp"
#include "plugins/elements/network_properties.hpp"
#include "plugins/elements/property_values.hpp"
#include "plugins/elements/webcast_src.hpp"
#include "plugins/signalers/location.hpp"

namespace webcast {
namespace {

enum Property {
  kNoProperty,
  kLocation,
  kSignaler,
  kStream,
  kVideoCodecs,
  kAudioCodecs,
  kLatency,
  kDecode,
  kRetransmission,
  kDataChannels,
  kStats,
  kManualAnswer,
};

NetworkSettings network_of(SourceSettings& settings) {
  return {settings.ice, settings.access, settings.outgoing};
}

bool set_media_property(SourceSettings& settings, guint id, const GValue* value) {
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
    case kVideoCodecs:
      settings.video_codecs = string_of(value);
      settings.orders_video = true;
      return true;
    case kAudioCodecs:
      settings.audio_codecs = string_of(value);
      settings.orders_audio = true;
      return true;
    case kLatency:
      settings.latency_ms = g_value_get_uint(value);
      return true;
    case kDecode:
      settings.decode = g_value_get_boolean(value);
      return true;
    case kRetransmission:
      settings.retransmission = g_value_get_boolean(value);
      return true;
    case kDataChannels:
      settings.messages = g_value_get_boolean(value);
      return true;
    default:
      return false;
  }
}

bool get_media_property(const SourceSettings& settings, guint id, GValue* value) {
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
    case kVideoCodecs:
      g_value_set_string(value, settings.video_codecs.c_str());
      return true;
    case kAudioCodecs:
      g_value_set_string(value, settings.audio_codecs.c_str());
      return true;
    case kLatency:
      g_value_set_uint(value, settings.latency_ms);
      return true;
    case kDecode:
      g_value_set_boolean(value, settings.decode);
      return true;
    case kRetransmission:
      g_value_set_boolean(value, settings.retransmission);
      return true;
    case kDataChannels:
      g_value_set_boolean(value, settings.messages);
      return true;
    default:
      return false;
  }
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* pspec) {
  SourceState& state = *WEBCAST_SRC(object)->state;
  std::optional<Error> refusal;
  {
    std::lock_guard lock(state.mutex);
    if (state.running) refusal = refusal_while_running(id, value, pspec);
    if (!refusal && !set_media_property(state.settings, id, value) &&
        !set_network_property(network_of(state.settings), id, value))
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
  }
  if (refusal) return post_warning(GST_ELEMENT(object), *refusal);
  if (auto reception = state.current_reception()) reception->settings_changed();
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* pspec) {
  SourceState& state = *WEBCAST_SRC(object)->state;
  if (id == kStats || id == kManualAnswer) {  // ask the control thread: not under our lock
    auto reception = state.current_reception();
    if (id == kManualAnswer)
      return set_string_or_null(value, reception ? reception->manual_answer() : "");
    g_value_take_boxed(
        value, reception ? reception->stats().release() : gst_structure_new_empty("webcast-stats"));
    return;
  }
  std::lock_guard lock(state.mutex);
  if (!get_media_property(state.settings, id, value) &&
      !get_network_property(network_of(state.settings), id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

void install_media_properties(Installer install) {
  install.string(kLocation, "location", "Location",
                 "Where a publisher comes from, one location or several separated by commas: "
                 "listen://HOST:PORT serves page and signaling itself (empty host: all addresses; "
                 "port 0: any free port); ws(s)://HOST:PORT takes the stream from a relay; "
                 "whep(s)://HOST/PATH plays from a WHEP server; janus(s)://HOST:PORT/ROOM (with "
                 "?pin=, &secret=, &token= where they are asked for) takes the feed of the "
                 "stream's name from a Janus VideoRoom; manual:, alone, answers an offer that is "
                 "carried by hand (set-offer, manual-answer). Reads give *** in place of users, "
                 "passwords and what stands behind a ?",
                 "listen://127.0.0.1:8080");
  g_object_class_install_property(
      install.gobject_class, kSignaler,
      g_param_spec_object("signaler", "Signaler",
                          "How a publisher comes, by an object of the application's that "
                          "implements WebcastSignaler of libwebcast-1.0 (none: by location)",
                          WEBCAST_TYPE_SIGNALER, kReadWrite));
  install.string(kStream, "stream", "Stream",
                 "Name of the stream to take: 1 to 64 of letters, digits, '.', '_' and '-'",
                 "live");
  install.string(
      kVideoCodecs, "video-codecs", "Video codecs",
      "Video codecs in the order of preference, separated by commas, of H264, VP8, VP9, "
      "AV1, H265; the first that the publisher and this machine both have is used; while "
      "the property is not set, the order of the publisher's offer decides",
      "H264,VP8,VP9,AV1,H265");
  install.string(kAudioCodecs, "audio-codecs", "Audio codecs",
                 "Audio codecs in the order of preference, separated by commas, of OPUS, PCMA, "
                 "PCMU; the first that the publisher and this machine both have is used; while the "
                 "property is not set, the order of the publisher's offer decides",
                 "OPUS,PCMA,PCMU");
  install.number(kLatency, "latency", "Latency",
                 "How long packets that are late, or sent again, are waited for, in ms (0: not at "
                 "all; at most 10000)",
                 0, 10'000, 200);
  install.toggle(kDecode, "decode", "Decode",
                 "Whether the pads give raw media: true; false: the encoded stream as the "
                 "publisher sent it",
                 true);
  install.toggle(kRetransmission, "retransmission", "Retransmission",
                 "Whether lost packets are asked for again (NACK; RTX, RFC 4588): true or false",
                 true);
  install.toggle(kDataChannels, "data-channels", "Data channels",
                 "Whether messages go both ways beside the media (send-message, message), of "
                 "262144 bytes at most: true or false. Takes effect at the next READY to PAUSED",
                 false);
}

}  // namespace

void install_source_properties(GObjectClass* gobject_class) {
  gobject_class->set_property = set_property;
  gobject_class->get_property = get_property;
  Installer install{gobject_class};
  install_media_properties(install);
  install_network_properties(install);
  install.string(kPublishToken, "publish-token", "Publish token",
                 "What a publisher must present: ?token= in the page's address, or Authorization: "
                 "Bearer (none: whoever reaches the listener may publish). With another one, a "
                 "publisher who came by the last has to leave. Never logged",
                 nullptr, kLiveWriteOnly);
  install.string(kViewToken, "view-token", "View token",
                 "What is shown to the server that a whep(s):// or ws(s):// location names, as "
                 "Authorization: Bearer, unless the location has a ?token= (none: nothing). Never "
                 "logged",
                 nullptr, kLiveWriteOnly);
  g_object_class_install_property(
      gobject_class, kStats,
      g_param_spec_boxed("stats", "Statistics",
                         "Statistics of the publisher: state, setup-ms, and an array of tracks "
                         "(packets, bytes, keyframe-requests, frames-dropped: before the decoder "
                         "and at the pad)",
                         GST_TYPE_STRUCTURE, kReadOnly));
  install.string(kManualAnswer, "manual-answer", "Manual answer",
                 "With location manual: the answer to the offer that the action set-offer brought, "
                 "SDP with its candidates, to be carried to the publisher by hand (none: there is "
                 "no offer, or its answer is not made yet)",
                 nullptr, kReadOnly);
}

}  // namespace webcast
