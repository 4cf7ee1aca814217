#include "tests/bench/swarm/swarm.hpp"

#include <glib-unix.h>

#include <algorithm>
#include <cstdio>

#include "tests/bench/swarm/report.hpp"

namespace webcast::swarm {

Swarm::Swarm(const SwarmSettings& settings)
    : settings_(settings),
      identity_(DtlsIdentity::create()),
      loop_(adopt(g_main_loop_new(nullptr, FALSE))) {
  soup_ = adopt(soup_session_new_with_options(
      "max-conns", settings.viewers + 16, "max-conns-per-host", settings.viewers + 16, nullptr));
}

Swarm::~Swarm() = default;

double Swarm::elapsed() const {
  return static_cast<double>(g_get_monotonic_time() - started_) / G_USEC_PER_SEC;
}

bool Swarm::run() {
  started_ = g_get_monotonic_time();
  auto quit = [](gpointer loop) -> gboolean {
    g_main_loop_quit(static_cast<GMainLoop*>(loop));
    return G_SOURCE_CONTINUE;
  };
  auto report = [](gpointer self) -> gboolean {
    static_cast<Swarm*>(self)->print("report");
    return G_SOURCE_CONTINUE;
  };
  guint sources[] = {
      g_timeout_add_seconds(static_cast<guint>(settings_.seconds), quit, loop_.get()),
      g_unix_signal_add(SIGINT, quit, loop_.get()), g_unix_signal_add(SIGTERM, quit, loop_.get()),
      g_unix_signal_add(SIGUSR1, report, this)};
  auto interval = static_cast<guint>(std::max(1.0, 1000 / settings_.ramp));
  guint ramp = g_timeout_add(interval, &Swarm::on_ramp, this);
  on_ramp(this);
  g_main_loop_run(loop_.get());
  for (guint source : sources)
    g_source_remove(source);
  if (static_cast<int>(viewers_.size()) < settings_.viewers) g_source_remove(ramp);

  print("end");
  bool all = static_cast<int>(viewers_.size()) == settings_.viewers &&
             std::ranges::all_of(viewers_, [](const auto& viewer) {
               return viewer->state() == ViewerState::watching;
             });
  for (auto& viewer : viewers_)
    viewer->leave();
  // Lets the farewells out.
  gint64 deadline = g_get_monotonic_time() + 200'000;
  while (g_get_monotonic_time() < deadline) {
    if (!g_main_context_iteration(nullptr, FALSE)) g_usleep(1000);
  }
  viewers_.clear();
  return all;
}

gboolean Swarm::on_ramp(gpointer data) {
  auto* self = static_cast<Swarm*>(data);
  // A timer may come late: catch up with the pace.
  auto due = static_cast<int>(self->elapsed() * self->settings_.ramp) + 1;
  due = std::min(due, self->settings_.viewers);
  while (static_cast<int>(self->viewers_.size()) < due) {
    self->viewers_.push_back(std::make_unique<Viewer>(self->settings_.viewer, self->soup_.get(),
                                                      self->identity_,
                                                      [self] { self->viewer_changed(); }));
    self->viewers_.back()->start();
  }
  bool more = static_cast<int>(self->viewers_.size()) < self->settings_.viewers;
  return more ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

void Swarm::viewer_changed() {
  if (said_ready_ || static_cast<int>(viewers_.size()) < settings_.viewers) return;
  for (const auto& viewer : viewers_) {
    if (viewer->state() == ViewerState::joining) return;
  }
  said_ready_ = true;
  print("ready");
}

void Swarm::print(const char* event) const {
  std::vector<const Viewer*> viewers;
  for (const auto& viewer : viewers_)
    viewers.push_back(viewer.get());
  std::string text = settings_.json ? json_report(event, elapsed(), viewers)
                                    : text_report(event, elapsed(), viewers);
  std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace webcast::swarm
