// webcast-bench-sender: a gst-launch for benchmarks.
//
// Runs the pipeline of its arguments for a bounded time and prints the element's own messages
// (webcast-listening, …) as one line of JSON each. Where the pipeline has an element called
// "clock", the wall clock is burnt into every picture (I420) that leaves it: see clock_picture.hpp.
#include <glib-unix.h>
#include <gst/gst.h>
#include <json-glib/json-glib.h>

#include <cstdio>
#include <string>

#include "plugins/gst/gst_ref.hpp"
#include "tests/bench/sender/clock_picture.hpp"

namespace {

using webcast::adopt;

struct Run {
  GMainLoop* loop;
  int status = 0;
};

void add_field(JsonBuilder* builder, const GValue* value) {
  if (G_VALUE_HOLDS_STRING(value)) {
    const char* text = g_value_get_string(value);
    json_builder_add_string_value(builder, text ? text : "");
    return;
  }
  GValue number = G_VALUE_INIT;
  g_value_init(&number, G_TYPE_INT64);
  if (g_value_transform(value, &number))
    json_builder_add_int_value(builder, g_value_get_int64(&number));
  else
    json_builder_add_null_value(builder);
  g_value_unset(&number);
}

void print_structure(const GstStructure* structure) {
  auto builder = adopt(json_builder_new());
  json_builder_begin_object(builder.get());
  json_builder_set_member_name(builder.get(), "event");
  json_builder_add_string_value(builder.get(), gst_structure_get_name(structure));
  for (int i = 0; i < gst_structure_n_fields(structure); ++i) {
    const char* name = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    json_builder_set_member_name(builder.get(), name);
    add_field(builder.get(), gst_structure_get_value(structure, name));
  }
  json_builder_end_object(builder.get());
  JsonNode* root = json_builder_get_root(builder.get());
  gchar* text = json_to_string(root, FALSE);
  std::puts(text);
  std::fflush(stdout);
  g_free(text);
  json_node_unref(root);
}

gboolean on_message(GstBus*, GstMessage* message, gpointer data) {
  auto* run = static_cast<Run*>(data);
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ELEMENT) {
    const GstStructure* structure = gst_message_get_structure(message);
    if (g_str_has_prefix(gst_structure_get_name(structure), "webcast-")) print_structure(structure);
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    GError* error = nullptr;
    gchar* detail = nullptr;
    gst_message_parse_error(message, &error, &detail);
    std::fprintf(stderr, "%s\n%s\n", error->message, detail ? detail : "");
    g_clear_error(&error);
    g_free(detail);
    run->status = 1;
    g_main_loop_quit(run->loop);
  } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
    g_main_loop_quit(run->loop);
  }
  return G_SOURCE_CONTINUE;
}

gboolean quit(gpointer data) {
  g_main_loop_quit(static_cast<Run*>(data)->loop);
  return G_SOURCE_CONTINUE;
}

int play(GstElement* pipeline, int seconds) {
  auto loop = adopt(g_main_loop_new(nullptr, FALSE));
  Run run{loop.get()};
  auto bus = adopt(gst_element_get_bus(pipeline));
  gst_bus_add_watch(bus.get(), on_message, &run);
  g_timeout_add_seconds(static_cast<guint>(seconds), quit, &run);
  g_unix_signal_add(SIGTERM, quit, &run);
  g_unix_signal_add(SIGINT, quit, &run);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  g_main_loop_run(loop.get());
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_bus_remove_watch(bus.get());
  return run.status;
}

}  // namespace

int main(int argc, char** argv) {
  gint seconds = 60;
  const GOptionEntry entries[] = {
      {"seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "End after (60)", "S"},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
  GOptionContext* context = g_option_context_new("PIPELINE - gst-launch for benchmarks");
  g_option_context_add_main_entries(context, entries, nullptr);
  g_option_context_add_group(context, gst_init_get_option_group());
  GError* error = nullptr;
  bool parsed = g_option_context_parse(context, &argc, &argv, &error);
  g_option_context_free(context);

  auto pipeline = parsed ? webcast::Ref<GstElement>::adopt(
                               gst_parse_launchv(const_cast<const gchar**>(argv + 1), &error))
                         : webcast::Ref<GstElement>();
  if (error) {
    std::fprintf(stderr, "webcast-bench-sender: %s\n", error->message);
    g_clear_error(&error);
    return 2;
  }
  auto* clock = gst_bin_get_by_name(GST_BIN(pipeline.get()), "clock");
  if (clock) {
    webcast::bench::burn_clock_into(clock);
    gst_object_unref(clock);
  }
  return play(pipeline.get(), seconds);
}
