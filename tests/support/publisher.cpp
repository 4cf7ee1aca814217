// webcast-test-publisher: a publisher made of webrtcbin, in a process of its own.
//
// Speaks the WebSocket signaling to a source, sends test pictures and a tone, and prints one JSON
// object a line on standard output ("event": …). Lines on standard input: "size WIDTHxHEIGHT"
// changes the picture, "stop" ends the session, "start" starts another one, "stall MS" holds all
// packets up for so long. Shares no code with plugins/: a witness from outside.
#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>
#include <nice/agent.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>

#include "tests/support/beat.hpp"
#include "tests/support/loss_record.hpp"
#include "tests/support/publisher_options.hpp"
#include "tests/support/viewer_json.hpp"

namespace {

PublisherOptions options;

struct Feedback {
  unsigned nacks = 0, plis = 0, transport = 0;
};

LossRecord losses;
GMainLoop* loop;
SoupWebsocketConnection* socket_connection;
GstElement *pipeline, *webrtc;
std::string session, consumer;

void say(const std::string& name, const std::string& fields = "") {
  std::string line = "{\"event\":" + quoted(name) + (fields.empty() ? "" : "," + fields) + "}\n";
  if (write(STDOUT_FILENO, line.data(), line.size()) < 0) _exit(3);
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

std::string video_branch() {
  std::string codec = options.codec;
  std::string source =
      "videotestsrc name=picture is-live=true pattern=green ! capsfilter name=size "
      "caps=video/x-raw,width=320,height=240,framerate=30/1 ! ";
  if (codec == "H264")
    return source +
           "x264enc tune=zerolatency speed-preset=ultrafast threads=2 aud=true key-int-max=" +
           std::to_string(options.keyframes) +
           " ! "
           "video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 "
           "aggregate-mode=zero-latency pt=102 ! "
           "application/x-rtp,media=video,encoding-name=H264,payload=102 ! w. ";
  if (codec == "VP9")
    return source + "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=600 ! rtpvp9pay pt=98 ! "
                    "application/x-rtp,media=video,encoding-name=VP9,payload=98 ! w. ";
  return source + "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=600 ! rtpvp8pay pt=96 "
                  "picture-id-mode=15-bit ! "
                  "application/x-rtp,media=video,encoding-name=VP8,payload=96 ! w. ";
}

std::string audio_branch() {
  std::string codec = options.audio, tone = "audiotestsrc name=tone is-live=true freq=440 ! ";
  // The caps pass: webrtcbin offers nothing before each of its pads has some.
  std::string gate = options.silent ? "valve drop=true drop-mode=forward-sticky-events ! " : "";
  if (codec == "PCMU")
    return tone + "audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay pt=0 ! " + gate +
           "application/x-rtp,media=audio,encoding-name=PCMU,payload=0 ! w. ";
  return tone +
         "audioconvert ! audio/x-raw,rate=48000,channels=2 ! opusenc ! rtpopuspay pt=111 ! " + gate +
         "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,"
         "encoding-params=(string)2 ! w. ";
}

void on_offer(GstPromise* promise, gpointer) {
  GstWebRTCSessionDescription* offer = nullptr;
  gst_structure_get(gst_promise_get_reply(promise), "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
                    &offer, nullptr);
  gst_promise_unref(promise);
  gchar* text = gst_sdp_message_as_text(offer->sdp);
  std::string sdp = falsified(text, options.fingerprint);
  g_free(text);
  g_signal_emit_by_name(webrtc, "set-local-description", offer, nullptr);
  gst_webrtc_session_description_free(offer);
  post([sdp] {
    send("{\"type\":\"peer\",\"sessionId\":" + quoted(session) +
         ",\"sdp\":{\"type\":\"offer\",\"sdp\":" + quoted(sdp) + "}}");
  });
}

void set_up_ice() {
  GObject* ice = nullptr;
  NiceAgent* agent = nullptr;
  g_object_get(webrtc, "ice-agent", &ice, nullptr);
  g_object_get(ice, "agent", &agent, nullptr);
  g_object_set(agent, "upnp", FALSE, "ice-tcp", FALSE, nullptr);
  NiceAddress loopback;
  nice_address_init(&loopback);
  nice_address_set_from_string(&loopback, "127.0.0.1");
  nice_agent_add_local_address(agent, &loopback);
  g_object_unref(agent);
  g_object_unref(ice);
}

void on_candidate(GstElement*, guint mline, gchar* candidate, gpointer) {
  std::string ice = "\"ice\":{\"candidate\":" + quoted(candidate) +
                    ",\"sdpMLineIndex\":" + std::to_string(mline) + "}}";
  post([ice] { send("{\"type\":\"peer\",\"sessionId\":" + quoted(session) + "," + ice); });
}

void on_connection_state(GstElement* element, GParamSpec*, gpointer) {
  GstWebRTCPeerConnectionState state;
  g_object_get(element, "connection-state", &state, nullptr);
  GEnumValue* value = g_enum_get_value(
      static_cast<GEnumClass*>(g_type_class_ref(GST_TYPE_WEBRTC_PEER_CONNECTION_STATE)),
      static_cast<gint>(state));
  say("connection", "\"state\":" + quoted(value->value_nick));
}

GstPadProbeReturn on_sent(GstPad*, GstPadProbeInfo* info, gpointer) {
  static std::atomic<int> count{0};
  guint8 bytes[12] = {};
  gst_buffer_extract(GST_PAD_PROBE_INFO_BUFFER(info), 0, bytes, sizeof bytes);
  bool rtp = bytes[0] >> 6 == 2 && (bytes[1] < 192 || bytes[1] > 223);
  if (!rtp || ++count % options.lose != 0) return GST_PAD_PROBE_OK;
  losses.lost(bytes);
  return GST_PAD_PROBE_DROP;
}

std::atomic<gint64> stalled_until{0};  // monotonic µs

// As a network does that is gone for a while: what waits leaves in one burst.
GstPadProbeReturn on_stall(GstPad*, GstPadProbeInfo*, gpointer) {
  gint64 rest = stalled_until - g_get_monotonic_time();
  if (rest > 0) g_usleep(static_cast<gulong>(rest));
  return GST_PAD_PROBE_OK;
}

// What the receiver asks for, as it leaves the decrypter: generic NACK, transport-wide congestion
// control (RFC 4585 type 205, formats 1 and 15) and PLI (206, 1).
void count_feedback(GstBuffer* buffer) {
  static Feedback feedback;
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) return;
  Feedback before = feedback;
  for (gsize at = 0; at + 4 <= map.size;) {
    unsigned type = map.data[at + 1], format = map.data[at] & 31u;
    gsize size = (static_cast<gsize>(map.data[at + 2]) << 8 | map.data[at + 3]) * 4 + 4;
    if (type == 205 && format == 1) {
      feedback.nacks++;
      losses.asked(map.data + at, std::min(size, map.size - at));
    }
    if (type == 205 && format == 15) feedback.transport++;
    if (type == 206 && format == 1) feedback.plis++;
    at += size;
  }
  gst_buffer_unmap(buffer, &map);
  if (before.nacks == feedback.nacks && before.plis == feedback.plis &&
      before.transport == feedback.transport)
    return;
  say("feedback", "\"nacks\":" + std::to_string(feedback.nacks) +
                      ",\"plis\":" + std::to_string(feedback.plis) +
                      ",\"transport\":" + std::to_string(feedback.transport) + "," + losses.text());
}

GstPadProbeReturn on_rtcp(GstPad*, GstPadProbeInfo* info, gpointer) {
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    count_feedback(GST_PAD_PROBE_INFO_BUFFER(info));
  } else {
    GstBufferList* list = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
    for (guint i = 0; i < gst_buffer_list_length(list); i++)
      count_feedback(gst_buffer_list_get(list, i));
  }
  return GST_PAD_PROBE_OK;
}

