// RateLimit: how often an address may ask for something. A token bucket for each address, which
// holds `burst` tokens at most and gets `per_second` new ones.
//
// Pure: time comes in as an argument. Its owner calls it on the server's thread.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace webcast {

struct RateSettings {
  double burst = 60;
  double per_second = 10;
  size_t addresses = 10'000;  // known at once; who comes beyond that shares one bucket
};

// A reverse proxy is one address of this machine.
inline RateSettings of_loopback(RateSettings settings) {
  settings.burst *= 10;
  settings.per_second *= 10;
  return settings;
}

class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit RateLimit(RateSettings settings = {}) : settings_(settings) {}

  // Takes a token, or says how long to wait for the next one (more than 0).
  std::chrono::milliseconds take(const std::string& address, Time now);
  size_t addresses() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens = 0;
    Time at{};
  };
  void refill(Bucket& bucket, Time now) const;
  void forget_full(Time now);

  RateSettings settings_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace webcast
