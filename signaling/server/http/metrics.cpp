#include "signaling/server/http/metrics.hpp"

#include <glib.h>

namespace webcast {

namespace {

constexpr size_t kMostAsked = 4096;
constexpr std::chrono::seconds kForgetAfter{60};
constexpr std::chrono::seconds kLookAgainAfter{1};

// "0.025": as JSON and Prometheus want it, whatever the locale.
std::string number(double value) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_formatd(text, sizeof text, "%.9g", value);
}

class Page {
 public:
  void family(const char* name, const char* type, const char* help) {
    name_ = std::string("webcast_") + name;
    text_ += "# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " " + type + "\n";
  }
  void sample(const std::string& value, const std::string& labels = "", const char* suffix = "") {
    text_ += name_ + suffix + (labels.empty() ? "" : "{" + labels + "}") + " " + value + "\n";
  }
  void gauge(const char* name, const char* help, size_t value) {
    family(name, "gauge", help);
    sample(std::to_string(value));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string name_, text_;
};

}  // namespace

const char* metrics_cause(const Error& error) {
  return error.code == ErrorCode::limit ? "limit" : "message";
}

void Metrics::received(const Message& message, Time now) {
  in_++;
  if (auto* sdp = std::get_if<SessionSdp>(&message); sdp && !sdp->is_offer) {
    auto found = asked_.find(sdp->session);
    if (found == asked_.end()) return;
    joined(now - found->second);
    asked_.erase(found);
  }
}

void Metrics::sent(const Message& message, Time now) {
  out_++;
  if (auto* started = std::get_if<StartSession>(&message)) {
    sessions_started_++;
    if (asked_.size() >= kMostAsked) forget_unanswered(now);
    if (asked_.size() < kMostAsked) asked_[started->session] = now;
  } else if (std::holds_alternative<ErrorMessage>(message)) {
    refused("refused");
  } else if (auto* plain = std::get_if<EndSession>(&message)) {
    asked_.erase(plain->session);
  } else if (auto* told = std::get_if<EndSessionV1_1>(&message)) {
    asked_.erase(told->session);
  }
}

// Now and then: where all are still waited for, each further one would go through them in vain.
void Metrics::forget_unanswered(Time now) {
  if (looked_ && now - *looked_ < kLookAgainAfter) return;
  looked_ = now;
  std::erase_if(asked_, [&](const auto& entry) { return now - entry.second > kForgetAfter; });
}

void Metrics::joined(std::chrono::duration<double> time) {
  joins_++;
  join_seconds_ += time.count();
  for (size_t i = 0; i < kBounds.size(); i++) {
    if (time.count() > kBounds[i]) continue;
    buckets_[i]++;
    return;
  }
}

std::string Metrics::text(const MetricsGauges& gauges) const {
  Page page;
  page.gauge("peers", "Publishers and viewers that are here.", gauges.peers);
  page.gauge("sessions", "Sessions between two of them.", gauges.sessions);
  page.gauge("streams", "Streams that are live.", gauges.streams);
  page.gauge("connections", "TCP connections.", gauges.connections);
  if (gauges.is_federated) {
    page.gauge("redis_connected", "1: Redis carries words to the other relays and back.",
               gauges.federation_is_connected ? 1 : 0);
    page.gauge("other_relays", "Relays that act as one with this one.", gauges.other_relays);
  }
  page.family("messages_total", "counter", "Signaling messages.");
  page.sample(std::to_string(in_), "direction=\"in\"");
  page.sample(std::to_string(out_), "direction=\"out\"");
  page.family("sessions_started_total", "counter", "Sessions that were asked for.");
  page.sample(std::to_string(sessions_started_));
  page.family("join_seconds", "histogram", "From the request of a session to its answer.");
  size_t within = 0;
  for (size_t i = 0; i < kBounds.size(); i++) {
    within += buckets_[i];
    page.sample(std::to_string(within), "le=\"" + number(kBounds[i]) + "\"", "_bucket");
  }
  page.sample(std::to_string(joins_), "le=\"+Inf\"", "_bucket");
  page.sample(number(join_seconds_), "", "_sum");
  page.sample(std::to_string(joins_), "", "_count");
  page.family("errors_total", "counter", "What was refused, by cause.");
  for (const auto& [cause, count] : errors_)
    page.sample(std::to_string(count), "cause=\"" + cause + "\"");
  return page.take();
}

}  // namespace webcast