void watch_transport(GstElement* element) {
  GstElementFactory* factory = gst_element_get_factory(element);
  const char* name = factory ? GST_OBJECT_NAME(factory) : "";
  if (g_str_equal(name, "nicesink")) {
    GstPad* pad = gst_element_get_static_pad(element, "sink");
    if (options.lose > 0)
      gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_sent, nullptr, nullptr);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_stall, nullptr, nullptr);
    gst_object_unref(pad);
  } else if (g_str_equal(name, "rtpsession")) {
    g_signal_connect(element, "pad-added", G_CALLBACK(+[](GstElement*, GstPad* pad, gpointer) {
                       if (!g_str_equal(GST_PAD_NAME(pad), "recv_rtcp_sink")) return;
                       gst_pad_add_probe(pad,
                                         static_cast<GstPadProbeType>(
                                             GST_PAD_PROBE_TYPE_BUFFER |
                                             GST_PAD_PROBE_TYPE_BUFFER_LIST),
                                         on_rtcp, nullptr, nullptr);
                     }),
                     nullptr);
  } else if (g_str_equal(name, "dtlssrtpdec") && options.certificate) {
    gchar* pem = nullptr;
    if (g_file_get_contents(options.certificate, &pem, nullptr, nullptr))
      g_object_set(element, "pem", pem, nullptr);
    g_free(pem);
  }
}

