// webcastsink: publishes what a pipeline carries to web browsers.
//
// SECTION:element-webcastsink
//
// ## Launch line
// |[
// gst-launch-1.0 videotestsrc is-live=true ! webcastsink
// ]| Then open http://127.0.0.1:8080/ in a browser.
#include "plugins/elements/webcast_sink.hpp"

#include "plugins/elements/element_error.hpp"
#include "plugins/elements/prospects.hpp"
#include "plugins/session/debug.hpp"
#include "plugins/session/own_addresses.hpp"

using namespace webcast;

G_DEFINE_TYPE(WebcastSink, webcast_sink, GST_TYPE_BIN)

namespace {

GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE(
    "video_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS("video/x-raw(ANY); video/x-h264; video/x-vp8; video/x-vp9; video/x-h265; "
                    "video/x-av1; image/jpeg"));

GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE(
    "audio_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS("audio/x-raw; audio/x-opus; audio/x-alaw; audio/x-mulaw"));

GstStaticPadTemplate text_template =
    GST_STATIC_PAD_TEMPLATE("text_%u", GST_PAD_SINK, GST_PAD_REQUEST,
                            GST_STATIC_CAPS("text/x-raw, format=(string){ utf8, pango-markup }"));

// A free name that begins with `prefix`; empty: the requested one is taken.
std::string pad_name(SinkState& state, const std::string& prefix, unsigned& next,
                     const char* requested) {
  std::string name;
  guint64 number = 0;
  if (requested && g_str_has_prefix(requested, prefix.c_str()) &&
      g_ascii_string_to_unsigned(requested + prefix.size(), 10, 0, G_MAXUINT - 1, &number,
                                 nullptr)) {
    name = requested;
    next = std::max(next, static_cast<unsigned>(number) + 1);
  } else {
    name = prefix + std::to_string(next++);
  }
  return state.taps.contains(name) || state.captions.contains(name) ? std::string() : name;
}

GstPad* request_caption_pad(GstElement* element, GstPadTemplate* templ, const std::string& name) {
  SinkState& state = *WEBCAST_SINK(element)->state;
  auto pad = CaptionPad::create(GST_BIN(element), name, templ);
  if (!pad) {
    post_error(element, pad.error());
    return nullptr;
  }
  std::shared_ptr<Broadcast> broadcast;
  {
    std::lock_guard lock(state.mutex);
    state.captions[name] = *pad;
    broadcast = state.broadcast;
  }
  if (broadcast) broadcast->add_captions(*pad);
  gst_pad_set_active((*pad)->ghost_pad(), TRUE);
  gst_element_add_pad(element, (*pad)->ghost_pad());
  return (*pad)->ghost_pad();
}

GstPad* request_new_pad(GstElement* element, GstPadTemplate* templ, const gchar* requested,
                        const GstCaps*) {
  SinkState& state = *WEBCAST_SINK(element)->state;
  const char* templ_name = GST_PAD_TEMPLATE_NAME_TEMPLATE(templ);
  bool is_text = g_str_has_prefix(templ_name, "text");
  MediaKind kind = g_str_has_prefix(templ_name, "audio") ? MediaKind::audio : MediaKind::video;
  std::string name;
  {
    std::lock_guard lock(state.mutex);
    unsigned& next = is_text                    ? state.next_text
                     : kind == MediaKind::audio ? state.next_audio
                                                : state.next_video;
    name = pad_name(state, std::string(templ_name, strcspn(templ_name, "%")), next, requested);
  }
  if (name.empty()) {
    GST_WARNING_OBJECT(element, "the pad %s exists already", requested);
    return nullptr;
  }
  if (is_text) return request_caption_pad(element, templ, name);
  auto tap = PadTap::create(GST_BIN(element), name, kind, templ);
  if (!tap) {
    post_error(element, tap.error());
    return nullptr;
  }
  std::shared_ptr<Broadcast> broadcast;
  {
    std::lock_guard lock(state.mutex);
    state.taps[name] = *tap;
    broadcast = state.broadcast;
  }
  if (broadcast) broadcast->add_tap(*tap);
  gst_pad_set_active((*tap)->ghost_pad(), TRUE);
  gst_element_add_pad(element, (*tap)->ghost_pad());
  return (*tap)->ghost_pad();
}

bool release_caption_pad(GstElement* element, GstPad* pad) {
  SinkState& state = *WEBCAST_SINK(element)->state;
  std::shared_ptr<CaptionPad> captions;
  {
    std::lock_guard lock(state.mutex);
    auto found = state.captions.find(GST_PAD_NAME(pad));
    if (found == state.captions.end()) return false;
    captions = found->second;
    state.captions.erase(found);
  }
  gst_pad_set_active(pad, FALSE);
  gst_element_remove_pad(element, pad);
  captions->remove(GST_BIN(element));
  return true;
}

void release_pad(GstElement* element, GstPad* pad) {
  if (release_caption_pad(element, pad)) return;
  SinkState& state = *WEBCAST_SINK(element)->state;
  std::shared_ptr<PadTap> tap;
  std::shared_ptr<Broadcast> broadcast;
  {
    std::lock_guard lock(state.mutex);
    auto found = state.taps.find(GST_PAD_NAME(pad));
    if (found == state.taps.end()) return;
    tap = found->second;
    state.taps.erase(found);
    broadcast = state.broadcast;
  }
  tap->cancel_drain();
  if (broadcast) broadcast->remove_tap(tap);
  gst_pad_set_active(pad, FALSE);
  gst_element_remove_pad(element, pad);
  tap->remove(GST_BIN(element));
}

// One that was requested while the broadcast started; it may be released again meanwhile.
void add_late(SinkState& state, Broadcast& broadcast, const std::shared_ptr<PadTap>& tap) {
  broadcast.add_tap(tap);
  std::unique_lock lock(state.mutex);
  auto found = state.taps.find(tap->name());
  bool is_there = found != state.taps.end() && found->second == tap;
  lock.unlock();
  if (!is_there) broadcast.remove_tap(tap);
}

bool begin(WebcastSink* self) {
  SinkState& state = *self->state;
  SinkSettings settings;
  std::map<std::string, std::shared_ptr<PadTap>> taps;
  std::map<std::string, std::shared_ptr<CaptionPad>> captions;
  {
    std::lock_guard lock(state.mutex);
    state.running = true;
    settings = state.settings;
    taps = state.taps;
    captions = state.captions;
  }
  if (!is_all_installed(GST_ELEMENT(self))) return false;
  auto checked = check_settings(settings);
  if (!checked) {
    post_error(GST_ELEMENT(self), checked.error());
    return false;
  }
  for (std::string& sentence : warnings_of_addresses(settings.peer.ice.local_addresses))
    checked->warnings.push_back(std::move(sentence));
  for (const std::string& sentence : checked->warnings)
    post_warning(GST_ELEMENT(self), {ErrorCode::invalid_argument, sentence});
  auto told = tell_of_missing_encoders(GST_ELEMENT(self), taps, *checked);
  if (!told) {
    post_error(GST_ELEMENT(self), told.error());
    return false;
  }
  auto broadcast = Broadcast::create(std::move(settings), *checked, sink_events(self));
  for (auto& [name, tap] : taps)
    broadcast->add_tap(tap, told->contains(name));
  for (auto& [name, pad] : captions)
    broadcast->add_captions(pad);
  if (auto started = broadcast->start(); !started) {
    post_error(GST_ELEMENT(self), started.error());
    return false;
  }
  std::map<std::string, std::shared_ptr<PadTap>> taps_now;
  std::map<std::string, std::shared_ptr<CaptionPad>> captions_now;
  {
    std::lock_guard lock(state.mutex);
    state.broadcast = broadcast;
    taps_now = state.taps;
    captions_now = state.captions;
  }
  // Pads that came and went while it started: nobody could tell it of them.
  for (auto& [name, tap] : taps)
    if (!taps_now.contains(name) || taps_now[name] != tap) broadcast->remove_tap(tap);
  for (auto& [name, tap] : taps_now)
    if (!taps.contains(name) || taps[name] != tap) add_late(state, *broadcast, tap);
  for (auto& [name, pad] : captions_now)
    if (!captions.contains(name) || captions[name] != pad) broadcast->add_captions(pad);
  broadcast->settings_changed();  // while it started
  return true;
}

bool start(WebcastSink* self) {
  bool begun = begin(self);
  if (begun) return true;
  std::lock_guard lock(self->state->mutex);
  self->state->running = false;
  return false;
}

void set_clock(WebcastSink* self) {
  auto broadcast = self->state->current_broadcast();
  Ref<GstClock> clock = adopt(gst_element_get_clock(GST_ELEMENT(self)));
  if (!clock) clock = adopt(gst_system_clock_obtain());
  if (broadcast) broadcast->set_clock(clock.get());
}

// Every pad's end of stream came through: the viewers are told that it ended, not that it broke.
bool media_ended(SinkState& state) {
  std::lock_guard lock(state.mutex);
  for (auto& [name, tap] : state.taps)
    if (!tap->reached_end()) return false;
  return !state.taps.empty();
}

void cancel_drains(SinkState& state) {
  std::lock_guard lock(state.mutex);
  for (auto& [name, tap] : state.taps)
    tap->cancel_drain();
}

void stop(WebcastSink* self, bool ended) {
  std::shared_ptr<Broadcast> broadcast;
  {
    std::lock_guard lock(self->state->mutex);
    broadcast.swap(self->state->broadcast);
  }
  if (broadcast) broadcast->stop(ended);
  std::lock_guard lock(self->state->mutex);
  self->state->running = false;
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) {
  auto* self = WEBCAST_SINK(element);
  bool ended = false;
  if (transition == GST_STATE_CHANGE_NULL_TO_READY) Peer::warm_up();
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start(self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING) set_clock(self);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    ended = media_ended(*self->state);
    cancel_drains(*self->state);
  }
  GstStateChangeReturn result =
      GST_ELEMENT_CLASS(webcast_sink_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE))
    stop(self, ended);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL) Peer::wait_for_warm_up();
  return result;
}

}  // namespace

