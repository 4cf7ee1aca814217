// webcast-test-viewer: a viewer made of webrtcbin, in a process of its own.
//
// Speaks the WebSocket signaling to a sink or relay, receives, counts, and prints one JSON object
// a line on standard output ("event": …). Shares no code with plugins/: a witness from outside.
// Everything runs on the main thread but webrtcbin's callbacks, which post to it.
#include <gst/gst.h>
#include <gst/rtp/rtp.h>
#include <gst/webrtc/webrtc.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>
#include <nice/agent.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/viewer_json.hpp"
#include "tests/support/viewer_options.hpp"

namespace {

ViewerOptions options;

struct Counters {
  std::atomic<guint64> packets{0}, bytes{0}, frames{0};
};

GMainLoop* loop;
SoupWebsocketConnection* socket_connection;
GstElement* pipeline;
GstElement* webrtc;
std::string session, producer;
std::vector<std::string> early_candidates;  // JSON texts, until the session's id is known
Counters video, audio;
int exit_status = 1;
bool requested = false;

void say(const std::string& fields) {
  std::string line = "{" + fields + "}\n";
  if (write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(3);
}

void event(const std::string& name, const std::string& fields = "") {
  say("\"event\":" + quoted(name) + (fields.empty() ? "" : "," + fields));
}

void finish(int status) {
  exit_status = status;
  g_main_loop_quit(loop);
}

void post(std::function<void()> function) {
  g_idle_add_full(
      G_PRIORITY_DEFAULT,
      [](gpointer data) -> gboolean {
        (*static_cast<std::function<void()>*>(data))();
        return G_SOURCE_REMOVE;
      },
      new std::function<void()>(std::move(function)),
      [](gpointer data) { delete static_cast<std::function<void()>*>(data); });
}

void send(const std::string& json) {
  if (soup_websocket_connection_get_state(socket_connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_send_text(socket_connection, json.c_str());
}

void on_local_description(GstWebRTCSessionDescription* description) {
  gchar* text = gst_sdp_message_as_text(description->sdp);
  std::string sdp = falsified(text, options.fingerprint);
  g_free(text);
  if (options.oversized)
    for (int i = 0; i < 600; i++)
      sdp += "a=x-filler:0\r\n";
  g_signal_emit_by_name(webrtc, "set-local-description", description, nullptr);
  gst_webrtc_session_description_free(description);
  if (session.empty())
    send("{\"type\":\"startSession\",\"peerId\":" + quoted(producer) + ",\"offer\":" + quoted(sdp) +
         "}");
  else
    send("{\"type\":\"peer\",\"sessionId\":" + quoted(session) +
         ",\"sdp\":{\"type\":\"answer\",\"sdp\":" + quoted(sdp) + "}}");
}

void create_description(const char* action, const char* field) {
  GstPromise* promise = gst_promise_new_with_change_func(
      [](GstPromise* done, gpointer name) {
        GstWebRTCSessionDescription* description = nullptr;
        const GstStructure* reply = gst_promise_get_reply(done);
        if (reply)
          gst_structure_get(reply, static_cast<const char*>(name),
                            GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, nullptr);
        gst_promise_unref(done);
        post([description] {
          if (description) return on_local_description(description);
          event("error", "\"text\":\"no description\"");
          finish(1);
        });
      },
      const_cast<char*>(field), nullptr);
  g_signal_emit_by_name(webrtc, action, nullptr, promise);
}

void set_remote(GstWebRTCSDPType type, const std::string& text, std::function<void()> then) {
  GstSDPMessage* message = nullptr;
  if (gst_sdp_message_new_from_text(text.c_str(), &message) != GST_SDP_OK) {
    event("error", "\"text\":\"bad SDP from the sink\"");
    return finish(1);
  }
  GstWebRTCSessionDescription* description = gst_webrtc_session_description_new(type, message);
  GstPromise* promise = gst_promise_new_with_change_func(
      [](GstPromise* done, gpointer data) {
        gst_promise_unref(done);
        auto* function = static_cast<std::function<void()>*>(data);
        post(std::move(*function));
        delete function;
      },
      new std::function<void()>(std::move(then)), nullptr);
  g_signal_emit_by_name(webrtc, "set-remote-description", description, promise);
  gst_webrtc_session_description_free(description);
}

GstPadProbeReturn on_packet(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto* counters = static_cast<Counters*>(data);
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  counters->packets++;
  counters->bytes += gst_buffer_get_size(buffer);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  if (gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp)) {
    if (gst_rtp_buffer_get_marker(&rtp)) counters->frames++;
    gst_rtp_buffer_unmap(&rtp);
  }
  return GST_PAD_PROBE_OK;
}

void on_pad_added(GstElement*, GstPad* pad, gpointer) {
  if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
  GstCaps* caps = gst_pad_get_current_caps(pad);
  const GstStructure* structure = caps ? gst_caps_get_structure(caps, 0) : nullptr;
  const char* kind = structure ? gst_structure_get_string(structure, "media") : "";
  const char* codec = structure ? gst_structure_get_string(structure, "encoding-name") : "";
  bool is_audio = g_strcmp0(kind, "audio") == 0;
  event("media",
        "\"kind\":" + quoted(kind ? kind : "") + ",\"codec\":" + quoted(codec ? codec : ""));
  if (caps) gst_caps_unref(caps);
  GstElement* sink = gst_element_factory_make("fakesink", nullptr);
  g_object_set(sink, "sync", FALSE, "async", FALSE, nullptr);
  gst_bin_add(GST_BIN(pipeline), sink);
  gst_element_sync_state_with_parent(sink);
  GstPad* target = gst_element_get_static_pad(sink, "sink");
  gst_pad_add_probe(target, GST_PAD_PROBE_TYPE_BUFFER, on_packet, is_audio ? &audio : &video,
                    nullptr);
  gst_pad_link(pad, target);
  gst_object_unref(target);
}

void on_ice_candidate(GstElement*, guint mline, gchar* candidate, gpointer) {
  std::string ice = "\"ice\":{\"candidate\":" + quoted(candidate) +
                    ",\"sdpMLineIndex\":" + std::to_string(mline) + "}}";
  post([ice] {
    if (session.empty())
      early_candidates.push_back(ice);
    else
      send("{\"type\":\"peer\",\"sessionId\":" + quoted(session) + "," + ice);
  });
}

void on_connection_state(GstElement*, GParamSpec*, gpointer) {
  GstWebRTCPeerConnectionState state;
  g_object_get(webrtc, "connection-state", &state, nullptr);
  GEnumValue* value = g_enum_get_value(
      static_cast<GEnumClass*>(g_type_class_ref(GST_TYPE_WEBRTC_PEER_CONNECTION_STATE)),
      static_cast<gint>(state));
  event("connection", "\"state\":" + quoted(value->value_nick));
}

void add_transceiver(const std::string& caps_text) {
  GstCaps* caps = gst_caps_from_string(caps_text.c_str());
  GstWebRTCRTPTransceiver* transceiver = nullptr;
  g_signal_emit_by_name(webrtc, "add-transceiver", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY,
                        caps, &transceiver);
  if (transceiver) {
    g_object_set(transceiver, "do-nack", TRUE, nullptr);
    gst_object_unref(transceiver);
  }
  gst_caps_unref(caps);
}

void add_own_transceivers() {
  std::string caps;
  int payload = 100;
  gchar** names = g_strsplit(options.codecs, ",", -1);
  for (gchar** name = names; *name; name++) {
    std::string one =
        "application/x-rtp,media=video,clock-rate=90000,encoding-name=" + std::string(*name) +
        ",payload=" + std::to_string(payload++) +
        ",rtcp-fb-nack-pli=(boolean)true,rtcp-fb-transport-cc=(boolean)true";
    if (g_str_equal(*name, "H264"))
      one += ",packetization-mode=(string)1,profile-level-id=(string)42e01f";
    caps += (caps.empty() ? "" : ";") + one;
  }
  g_strfreev(names);
  add_transceiver(caps);
  if (!options.no_audio)
    add_transceiver(
        "application/x-rtp,media=audio,clock-rate=48000,encoding-name=OPUS,payload=111,"
        "encoding-params=(string)2");
}

void make_webrtc() {
  pipeline = gst_pipeline_new("viewer");
  webrtc = gst_element_factory_make("webrtcbin", "webrtc");
  gst_util_set_object_arg(G_OBJECT(webrtc), "bundle-policy", "max-bundle");
  g_object_set(webrtc, "latency", 50u, nullptr);
  if (options.turn) g_object_set(webrtc, "turn-server", options.turn, nullptr);
  if (options.relay_only)
    gst_util_set_object_arg(G_OBJECT(webrtc), "ice-transport-policy", "relay");
  gst_bin_add(GST_BIN(pipeline), webrtc);
  GObject* ice = nullptr;
  NiceAgent* agent = nullptr;
  g_object_get(webrtc, "ice-agent", &ice, nullptr);
  g_object_get(ice, "agent", &agent, nullptr);
  g_object_set(agent, "upnp", FALSE, "ice-tcp", FALSE, nullptr);
  NiceAddress address;
  nice_address_init(&address);
  nice_address_set_from_string(&address, options.address);
  nice_agent_add_local_address(agent, &address);
  g_object_unref(agent);
  g_object_unref(ice);
  g_signal_connect(webrtc, "pad-added", G_CALLBACK(on_pad_added), nullptr);
  g_signal_connect(webrtc, "on-ice-candidate", G_CALLBACK(on_ice_candidate), nullptr);
  g_signal_connect(webrtc, "notify::connection-state", G_CALLBACK(on_connection_state), nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
}

void request_session(const std::string& id) {
  if (requested) return;
  requested = true;
  producer = id;
  event("producer", "\"id\":" + quoted(id));
  if (options.plain) return send("{\"type\":\"startSession\",\"peerId\":" + quoted(id) + "}");
  add_own_transceivers();
  create_description("create-offer", "offer");
}

bool is_our_stream(JsonObject* holder) {
  return g_str_equal(member(object_member(holder, "meta"), "name"), options.stream);
}

void on_list(JsonObject* message) {
  JsonArray* producers = json_object_get_array_member(message, "producers");
  for (guint i = 0; i < json_array_get_length(producers); i++) {
    JsonObject* one = json_array_get_object_element(producers, i);
    if (is_our_stream(one)) return request_session(member(one, "id"));
  }
  event("waiting");
}

void on_status_changed(JsonObject* message) {
  JsonArray* roles = json_object_get_array_member(message, "roles");
  for (guint i = 0; roles && i < json_array_get_length(roles); i++)
    if (g_str_equal(json_array_get_string_element(roles, i), "producer") && is_our_stream(message))
      return request_session(member(message, "peerId"));
}

void on_peer_message(JsonObject* message) {
  if (options.silent_after_session) return;
  if (JsonObject* sdp = object_member(message, "sdp")) {
    bool offer = g_str_equal(member(sdp, "type"), "offer");
    event("description",
          "\"type\":" + quoted(member(sdp, "type")) + ",\"sdp\":" + quoted(member(sdp, "sdp")));
    set_remote(offer ? GST_WEBRTC_SDP_TYPE_OFFER : GST_WEBRTC_SDP_TYPE_ANSWER, member(sdp, "sdp"),
               [offer] {
                 if (offer) create_description("create-answer", "answer");
               });
  } else if (JsonObject* ice = object_member(message, "ice")) {
    event("candidate", "\"candidate\":" + quoted(member(ice, "candidate")));
    g_signal_emit_by_name(webrtc, "add-ice-candidate",
                          static_cast<guint>(json_object_get_int_member(ice, "sdpMLineIndex")),
                          member(ice, "candidate"));
  }
}

void on_session_started(const std::string& id) {
  session = id;
  event("session", "\"id\":" + quoted(session));
  for (const std::string& ice : early_candidates)
    send("{\"type\":\"peer\",\"sessionId\":" + quoted(session) + "," + ice);
  early_candidates.clear();
}

void on_message(SoupWebsocketConnection*, gint, GBytes* bytes, gpointer) {
  gsize size = 0;
  auto* data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
  JsonParser* parser = json_parser_new();
  if (json_parser_load_from_data(parser, data, static_cast<gssize>(size), nullptr)) {
    JsonObject* message = json_node_get_object(json_parser_get_root(parser));
    std::string type = member(message, "type");
    if (type == "welcome") {
      send("{\"type\":\"setProtocolVersion\",\"version\":\"v1_1\"}");
      send("{\"type\":\"setPeerStatus\",\"roles\":[\"listener\"],\"meta\":null}");
      send("{\"type\":\"list\"}");
    } else if (type == "list") {
      on_list(message);
    } else if (type == "peerStatusChanged") {
      on_status_changed(message);
    } else if (type == "sessionStarted") {
      on_session_started(member(message, "sessionId"));
    } else if (type == "peer") {
      on_peer_message(message);
    } else if (type == "endSession" || type == "endSessionV1_1") {
      event("ended", "\"error\":" + quoted(member(message, "error")));
      finish(2);
    } else if (type == "error") {
      event("error", "\"text\":" + quoted(member(message, "details")));
    }
  }
  g_object_unref(parser);
}

void on_connected(GObject* source, GAsyncResult* result, gpointer) {
  GError* error = nullptr;
  socket_connection = soup_session_websocket_connect_finish(SOUP_SESSION(source), result, &error);
  if (!socket_connection) {
    event("error", "\"text\":" + quoted(error->message));
    g_error_free(error);
    return finish(1);
  }
  event("open");
  g_object_set(socket_connection, "max-incoming-payload-size", guint64{256 * 1024}, nullptr);
  g_signal_connect(socket_connection, "message", G_CALLBACK(on_message), nullptr);
  g_signal_connect(socket_connection, "closed",
                   G_CALLBACK(+[](SoupWebsocketConnection*, gpointer) { event("socket-closed"); }),
                   nullptr);
}

gboolean on_progress(gpointer) {
  event("progress", "\"video_packets\":" + std::to_string(video.packets) +
                        ",\"video_frames\":" + std::to_string(video.frames) +
                        ",\"video_bytes\":" + std::to_string(video.bytes) +
                        ",\"audio_packets\":" + std::to_string(audio.packets));
  guint64 frames = video.frames ? video.frames.load() : audio.packets.load();
  if (options.frames > 0 && frames >= static_cast<guint64>(options.frames)) finish(0);
  return G_SOURCE_CONTINUE;
}

}  // namespace

int main(int argc, char** argv) {
  if (!parse_viewer_options(&argc, &argv, options)) {
    g_printerr("webcast-test-viewer --url ws://127.0.0.1:PORT/ws (see --help)\n");
    return 64;
  }
  loop = g_main_loop_new(nullptr, FALSE);
  make_webrtc();
  SoupSession* soup = soup_session_new();
  SoupMessage* request = soup_message_new("GET", options.url);
  soup_session_websocket_connect_async(soup, request, nullptr, nullptr, G_PRIORITY_DEFAULT, nullptr,
                                       on_connected, nullptr);
  g_timeout_add(100, on_progress, nullptr);
  g_timeout_add_seconds(
      static_cast<guint>(options.seconds),
      [](gpointer) -> gboolean {
        event("timeout");
        finish(3);
        return G_SOURCE_REMOVE;
      },
      nullptr);
  g_main_loop_run(loop);
  if (socket_connection &&
      soup_websocket_connection_get_state(socket_connection) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close(socket_connection, 1000, nullptr);
  for (int i = 0; i < 20 && g_main_context_iteration(nullptr, FALSE); i++) {
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  on_progress(nullptr);
  event("exit", "\"status\":" + std::to_string(exit_status));
  return exit_status;
}
