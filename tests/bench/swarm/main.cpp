// webcast-swarm: many light viewers of one stream in one process, for benchmarks.
#include <gio/gio.h>
#include <glib.h>
#include <srtp2/srtp.h>
#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "tests/bench/swarm/swarm.hpp"

namespace {

using webcast::adopt;
using webcast::swarm::Swarm;
using webcast::swarm::SwarmSettings;

struct Options {
  gchar *url = nullptr, *stream = nullptr, *codec = nullptr, *protocol = nullptr;
  gint viewers = 1, seconds = 30, report_ms = 1000, pli_ms = 0, flood_ms = 0;
  gdouble ramp = 20;
  gboolean no_audio = FALSE, no_offer = FALSE, no_rtx = FALSE, transport_cc = FALSE, json = FALSE;

  ~Options() {
    for (gchar* text : {url, stream, codec, protocol})
      g_free(text);
  }
};

bool read_options(Options& options, int argc, char** argv) {
  const GOptionEntry entries[] = {
      {"url", 0, 0, G_OPTION_ARG_STRING, &options.url, "WebSocket of the sender",
       "ws://127.0.0.1:PORT/ws"},
      {"viewers", 0, 0, G_OPTION_ARG_INT, &options.viewers, "How many, 1 to 2000 (1)", "N"},
      {"ramp", 0, 0, G_OPTION_ARG_DOUBLE, &options.ramp, "Viewers started a second (20)", "N"},
      {"seconds", 0, 0, G_OPTION_ARG_INT, &options.seconds, "End after, 1 to 3600 (30)", "S"},
      {"codec", 0, 0, G_OPTION_ARG_STRING, &options.codec,
       "H264, VP8, VP9; several with commas (H264)", "NAME"},
      {"stream", 0, 0, G_OPTION_ARG_STRING, &options.stream,
       "Name of the stream (the first one); Janus: its mountpoint (1)", "NAME"},
      {"protocol", 0, 0, G_OPTION_ARG_STRING, &options.protocol, "webcast or janus (webcast)",
       "NAME"},
      {"no-offer", 0, 0, G_OPTION_ARG_NONE, &options.no_offer, "Let the sender make the offer",
       nullptr},
      {"no-audio", 0, 0, G_OPTION_ARG_NONE, &options.no_audio, "Take video only", nullptr},
      {"no-rtx", 0, 0, G_OPTION_ARG_NONE, &options.no_rtx, "No retransmission stream", nullptr},
      {"transport-cc", 0, 0, G_OPTION_ARG_NONE, &options.transport_cc,
       "Negotiate transport-wide sequence numbers (no feedback is sent)", nullptr},
      {"report-ms", 0, 0, G_OPTION_ARG_INT, &options.report_ms, "Between receiver reports (1000)",
       "MS"},
      {"pli-ms", 0, 0, G_OPTION_ARG_INT, &options.pli_ms,
       "Between picture loss indications (0: none)", "MS"},
      {"flood-ms", 0, 0, G_OPTION_ARG_INT, &options.flood_ms,
       "Between bursts of feedback and noise, as an attacker sends them (0: none)", "MS"},
      {"json", 0, 0, G_OPTION_ARG_NONE, &options.json, "One line of JSON an event", nullptr},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
  GOptionContext* context = g_option_context_new("- many light viewers of one stream");
  g_option_context_add_main_entries(context, entries, nullptr);
  g_option_context_set_description(
      context,
      "Each viewer does signaling, ICE, DTLS and RTCP, counts the packets it gets and decodes\n"
      "nothing. The sender must be on loopback, or in a network namespace without a\n"
      "default route. SIGUSR1 prints a report in between; SIGTERM ends early.");
  GError* error = nullptr;
  bool ok = g_option_context_parse(context, &argc, &argv, &error);
  if (!ok) std::fprintf(stderr, "%s\n", error->message);
  g_clear_error(&error);
  g_option_context_free(context);
  return ok;
}

// True when nobody beyond this machine can be reached: a network namespace made for a test.
bool without_default_route() {
  std::ifstream routes("/proc/net/route");
  std::string interface, destination, rest;
  std::getline(routes, rest);
  while (routes >> interface >> destination && std::getline(routes, rest)) {
    if (destination == "00000000") return false;
  }
  return true;
}

// Our side of the way to `host`.
std::string own_address_towards(GInetAddress* host) {
  auto socket = adopt(g_socket_new(g_inet_address_get_family(host), G_SOCKET_TYPE_DATAGRAM,
                                   G_SOCKET_PROTOCOL_UDP, nullptr));
  auto there = adopt(g_inet_socket_address_new(host, 9));
  if (!socket || !g_socket_connect(socket.get(), there.get(), nullptr, nullptr)) return {};
  auto here = adopt(g_socket_get_local_address(socket.get(), nullptr));
  if (!here) return {};
  gchar* text = g_inet_address_to_string(
      g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(here.get())));
  std::string address = text;
  g_free(text);
  return address;
}

// The address that media comes in on. Empty: the URL's host is not one that a swarm may load.
std::string local_address(const char* url) {
  GUri* uri = url ? g_uri_parse(url, G_URI_FLAGS_NONE, nullptr) : nullptr;
  if (!uri) return {};
  std::string host = g_uri_get_host(uri) ? g_uri_get_host(uri) : "";
  g_uri_unref(uri);
  if (host == "localhost") host = "127.0.0.1";
  auto address = adopt(g_inet_address_new_from_string(host.c_str()));
  if (!address) return {};
  bool allowed = g_inet_address_get_is_loopback(address.get()) ||
                 (g_inet_address_get_is_site_local(address.get()) && without_default_route());
  return allowed ? own_address_towards(address.get()) : std::string();
}

bool fail(const char* sentence) {
  std::fprintf(stderr, "webcast-swarm: %s\n", sentence);
  return false;
}

bool make_settings(const Options& options, SwarmSettings& settings) {
  auto& viewer = settings.viewer;
  viewer.local_address = local_address(options.url);
  if (viewer.local_address.empty())
    return fail(
        "--url must name a loopback address, or a private one where there is no default route");
  if (options.viewers < 1 || options.viewers > 2000) return fail("--viewers goes from 1 to 2000");
  if (options.seconds < 1 || options.seconds > 3600) return fail("--seconds goes from 1 to 3600");
  if (options.ramp < 0.1 || options.ramp > 1000) return fail("--ramp goes from 0.1 to 1000");
  if (options.report_ms < 50 || options.pli_ms < 0 || options.flood_ms < 0) return fail("--report-ms is 50 at least");
  std::string protocol = options.protocol ? options.protocol : "webcast";
  if (protocol != "webcast" && protocol != "janus") return fail("unknown --protocol");

  viewer.url = options.url;
  viewer.stream = options.stream ? options.stream : "";
  viewer.codecs.clear();
  std::istringstream codecs(options.codec ? options.codec : "H264");
  for (std::string codec; std::getline(codecs, codec, ',');) {
    if (codec != "H264" && codec != "VP8" && codec != "VP9") return fail("unknown --codec");
    viewer.codecs.push_back(codec);
  }
  viewer.janus = protocol == "janus";
  viewer.offers = !options.no_offer && !viewer.janus;
  viewer.audio = !options.no_audio;
  viewer.retransmission = !options.no_rtx;
  viewer.transport_cc = options.transport_cc;
  viewer.report_ms = static_cast<unsigned>(options.report_ms);
  viewer.pli_ms = static_cast<unsigned>(options.pli_ms);
  viewer.flood_ms = static_cast<unsigned>(options.flood_ms);
  settings.viewers = options.viewers;
  settings.ramp = options.ramp;
  settings.seconds = options.seconds;
  settings.json = options.json;
  return true;
}

// A viewer holds several sockets.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  SwarmSettings settings;
  if (!read_options(options, argc, argv) || !make_settings(options, settings)) return 2;
  raise_descriptor_limit();
  srtp_init();
  bool all_watched = Swarm(settings).run();
  srtp_shutdown();
  return all_watched ? 0 : 1;
}
