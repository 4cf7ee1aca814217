// The options of webcast-test-publisher.
#pragma once

#include <gst/gst.h>

#include "tests/support/falsified.hpp"

struct PublisherOptions {
  gchar *url = nullptr, *stream = nullptr, *codec = nullptr, *audio = nullptr,
        *fingerprint = nullptr, *certificate = nullptr;
  gint keyframes = 600;  // of H.264, the most pictures from one to the next
  gint lose = 0;         // every so many RTP packets one; 0: none
  gboolean beat = FALSE, again = FALSE, silent = FALSE;
};

// False: something is wrong or missing.
inline bool parse_publisher_options(int* argc, char*** argv, PublisherOptions& options) {
  GOptionEntry entries[] = {
      {"url", 0, 0, G_OPTION_ARG_STRING, &options.url, "ws://HOST:PORT/ws", "URL"},
      {"stream", 0, 0, G_OPTION_ARG_STRING, &options.stream, "name of the stream", "NAME"},
      {"codec", 0, 0, G_OPTION_ARG_STRING, &options.codec, "VP8, VP9, H264, or empty", "CODEC"},
      {"audio", 0, 0, G_OPTION_ARG_STRING, &options.audio, "OPUS, PCMU, or empty", "CODEC"},
      {"fingerprint", 0, 0, G_OPTION_ARG_STRING, &options.fingerprint, "good, bad, none, sha1",
       "HOW"},
      {"certificate", 0, 0, G_OPTION_ARG_FILENAME, &options.certificate,
       "with its key; its fingerprint is not told", "FILE"},
      {"beat", 0, 0, G_OPTION_ARG_NONE, &options.beat,
       "each second a white picture and a loud tone for 0.2 s", nullptr},
      {"again", 0, 0, G_OPTION_ARG_NONE, &options.again,
       "start another session where one was refused or ended by the source", nullptr},
      {"silent", 0, 0, G_OPTION_ARG_NONE, &options.silent, "announce sound and send none", nullptr},
      {"keyframes", 0, 0, G_OPTION_ARG_INT, &options.keyframes,
       "of H.264: one in so many pictures at least", "N"},
      {"lose", 0, 0, G_OPTION_ARG_INT, &options.lose, "one of so many packets", "N"},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
  GOptionContext* context = g_option_context_new("- publish test media");
  g_option_context_add_main_entries(context, entries, nullptr);
  g_option_context_add_group(context, gst_init_get_option_group());
  bool parsed = g_option_context_parse(context, argc, argv, nullptr) && options.url;
  g_option_context_free(context);
  if (!options.stream) options.stream = g_strdup("live");
  if (!options.codec) options.codec = g_strdup("VP8");
  if (!options.audio) options.audio = g_strdup("OPUS");
  if (!options.fingerprint) options.fingerprint = g_strdup("good");
  return parsed;
}
