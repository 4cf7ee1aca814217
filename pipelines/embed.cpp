// embed: a program that owns a pipeline and reacts to its viewers.
//   embed [LOCATION]        the picture is in colour only while somebody watches
// Build it outside this tree:  c++ embed.cpp $(pkg-config --cflags --libs gstreamer-1.0) -o embed
#include <gst/gst.h>

#include <cstdio>
#include <string>

static void on_element_message(GstBus*, GstMessage* message, GstElement* pipeline) {
  const GstStructure* what = gst_message_get_structure(message);
  std::string name = gst_structure_get_name(what);
  if (name == "webcast-listening")
    std::printf("Watch at %s\n", gst_structure_get_string(what, "url"));
  else if (name == "webcast-viewer-removed")
    std::printf("Viewer left: %s\n", gst_structure_get_string(what, "reason"));
  else if (name != "webcast-viewer-connected")
    return;

  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  GstElement* colour = gst_bin_get_by_name(GST_BIN(pipeline), "colour");
  guint viewers = 0;
  g_object_get(sink, "viewers", &viewers, nullptr);
  g_object_set(colour, "saturation", viewers > 0 ? 1.0 : 0.0, nullptr);
  std::printf("%u watching\n", viewers);
  std::fflush(stdout);
  gst_object_unref(colour);
  gst_object_unref(sink);
}

static void on_error(GstBus*, GstMessage* message, GMainLoop* loop) {
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  std::fprintf(stderr, "%s\n", error->message);
  g_error_free(error);
  g_main_loop_quit(loop);
}

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
  GstElement* pipeline = gst_parse_launch(
      "videotestsrc is-live=true ! videobalance name=colour ! webcastsink name=sink", nullptr);
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  if (argc > 1) g_object_set(sink, "location", argv[1], nullptr);
  gst_object_unref(sink);

  GstBus* bus = gst_element_get_bus(pipeline);
  gst_bus_add_signal_watch(bus);
  g_signal_connect(bus, "message::element", G_CALLBACK(on_element_message), pipeline);
  g_signal_connect(bus, "message::error", G_CALLBACK(on_error), loop);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  g_main_loop_run(loop);
  gst_element_set_state(pipeline, GST_STATE_NULL);
}