void drop_pipeline() {
  if (!pipeline) return;
  g_signal_handlers_disconnect_by_func(webrtc, reinterpret_cast<gpointer>(on_candidate), nullptr);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  pipeline = webrtc = nullptr;
}

void begin_offer() {
  drop_pipeline();
  std::string launch = "webrtcbin name=w bundle-policy=max-bundle ";
  if (*options.codec) launch += video_branch();
  if (*options.audio) launch += audio_branch();
  GError* error = nullptr;
  pipeline = gst_parse_launch(launch.c_str(), &error);
  g_signal_connect(pipeline, "deep-element-added",
                   G_CALLBACK(+[](GstBin*, GstBin*, GstElement* element, gpointer) {
                     watch_transport(element);
                   }),
                   nullptr);
  if (error) g_error("%s", error->message);
  if (options.beat) {
    add_beat(GST_BIN(pipeline), "picture", beat_picture);
    add_beat(GST_BIN(pipeline), "tone", beat_sound);
  }
  webrtc = gst_bin_get_by_name(GST_BIN(pipeline), "w");
  gst_object_unref(webrtc);  // the pipeline holds it
  set_up_ice();
  GArray* transceivers = nullptr;
  g_signal_emit_by_name(webrtc, "get-transceivers", &transceivers);
  for (guint i = 0; i < transceivers->len; i++)
    g_object_set(g_array_index(transceivers, GstWebRTCRTPTransceiver*, i), "direction",
                 GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, "do-nack", TRUE, nullptr);
  g_array_unref(transceivers);
  g_signal_connect(webrtc, "on-ice-candidate", G_CALLBACK(on_candidate), nullptr);
  g_signal_connect(webrtc, "notify::connection-state", G_CALLBACK(on_connection_state), nullptr);
  g_signal_connect(webrtc, "on-negotiation-needed", G_CALLBACK(+[](GstElement* element, gpointer) {
                     g_signal_emit_by_name(
                         element, "create-offer", nullptr,
                         gst_promise_new_with_change_func(on_offer, nullptr, nullptr));
                   }),
                   nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
}

void take_answer(const char* text) {
  GstSDPMessage* message = nullptr;
  if (!webrtc || gst_sdp_message_new_from_text(text, &message) != GST_SDP_OK) return;
  GstWebRTCSessionDescription* answer =
      gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, message);
  g_signal_emit_by_name(webrtc, "set-remote-description", answer, nullptr);
  gst_webrtc_session_description_free(answer);
}

void on_consumers(JsonObject* message) {
  JsonArray* list = json_object_get_array_member(message, "consumers");
  for (guint i = 0; i < json_array_get_length(list); i++) {
    JsonObject* one = json_array_get_object_element(list, i);
    if (!g_str_equal(member(object_member(one, "meta"), "name"), options.stream)) continue;
    consumer = member(one, "id");
    return send("{\"type\":\"startSession\",\"peerId\":" + quoted(consumer) + "}");
  }
  say("waiting");
}