static void webcast_sink_init(WebcastSink* self) {
  self->state = new SinkState;
  GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SINK);
  gst_bin_set_suppressed_flags(
      GST_BIN(self), static_cast<GstElementFlags>(GST_ELEMENT_FLAG_SINK | GST_ELEMENT_FLAG_SOURCE));
}

static void webcast_sink_dispose(GObject* object) {
  stop(WEBCAST_SINK(object), false);
  G_OBJECT_CLASS(webcast_sink_parent_class)->dispose(object);
}

static void webcast_sink_finalize(GObject* object) {
  delete WEBCAST_SINK(object)->state;
  G_OBJECT_CLASS(webcast_sink_parent_class)->finalize(object);
}

static void webcast_sink_class_init(WebcastSinkClass* klass) {
  auto* gobject_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  init_elements_debug();
  gobject_class->dispose = webcast_sink_dispose;
  gobject_class->finalize = webcast_sink_finalize;
  install_sink_properties(gobject_class);
  install_sink_signals(gobject_class);
  element_class->request_new_pad = request_new_pad;
  element_class->release_pad = release_pad;
  element_class->change_state = change_state;
  gst_element_class_add_static_pad_template(element_class, &video_template);
  gst_element_class_add_static_pad_template(element_class, &audio_template);
  gst_element_class_add_static_pad_template(element_class, &text_template);
  gst_element_class_set_static_metadata(
      element_class, "Webcast sink", "Sink/Network/WebRTC",
      "Publishes video and audio to any number of web browsers over WebRTC",
      "The gst-webcast authors");
}
