// Swarm: N light viewers of one stream, started at a given pace, watched until the end.
//
// One a process, on the main thread and the default main context.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/bench/swarm/viewer.hpp"

namespace webcast::swarm {

struct SwarmSettings {
  ViewerSettings viewer;
  int viewers = 1;
  double ramp = 20;  // viewers a second
  int seconds = 30;  // from the start of the first one
  bool json = false;
};

class Swarm {
 public:
  explicit Swarm(const SwarmSettings& settings);
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  // Runs until the time is up or a signal (INT, TERM) comes. True when every viewer watched to
  // the end. USR1 prints a report in between.
  bool run();

 private:
  static gboolean on_ramp(gpointer self);
  void viewer_changed();
  void print(const char* event) const;
  double elapsed() const;

  const SwarmSettings& settings_;
  DtlsIdentity identity_;
  Ref<SoupSession> soup_;
  Ref<GMainLoop> loop_;
  std::vector<std::unique_ptr<Viewer>> viewers_;
  int64_t started_ = 0;
  bool said_ready_ = false;
};

}  // namespace webcast::swarm
