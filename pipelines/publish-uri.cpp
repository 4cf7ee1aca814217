// publish-uri: what file.sh and rtsp.sh run. A file or an address in, a webcastsink out.
//
//   publish-uri [--loop] [--location LOCATION] FILE|URI
//
// H.264, VP8, VP9 and Opus pass as they are, all else is decoded. --loop plays a file again and
// again on one rising timeline: the end of each stream is held back, and when all have come to
// it, the source goes back to its beginning while the sink still plays what is queued. (A seek
// with the SEGMENT flag would do the same, but many demuxers know none, MPEG-TS's for one.)
#include <glib-unix.h>
#include <gst/gst.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <vector>

namespace {

constexpr const char* kPublishedCaps =
    "video/x-h264, parsed=true; video/x-vp8; video/x-vp9; audio/x-opus; "
    "video/x-raw(ANY); audio/x-raw(ANY)";

struct Publisher;

// One stream on its way to the sink. Its streaming thread and, in rewind(), the main thread.
struct Stream {
  Publisher* publisher = nullptr;
  GstPad* pad = nullptr;  // the source's
  GstSegment segment{};
  bool ended = false;
};

struct Publisher {
  GMainLoop* loop = nullptr;
  GstElement *pipeline = nullptr, *source = nullptr, *sink = nullptr;
  bool looping = false;
  int status = 0;

  std::mutex mutex{};  // of what follows
  std::vector<Stream*> streams{};
  bool complete = false;    // no stream will be added
  GstClockTime played = 0;  // running time of the end of what went out
  GstClockTime offset = 0;  // of this round
};

void fail(Publisher& publisher, const char* sentence) {
  std::fprintf(stderr, "ERROR: %s\n", sentence);
  publisher.status = 1;
  g_main_loop_quit(publisher.loop);
}

// Main thread: every stream is at its end.
gboolean rewind(gpointer data) {
  auto& publisher = *static_cast<Publisher*>(data);
  GstPad* pad = nullptr;
  {
    std::lock_guard lock(publisher.mutex);
    publisher.offset = publisher.played;
    for (Stream* stream : publisher.streams)
      stream->ended = false;
    pad = publisher.streams.front()->pad;
  }
  // One pad: a demuxer turns all its streams back together.
  constexpr auto kFlags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT);
  if (!gst_pad_send_event(pad, gst_event_new_seek(1.0, GST_FORMAT_TIME, kFlags, GST_SEEK_TYPE_SET,
                                                  0, GST_SEEK_TYPE_NONE, -1)))
    fail(publisher, "The file cannot be played from its beginning again; use --once.");
  return G_SOURCE_REMOVE;
}

// With the mutex held.
void rewind_when_all_ended(Publisher& publisher) {
  if (publisher.complete && !publisher.streams.empty() &&
      std::all_of(publisher.streams.begin(), publisher.streams.end(),
                  [](const Stream* stream) { return stream->ended; }))
    g_idle_add(rewind, &publisher);
}

GstPadProbeReturn on_event(Stream& stream, GstPadProbeInfo* info) {
  Publisher& publisher = *stream.publisher;
  std::lock_guard lock(publisher.mutex);
  switch (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info))) {
    case GST_EVENT_FLUSH_START:
    case GST_EVENT_FLUSH_STOP:
      return GST_PAD_PROBE_DROP;  // what the sink has queued shall be played
    case GST_EVENT_EOS:
      stream.ended = true;
      rewind_when_all_ended(publisher);
      return GST_PAD_PROBE_DROP;
    case GST_EVENT_SEGMENT: {
      auto* event = GST_PAD_PROBE_INFO_EVENT(info);
      gst_event_copy_segment(event, &stream.segment);
      stream.segment.base += publisher.offset;
      GstEvent* moved = gst_event_new_segment(&stream.segment);
      gst_event_set_seqnum(moved, gst_event_get_seqnum(event));
      gst_event_unref(event);
      GST_PAD_PROBE_INFO_DATA(info) = moved;
      return GST_PAD_PROBE_OK;
    }
    default:
      return GST_PAD_PROBE_OK;
  }
}

GstPadProbeReturn on_data(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto& stream = *static_cast<Stream*>(data);
  if (!(info->type & GST_PAD_PROBE_TYPE_BUFFER)) return on_event(stream, info);
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  if (!GST_BUFFER_PTS_IS_VALID(buffer)) return GST_PAD_PROBE_OK;
  GstClockTime end = GST_BUFFER_PTS(buffer);
  if (GST_BUFFER_DURATION_IS_VALID(buffer)) end += GST_BUFFER_DURATION(buffer);
  std::lock_guard lock(stream.publisher->mutex);
  if (GST_CLOCK_TIME_IS_VALID(stream.segment.stop)) end = std::min(end, stream.segment.stop);
  GstClockTime time = gst_segment_to_running_time(&stream.segment, GST_FORMAT_TIME, end);
  if (GST_CLOCK_TIME_IS_VALID(time))
    stream.publisher->played = std::max(stream.publisher->played, time);
  return GST_PAD_PROBE_OK;
}

