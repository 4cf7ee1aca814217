// The options of webcast-test-viewer.
#pragma once

#include <gst/gst.h>

#include <string>

#include "tests/support/falsified.hpp"

struct ViewerOptions {
  gchar* url = nullptr;
  gchar* stream = nullptr;       // "live"
  gchar* codecs = nullptr;       // "H264,VP8,VP9"
  gchar* fingerprint = nullptr;  // "good"
  gchar* turn = nullptr;
  gchar* address = nullptr;  // "127.0.0.1"
  gboolean plain = FALSE, relay_only = FALSE, no_audio = FALSE, oversized = FALSE;
  gboolean silent_after_session = FALSE;
  gint frames = 0, seconds = 600;
};

// False: something is wrong or missing.
inline bool parse_viewer_options(int* argc, char*** argv, ViewerOptions& options) {
  GOptionEntry entries[] = {
      {"url", 0, 0, G_OPTION_ARG_STRING, &options.url, "ws://HOST:PORT/ws", "URL"},
      {"stream", 0, 0, G_OPTION_ARG_STRING, &options.stream, "name of the stream", "NAME"},
      {"codecs", 0, 0, G_OPTION_ARG_STRING, &options.codecs, "video codecs to offer", "LIST"},
      {"plain", 0, 0, G_OPTION_ARG_NONE, &options.plain, "send no offer, answer one", nullptr},
      {"no-audio", 0, 0, G_OPTION_ARG_NONE, &options.no_audio, "offer no audio", nullptr},
      {"fingerprint", 0, 0, G_OPTION_ARG_STRING, &options.fingerprint, "good, bad, none, sha1",
       "HOW"},
      {"turn", 0, 0, G_OPTION_ARG_STRING, &options.turn, "turn://user:password@host:port", "URL"},
      {"address", 0, 0, G_OPTION_ARG_STRING, &options.address, "the only one to receive on", "IP"},
      {"relay-only", 0, 0, G_OPTION_ARG_NONE, &options.relay_only, "use the TURN server only",
       nullptr},
      {"oversized", 0, 0, G_OPTION_ARG_NONE, &options.oversized, "an SDP of too many lines",
       nullptr},
      {"silent", 0, 0, G_OPTION_ARG_NONE, &options.silent_after_session,
       "leave descriptions unanswered", nullptr},
      {"frames", 0, 0, G_OPTION_ARG_INT, &options.frames, "exit 0 after so many frames", "N"},
      {"seconds", 0, 0, G_OPTION_ARG_INT, &options.seconds, "exit 3 after that", "N"},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
  GOptionContext* context = g_option_context_new("- watch a stream and count");
  g_option_context_add_main_entries(context, entries, nullptr);
  g_option_context_add_group(context, gst_init_get_option_group());
  bool parsed = g_option_context_parse(context, argc, argv, nullptr) && options.url;
  g_option_context_free(context);
  // Only now: the parser does not free what it replaces.
  if (!options.stream) options.stream = g_strdup("live");
  if (!options.codecs) options.codecs = g_strdup("H264,VP8,VP9");
  if (!options.address) options.address = g_strdup("127.0.0.1");
  if (!options.fingerprint) options.fingerprint = g_strdup("good");
  return parsed;
}
