// Janus of the distribution with the configuration of pipelines/deploy/janus, for tests: in a
// network of the test's own, because it gathers no candidates on loopback.
#pragma once

#include <glib.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.hpp"

namespace webcast::test {

// Of RFC 2544's block for tests; on an interface that janus_network() makes.
inline const std::string kJanusHost = "198.18.0.1";
inline constexpr guint16 kJanusPort = 8188;
inline constexpr guint16 kJanusTlsPort = 8989;

// True once this process has its own network (Meson starts the test by way of `unshare -n`), with
// an address that is not loopback's.
bool janus_network();

class JanusProcess {
 public:
  // The recipe's folder, with what a test needs beside it. `rooms`: more of them.
  explicit JanusProcess(const std::string& rooms = "");
  ~JanusProcess();

  // From its next start on, with a certificate of its own for its address, whose file is returned.
  std::string speak_tls();
  // Starts it; true once it takes connections on each of its ports.
  bool start();
  // Ends it, as a crash would.
  void kill() { process_.reset(); }

 private:
  std::string folder_;
  std::vector<guint16> ports_{kJanusPort};
  std::unique_ptr<Process> process_;
};

}  // namespace webcast::test
