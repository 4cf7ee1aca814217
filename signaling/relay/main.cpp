// webcast-relay: where publishers and viewers meet when neither can serve the other. It carries
// signaling only; media goes straight from one to the other.
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "common/ref.hpp"
#include "signaling/relay/options.hpp"

namespace {

using namespace webcast;

int fail(const Error& error) {
  std::fprintf(stderr, "webcast-relay: %s\n", error.sentence.c_str());
  if (!error.cause.empty()) std::fprintf(stderr, "  (%s)\n", error.cause.c_str());
  return 1;
}

// A connection is a descriptor.
void raise_descriptor_limit(size_t connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  rlim_t wanted = connections + 64;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < wanted)
    std::fprintf(stderr,
                 "webcast-relay: this process may open %llu files only, max-peers asks for %llu. "
                 "Raise the limit (ulimit -n, LimitNOFILE=), or lower max-peers.\n",
                 static_cast<unsigned long long>(limit.rlim_cur),
                 static_cast<unsigned long long>(wanted));
}

void warn_when_open(const Server& server, const ServerSettings& settings) {
  if (server.address().is_loopback()) return;
  std::string open;
  bool signs = !settings.token_secret.empty();
  if (settings.publish_token.empty() && !signs)
    open += " Everybody can publish: set publish-token.";
  if (settings.view_token.empty() && !signs) open += " Everybody can watch: set view-token.";
  if (!server.is_tls())
    open += " Nothing is encrypted, tokens neither: set tls-certificate and tls-key.";
  if (open.empty()) return;
  std::fprintf(stderr,
               "WARNING: other machines reach this relay at %s.%s Or listen on 127.0.0.1, behind a "
               "reverse proxy.\n",
               server.url().c_str(), open.c_str());
}

// As nohup starts it: the end of its terminal is not to be its own.
bool outlives_terminal() {
  struct sigaction action {};
  return sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

bool has_terminal() {
  int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return false;
  close(terminal);
  return true;
}

struct Running {
  std::vector<std::string> arguments{};
  RelayOptions options{};
  GMainLoop* loop = nullptr;
  bool ends_with_terminal = !outlives_terminal() && has_terminal();
  std::unique_ptr<Server> server{};
};

Result<void> reload(const Running& running) {
  auto options = read_relay_options(running.arguments);
  if (!options) return options.error();
  auto settings = relay_settings(*options);
  if (!settings) return settings.error();
  if (auto reloaded = running.server->reload(*settings); !reloaded) return reloaded;
  warn_when_open(*running.server, *settings);
  std::string later = for_next_start(running.options, *options);
  std::printf("webcast-relay has read its configuration and certificate again%s%s\n",
              later.empty() ? "" : "; a restart is needed for ", later.c_str());
  std::fflush(stdout);
  return {};
}

// A mistake in the file is no reason to end: it goes on as before. That its terminal was closed is.
gboolean on_hangup(gpointer data) {
  const auto& running = *static_cast<Running*>(data);
  if (running.ends_with_terminal && !has_terminal()) {
    g_main_loop_quit(running.loop);
  } else if (auto reloaded = reload(running); !reloaded) {
    fail(reloaded.error());
    std::fprintf(stderr, "webcast-relay: nothing was changed.\n");
  }
  return G_SOURCE_CONTINUE;
}

gboolean on_signal(gpointer loop) {
  g_main_loop_quit(static_cast<GMainLoop*>(loop));
  return G_SOURCE_CONTINUE;
}

int run(const std::vector<std::string>& arguments) {
  auto options = read_relay_options(arguments);
  if (!options) return fail(options.error());
  auto settings = relay_settings(*options);
  if (!settings) return fail(settings.error());
  raise_descriptor_limit(settings->acceptor.connections);

  auto loop = adopt(g_main_loop_new(nullptr, FALSE));
  Running running{arguments, *options, loop.get()};
  // Before the server's thread is there: the signals come to this one.
  guint term = g_unix_signal_add(SIGTERM, on_signal, loop.get());
  guint interrupt = g_unix_signal_add(SIGINT, on_signal, loop.get());
  // It is heard before, and looked at once the loop runs.
  guint hangup = g_unix_signal_add(SIGHUP, on_hangup, &running);
  auto server = Server::start(*settings);
  if (!server) return fail(server.error());
  running.server = std::move(*server);
  warn_when_open(*running.server, *settings);
  std::printf("webcast-relay listens on %s\n", running.server->url().c_str());
  std::fflush(stdout);
  g_main_loop_run(loop.get());

  std::printf("webcast-relay says goodbye\n");
  std::fflush(stdout);
  running.server.reset();  // tells all peers, takes no new ones
  g_source_remove(term);
  g_source_remove(interrupt);
  g_source_remove(hangup);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run({argv, argv + argc});
}
