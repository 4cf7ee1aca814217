// Metrics: what a server counts, as Prometheus reads it. Pure: time comes in as an argument.
//
// Its switchboard owns it; server's thread. docs/protocol.md, "Metrics", names what it tells.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "common/result.hpp"
#include "signaling/protocol/message.hpp"

namespace webcast {

// What is here now.
struct MetricsGauges {
  size_t peers = 0, sessions = 0, streams = 0, connections = 0;
  bool is_federated = false;  // else nothing is told of them
  size_t other_relays = 0;
  bool federation_is_connected = false;
};

class Metrics {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // A message that the room took in, and one that it sent out.
  void received(const Message& message, Time now);
  void sent(const Message& message, Time now);
  // Something that was refused. `cause`: one of a few fixed words, never anything from outside.
  void refused(const char* cause) { errors_[cause]++; }

  std::string text(const MetricsGauges& gauges) const;

 private:
  static constexpr std::array<double, 11> kBounds{0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                  1,    2.5,   5,    10,  30};
  void joined(std::chrono::duration<double> time);
  void forget_unanswered(Time now);

  size_t in_ = 0, out_ = 0, sessions_started_ = 0, joins_ = 0;
  double join_seconds_ = 0;
  std::array<size_t, kBounds.size()> buckets_{};  // within a bound and not within the one below
  std::map<std::string, size_t> errors_;
  std::map<std::string, Time> asked_;  // sessions that nobody answered yet
  std::optional<Time> looked_;         // for those of them that nobody will answer
};

// The cause of a message that could not be taken.
const char* metrics_cause(const Error& error);

}  // namespace webcast
