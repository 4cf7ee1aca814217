#include "signaling/server/http/rate_limit.hpp"

#include <algorithm>
#include <cmath>

namespace webcast {

void RateLimit::refill(Bucket& bucket, Time now) const {
  std::chrono::duration<double> passed = now - bucket.at;
  bucket.tokens =
      std::min(settings_.burst, bucket.tokens + passed.count() * settings_.per_second);
  bucket.at = now;
}

// A full bucket says no more than none.
void RateLimit::forget_full(Time now) {
  std::erase_if(buckets_, [&](const auto& entry) {
    Bucket bucket = entry.second;
    refill(bucket, now);
    return bucket.tokens >= settings_.burst;
  });
}

std::chrono::milliseconds RateLimit::take(const std::string& address, Time now) {
  if (!buckets_.contains(address) && buckets_.size() >= settings_.addresses) forget_full(now);
  bool room = buckets_.contains(address) || buckets_.size() < settings_.addresses;
  Bucket& bucket =
      buckets_.try_emplace(room ? address : "", Bucket{settings_.burst, now}).first->second;
  refill(bucket, now);
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return std::chrono::milliseconds(0);
  }
  double seconds = (1 - bucket.tokens) / settings_.per_second;
  return std::chrono::milliseconds(std::max(1L, std::lround(std::ceil(seconds * 1000))));
}

}  // namespace webcast
