// The signals, actions and bus messages of webcastsink.
#include "plugins/elements/element_error.hpp"
#include "plugins/elements/manual_actions.hpp"
#include "plugins/elements/message_actions.hpp"
#include "plugins/elements/shared_context.hpp"
#include "plugins/elements/webcast_sink.hpp"
#include "plugins/session/debug.hpp"
#include "plugins/session/message_signal.hpp"

namespace webcast {
namespace {

enum Signal {
  kViewerAdded,
  kViewerRemoved,
  kEncoderSetup,
  kViewerStats,
  kDisconnectViewer,
  kForceKeyframe,
  kSignalCount,
};
guint signals[kSignalCount];

GstStructure* viewer_stats(WebcastSink* self, const char* id) {
  auto broadcast = self->state->current_broadcast();
  return broadcast && id ? broadcast->viewer_stats(id).release() : nullptr;
}

gboolean disconnect_viewer(WebcastSink* self, const char* id, const char* reason) {
  auto broadcast = self->state->current_broadcast();
  return broadcast && id &&
         broadcast->disconnect_viewer(id,
                                      reason && *reason ? reason : "Disconnected by the publisher");
}

void force_keyframe(WebcastSink* self) {
  if (auto broadcast = self->state->current_broadcast()) broadcast->force_keyframe();
}

guint new_action(GType type, const char* name, GCallback handler, GType result, guint count,
                 const GType* arguments) {
  GClosure* closure = g_cclosure_new(handler, nullptr, nullptr);
  return g_signal_newv(name, type, static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
                       closure, nullptr, nullptr, nullptr, result, count,
                       const_cast<GType*>(arguments));
}

void post_structure(WebcastSink* self, GstStructure* structure) {
  gst_element_post_message(GST_ELEMENT(self), gst_message_new_element(GST_OBJECT(self), structure));
}

void on_listening(WebcastSink* self, const std::string& url) {
  GST_INFO_OBJECT(self, "listening: %s", url.c_str());
  post_structure(
      self, gst_structure_new("webcast-listening", "url", G_TYPE_STRING, url.c_str(), nullptr));
  post_info(GST_ELEMENT(self), "Watch at " + url);
}

void on_viewer_connected(WebcastSink* self, const std::string& id,
                         const ViewerConnected& connected) {
  post_structure(
      self, gst_structure_new("webcast-viewer-connected", "id", G_TYPE_STRING, id.c_str(), "codec",
                              G_TYPE_STRING, connected.codec.c_str(), "rendition", G_TYPE_STRING,
                              connected.rendition.c_str(), "setup-ms", G_TYPE_INT,
                              static_cast<int>(connected.setup.count()), nullptr));
}

void on_viewer_removed(WebcastSink* self, const std::string& id, const std::string& reason) {
  post_structure(self, gst_structure_new("webcast-viewer-removed", "id", G_TYPE_STRING, id.c_str(),
                                         "reason", G_TYPE_STRING, reason.c_str(), nullptr));
  g_signal_emit(self, signals[kViewerRemoved], 0, id.c_str(), reason.c_str());
}

}  // namespace

// The broadcast is stopped, its threads joined, before the element goes: `sink` outlives it.
BroadcastEvents sink_events(WebcastSink* sink) {
  BroadcastEvents events;
  events.settings = [sink] {
    std::lock_guard lock(sink->state->mutex);
    return sink->state->settings;
  };
  events.listening = [sink](const std::string& url) { on_listening(sink, url); };
  events.signaling_state = [sink](const std::string& location, const std::string& state) {
    post_structure(
        sink, gst_structure_new("webcast-signaling-state", "location", G_TYPE_STRING,
                                location.c_str(), "state", G_TYPE_STRING, state.c_str(), nullptr));
  };
  events.authorize = [sink](const AskedFor& asked, const SessionRequest& request) {
    return is_authorized(GST_ELEMENT(sink), asked, request);
  };
  events.viewer_added = [sink](const std::string& id, const std::string& signaler) {
    post_structure(sink, gst_structure_new("webcast-viewer-added", "id", G_TYPE_STRING, id.c_str(),
                                           "signaler", G_TYPE_STRING, signaler.c_str(), nullptr));
    g_signal_emit(sink, signals[kViewerAdded], 0, id.c_str());
  };
  events.viewer_connected = [sink](const std::string& id, const ViewerConnected& connected) {
    on_viewer_connected(sink, id, connected);
  };
  events.viewer_removed = [sink](const std::string& id, const std::string& reason) {
    on_viewer_removed(sink, id, reason);
  };
  events.warning = [sink](const Error& error) { post_warning(GST_ELEMENT(sink), error); };
  events.info = [sink](const std::string& sentence) { post_info(GST_ELEMENT(sink), sentence); };
  events.encoder_setup = [sink](const std::string& rendition, GstElement* encoder) {
    gboolean handled = FALSE;
    g_signal_emit(sink, signals[kEncoderSetup], 0, rendition.c_str(), encoder, &handled);
    return handled != FALSE;
  };
  events.context_needed = [sink](GstElement* asker, const char* type) {
    share_context(GST_ELEMENT(sink), asker, type);
  };
  events.message = [sink](const std::string& id, const PeerMessage& message) {
    tell_message(GST_ELEMENT(sink), id, message);
  };
  events.handed_out = [sink](bool is_offer, const std::string& sdp) {
    tell_handed_out(GST_ELEMENT(sink), is_offer, sdp);
  };
  return events;
}

void install_sink_signals(GObjectClass* gobject_class) {
  GType type = G_TYPE_FROM_CLASS(gobject_class);
  signals[kViewerAdded] = g_signal_new("viewer-added", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr,
                                       nullptr, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[kViewerRemoved] =
      g_signal_new("viewer-removed", type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr,
                   G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
  signals[kEncoderSetup] =
      g_signal_new("encoder-setup", type, G_SIGNAL_RUN_LAST, 0, g_signal_accumulator_true_handled,
                   nullptr, nullptr, G_TYPE_BOOLEAN, 2, G_TYPE_STRING, GST_TYPE_ELEMENT);
  install_authorize(type);
  const GType id_argument[] = {G_TYPE_STRING};
  const GType id_and_reason[] = {G_TYPE_STRING, G_TYPE_STRING};
  signals[kViewerStats] = new_action(type, "viewer-stats", G_CALLBACK(viewer_stats),
                                     GST_TYPE_STRUCTURE, 1, id_argument);
  signals[kDisconnectViewer] = new_action(type, "disconnect-viewer", G_CALLBACK(disconnect_viewer),
                                          G_TYPE_BOOLEAN, 2, id_and_reason);
  signals[kForceKeyframe] =
      new_action(type, "force-keyframe", G_CALLBACK(force_keyframe), G_TYPE_NONE, 0, nullptr);
  install_sink_manual(type);
  install_sink_messages(type);
}

}  // namespace webcast
