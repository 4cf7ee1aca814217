// webcastsrc: receives what a web browser publishes.
//
// SECTION:element-webcastsrc
//
// ## Launch line
// |[
// gst-launch-1.0 webcastsrc ! videoconvert ! autovideosink
// ]| Then open http://127.0.0.1:8080/ in a browser and choose a camera.
#include "plugins/elements/webcast_src.hpp"

#include "plugins/elements/element_error.hpp"
#include "plugins/elements/manual_actions.hpp"
#include "plugins/elements/message_actions.hpp"
#include "plugins/session/debug.hpp"
#include "plugins/session/message_signal.hpp"
#include "plugins/session/own_addresses.hpp"

using namespace webcast;

G_DEFINE_TYPE_WITH_CODE(WebcastSrc, webcast_src, GST_TYPE_BIN,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_URI_HANDLER, init_source_uri_handler))

namespace {

GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE(
    "video_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS("video/x-raw; video/x-h264; video/x-vp8; video/x-vp9; video/x-h265; "
                    "video/x-av1"));

GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE(
    "audio_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS("audio/x-raw; audio/x-opus; audio/x-alaw; audio/x-mulaw"));

void post_structure(WebcastSrc* self, GstStructure* structure) {
  gst_element_post_message(GST_ELEMENT(self), gst_message_new_element(GST_OBJECT(self), structure));
}

void on_listening(WebcastSrc* self, const std::string& url, const std::string& stream) {
  post_structure(
      self, gst_structure_new("webcast-listening", "url", G_TYPE_STRING, url.c_str(), nullptr));
  post_info(GST_ELEMENT(self), "Publish at " + url + "publish/" + stream);
}

// The reception is stopped, its threads joined, before the element goes: `self` outlives it.
ReceptionEvents events_of(WebcastSrc* self, const std::string& stream) {
  ReceptionEvents events;
  events.settings = [self] {
    std::lock_guard lock(self->state->mutex);
    return self->state->settings;
  };
  events.listening = [self, stream](const std::string& url) { on_listening(self, url, stream); };
  events.signaling_state = [self](const std::string& location, const std::string& state) {
    post_structure(
        self, gst_structure_new("webcast-signaling-state", "location", G_TYPE_STRING,
                                location.c_str(), "state", G_TYPE_STRING, state.c_str(), nullptr));
  };
  events.authorize = [self](const AskedFor& asked, const SessionRequest& request) {
    return is_authorized(GST_ELEMENT(self), asked, request);
  };
  events.publisher_connected = [self](const std::string& id, const PublisherConnected& what) {
    post_structure(
        self, gst_structure_new("webcast-publisher-connected", "id", G_TYPE_STRING, id.c_str(),
                                "video-codec", G_TYPE_STRING, what.video_codec.c_str(),
                                "audio-codec", G_TYPE_STRING, what.audio_codec.c_str(), "setup-ms",
                                G_TYPE_INT, static_cast<int>(what.setup.count()), nullptr));
  };
  events.publisher_removed = [self](const std::string& id, const std::string& reason) {
    post_structure(self,
                   gst_structure_new("webcast-publisher-removed", "id", G_TYPE_STRING, id.c_str(),
                                     "reason", G_TYPE_STRING, reason.c_str(), nullptr));
  };
  events.warning = [self](const Error& error) { post_warning(GST_ELEMENT(self), error); };
  events.info = [self](const std::string& sentence) { post_info(GST_ELEMENT(self), sentence); };
  events.no_more_pads = [self] { gst_element_no_more_pads(GST_ELEMENT(self)); };
  events.handed_out = [self](bool is_offer, const std::string& sdp) {
    tell_handed_out(GST_ELEMENT(self), is_offer, sdp);
  };
  events.message = [self](const std::string& id, const PeerMessage& message) {
    tell_message(GST_ELEMENT(self), id, message);
  };
  events.flow_error = [self](GstFlowReturn result) { GST_ELEMENT_FLOW_ERROR(self, result); };
  return events;
}

bool begin(WebcastSrc* self) {
  SourceState& state = *self->state;
  SourceSettings settings;
  {
    std::lock_guard lock(state.mutex);
    state.running = true;
    settings = state.settings;
  }
  if (!is_all_installed(GST_ELEMENT(self))) return false;
  auto checked = check_settings(settings);
  if (!checked) {
    post_error(GST_ELEMENT(self), checked.error());
    return false;
  }
  for (std::string& sentence : warnings_of_addresses(settings.ice.local_addresses))
    checked->warnings.push_back(std::move(sentence));
  for (const std::string& sentence : checked->warnings)
    post_warning(GST_ELEMENT(self), {ErrorCode::invalid_argument, sentence});
  std::string stream = settings.stream;
  auto reception =
      Reception::create(GST_ELEMENT(self), std::move(settings), *checked, events_of(self, stream));
  if (auto started = reception->start(); !started) {
    post_error(GST_ELEMENT(self), started.error());
    return false;
  }
  {
    std::lock_guard lock(state.mutex);
    state.reception = reception;
  }
  reception->settings_changed();  // while it started
  return true;
}

bool start(WebcastSrc* self) {
  bool begun = begin(self);
  if (begun) return true;
  std::lock_guard lock(self->state->mutex);
  self->state->running = false;
  return false;
}

void stop(WebcastSrc* self) {
  std::shared_ptr<Reception> reception;
  {
    std::lock_guard lock(self->state->mutex);
    reception.swap(self->state->reception);
  }
  if (reception) reception->stop();
  std::lock_guard lock(self->state->mutex);
  self->state->running = false;
}

void play(WebcastSrc* self) {
  auto reception = self->state->current_reception();
  Ref<GstClock> clock = adopt(gst_element_get_clock(GST_ELEMENT(self)));
  if (!clock) clock = adopt(gst_system_clock_obtain());
  if (reception) reception->play(clock.get());
}

// GstBin hands events to the sources among its children, of which there is none.
gboolean send_event(GstElement* element, GstEvent* event) {
  auto reception = WEBCAST_SRC(element)->state->current_reception();
  gboolean taken = reception && reception->send_event(event);
  gst_event_unref(event);
  return taken;
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  auto* self = WEBCAST_SRC(element);
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) Peer::warm_up();
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start(self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    if (auto reception = self->state->current_reception()) reception->pause();
  GstStateChangeReturn result =
      GST_ELEMENT_CLASS(webcast_src_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE))
    stop(self);
  if (result == GST_STATE_CHANGE_FAILURE) return result;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING) play(self);
  // A live source has nothing to show in PAUSED.
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED ||
      transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED)
    return GST_STATE_CHANGE_NO_PREROLL;
  if (transition == GST_STATE_CHANGE_READY_TO_NULL) Peer::wait_for_warm_up();
  return result;
}

}  // namespace