// The first stream of each kind goes to the sink; raw media through what makes it acceptable.
void on_pad_added(GstElement*, GstPad* pad, gpointer data) {
  auto& publisher = *static_cast<Publisher*>(data);
  GstCaps* caps = gst_pad_get_current_caps(pad);
  if (!caps) caps = gst_pad_query_caps(pad, nullptr);
  bool video = g_str_has_prefix(gst_structure_get_name(gst_caps_get_structure(caps, 0)), "video/");
  gst_caps_unref(caps);
  const char* name = video ? "video_0" : "audio_0";
  if (GstPad* taken = gst_element_get_static_pad(publisher.sink, name)) {
    gst_object_unref(taken);
    return;
  }
  GstPad* target = gst_element_request_pad_simple(publisher.sink, name);
  if (!target) return fail(publisher, "webcastsink gives no pad.");
  if (publisher.looping) {
    auto* stream = new Stream{.publisher = &publisher, .pad = pad};
    gst_segment_init(&stream->segment, GST_FORMAT_TIME);
    {
      std::lock_guard lock(publisher.mutex);
      publisher.streams.push_back(stream);
    }
    constexpr auto kMask = static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER |
                                                        GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                                                        GST_PAD_PROBE_TYPE_EVENT_FLUSH);
    gst_pad_add_probe(pad, kMask, on_data, stream, nullptr);
  }
  if (gst_pad_link(pad, target) != GST_PAD_LINK_OK)
    fail(publisher, "webcastsink takes none of the file's formats.");
  gst_object_unref(target);
}

void on_no_more_pads(GstElement*, gpointer data) {
  auto& publisher = *static_cast<Publisher*>(data);
  if (publisher.sink->numsinkpads == 0)
    return fail(publisher, "There is neither video nor audio in it.");
  std::lock_guard lock(publisher.mutex);
  publisher.complete = true;
  rewind_when_all_ended(publisher);
}

gboolean on_message(GstBus*, GstMessage* message, gpointer data) {
  auto& publisher = *static_cast<Publisher*>(data);
  GError* error = nullptr;
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ELEMENT:
      if (const GstStructure* what = gst_message_get_structure(message);
          what && g_str_has_prefix(gst_structure_get_name(what), "webcast-")) {
        char* text = gst_structure_to_string(what);
        std::printf("%s\n", text);
        std::fflush(stdout);
        g_free(text);
      }
      break;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning(message, &error, nullptr);
      std::fprintf(stderr, "WARNING: %s\n", error->message);
      g_error_free(error);
      break;
    case GST_MESSAGE_ERROR:
      gst_message_parse_error(message, &error, nullptr);
      fail(publisher, error->message);
      g_error_free(error);
      break;
    case GST_MESSAGE_EOS:
      g_main_loop_quit(publisher.loop);
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

gboolean on_signal(gpointer data) {
  g_main_loop_quit(static_cast<Publisher*>(data)->loop);
  return G_SOURCE_CONTINUE;
}

bool build(Publisher& publisher, const char* uri, const char* location) {
  publisher.pipeline = gst_pipeline_new(nullptr);
  publisher.source = gst_element_factory_make("uridecodebin", nullptr);
  publisher.sink = gst_element_factory_make("webcastsink", nullptr);
  if (!publisher.source || !publisher.sink) {
    std::fprintf(stderr, "ERROR: GStreamer finds no %s; set GST_PLUGIN_PATH.\n",
                 publisher.source ? "webcastsink" : "uridecodebin");
    return false;
  }
  GstCaps* caps = gst_caps_from_string(kPublishedCaps);
  g_object_set(publisher.source, "uri", uri, "caps", caps, nullptr);
  gst_caps_unref(caps);
  if (location) g_object_set(publisher.sink, "location", location, nullptr);
  gst_bin_add_many(GST_BIN(publisher.pipeline), publisher.source, publisher.sink, nullptr);
  g_signal_connect(publisher.source, "pad-added", G_CALLBACK(on_pad_added), &publisher);
  g_signal_connect(publisher.source, "no-more-pads", G_CALLBACK(on_no_more_pads), &publisher);
  return true;
}

int run(Publisher& publisher) {
  publisher.loop = g_main_loop_new(nullptr, FALSE);
  GstBus* bus = gst_element_get_bus(publisher.pipeline);
  gst_bus_add_watch(bus, on_message, &publisher);
  g_unix_signal_add(SIGINT, on_signal, &publisher);
  g_unix_signal_add(SIGTERM, on_signal, &publisher);
  gst_element_set_state(publisher.pipeline, GST_STATE_PLAYING);
  g_main_loop_run(publisher.loop);
  gst_element_set_state(publisher.pipeline, GST_STATE_NULL);
  gst_bus_remove_watch(bus);
  gst_object_unref(bus);
  gst_object_unref(publisher.pipeline);
  g_main_loop_unref(publisher.loop);
  for (Stream* stream : publisher.streams)
    delete stream;
  return publisher.status;
}

}  // namespace

int main(int argc, char** argv) {
  Publisher publisher;
  gboolean looping = FALSE;
  char *location = nullptr, **what = nullptr;
  const GOptionEntry entries[] = {
      {"loop", 0, 0, G_OPTION_ARG_NONE, &looping, "Play the file again and again", nullptr},
      {"location", 0, 0, G_OPTION_ARG_STRING, &location, "As webcastsink's property", "LOCATION"},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &what, nullptr, "FILE|URI"},
      {}};
  GOptionContext* options = g_option_context_new("- publish a file or a stream to browsers");
  g_option_context_add_main_entries(options, entries, nullptr);
  g_option_context_add_group(options, gst_init_get_option_group());
  GError* error = nullptr;
  bool parsed = g_option_context_parse(options, &argc, &argv, &error);
  g_option_context_free(options);
  if (!parsed || !what || what[1]) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error ? error->message : "one file or URI, please");
    return 2;
  }
  publisher.looping = looping;
  char* uri = gst_uri_is_valid(what[0]) ? g_strdup(what[0]) : gst_filename_to_uri(what[0], &error);
  if (!uri) {
    std::fprintf(stderr, "ERROR: %s\n", error->message);
    return 2;
  }
  int status = build(publisher, uri, location) ? run(publisher) : 1;
  g_free(uri);
  g_free(location);
  g_strfreev(what);
  return status;
}