// As real ones do, a moment later.
void come_again() {
  if (!options.again) return;
  g_timeout_add(
      500,
      [](gpointer) -> gboolean {
        send("{\"type\":\"listConsumers\"}");
        return G_SOURCE_REMOVE;
      },
      nullptr);
}

void on_peer(JsonObject* message) {
  if (JsonObject* sdp = object_member(message, "sdp")) {
    say("answer", "\"sdp\":" + quoted(member(sdp, "sdp")));
    take_answer(member(sdp, "sdp"));
  } else if (JsonObject* ice = object_member(message, "ice"); ice && webrtc) {
    g_signal_emit_by_name(webrtc, "add-ice-candidate",
                          static_cast<guint>(json_object_get_int_member(ice, "sdpMLineIndex")),
                          member(ice, "candidate"));
  }
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
      send("{\"type\":\"listConsumers\"}");
    } else if (type == "listConsumers") {
      on_consumers(message);
    } else if (type == "startSession") {
      session = member(message, "sessionId");
      say("session", "\"id\":" + quoted(session));
      begin_offer();
    } else if (type == "peer") {
      on_peer(message);
    } else if (type == "endSession" || type == "endSessionV1_1") {
      say("ended", "\"error\":" + quoted(member(message, "error")));
      drop_pipeline();
      come_again();
    } else if (type == "error") {
      say("error", "\"text\":" + quoted(member(message, "details")));
    }
  }
  g_object_unref(parser);
}

void on_connected(GObject* source, GAsyncResult* result, gpointer) {
  GError* error = nullptr;
  socket_connection = soup_session_websocket_connect_finish(SOUP_SESSION(source), result, &error);
  if (!socket_connection) {
    say("error", "\"text\":" + quoted(error->message));
    g_error_free(error);
    return g_main_loop_quit(loop);
  }
  g_signal_connect(socket_connection, "message", G_CALLBACK(on_message), nullptr);
}

gboolean on_command(GIOChannel* channel, GIOCondition, gpointer) {
  gchar* line = nullptr;
  if (g_io_channel_read_line(channel, &line, nullptr, nullptr, nullptr) != G_IO_STATUS_NORMAL)
    return G_SOURCE_REMOVE;
  std::string command = g_strstrip(line);
  g_free(line);
  int width = 0, height = 0, stall = 0;
  if (sscanf(command.c_str(), "size %dx%d", &width, &height) == 2 && pipeline) {
    GstElement* filter = gst_bin_get_by_name(GST_BIN(pipeline), "size");
    std::string caps = "video/x-raw,framerate=30/1,width=" + std::to_string(width) +
                       ",height=" + std::to_string(height);
    gst_util_set_object_arg(G_OBJECT(filter), "caps", caps.c_str());
    gst_object_unref(filter);
  } else if (sscanf(command.c_str(), "stall %d", &stall) == 1) {
    stalled_until = g_get_monotonic_time() + stall * 1000;
  } else if (command == "stop") {
    send("{\"type\":\"endSession\",\"sessionId\":" + quoted(session) + "}");
    drop_pipeline();
  } else if (command == "start") {
    send("{\"type\":\"startSession\",\"peerId\":" + quoted(consumer) + "}");
  }
  return G_SOURCE_CONTINUE;
}

}  // namespace

int main(int argc, char** argv) {
  if (!parse_publisher_options(&argc, &argv, options)) {
    g_printerr("webcast-test-publisher --url ws://127.0.0.1:PORT/ws (see --help)\n");
    return 64;
  }
  loop = g_main_loop_new(nullptr, FALSE);
  SoupSession* soup = soup_session_new();
  SoupMessage* request = soup_message_new("GET", options.url);
  soup_session_websocket_connect_async(soup, request, nullptr, nullptr, G_PRIORITY_DEFAULT, nullptr,
                                       on_connected, nullptr);
  g_io_add_watch(g_io_channel_unix_new(STDIN_FILENO), G_IO_IN, on_command, nullptr);
  g_main_loop_run(loop);
  drop_pipeline();
  return 1;
}