static void webcast_src_init(WebcastSrc* self) {
  self->state = new SourceState;
  gst_bin_set_suppressed_flags(
      GST_BIN(self), static_cast<GstElementFlags>(GST_ELEMENT_FLAG_SINK | GST_ELEMENT_FLAG_SOURCE));
  GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SOURCE);
}

static void webcast_src_dispose(GObject* object) {
  stop(WEBCAST_SRC(object));
  G_OBJECT_CLASS(webcast_src_parent_class)->dispose(object);
}

static void webcast_src_finalize(GObject* object) {
  delete WEBCAST_SRC(object)->state;
  G_OBJECT_CLASS(webcast_src_parent_class)->finalize(object);
}

static void webcast_src_class_init(WebcastSrcClass* klass) {
  auto* gobject_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  init_elements_debug();
  gobject_class->dispose = webcast_src_dispose;
  gobject_class->finalize = webcast_src_finalize;
  install_source_properties(gobject_class);
  install_authorize(G_TYPE_FROM_CLASS(klass));
  install_source_manual(G_TYPE_FROM_CLASS(gobject_class));
  install_source_messages(G_TYPE_FROM_CLASS(gobject_class));
  element_class->change_state = change_state;
  element_class->send_event = send_event;
  gst_element_class_add_static_pad_template(element_class, &video_template);
  gst_element_class_add_static_pad_template(element_class, &audio_template);
  gst_element_class_set_static_metadata(element_class, "Webcast source", "Source/Network/WebRTC",
                                        "Receives video and audio from a web browser over WebRTC",
                                        "The gst-webcast authors");
}
