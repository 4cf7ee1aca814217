// Which packets a test publisher lost, and when each of them was asked for.
#pragma once

#include <glib.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>

class LossRecord {
 public:
  // `header`: of an RTP packet (12 bytes), which encryption leaves as it is.
  void lost(const guint8* header) {
    std::lock_guard lock(mutex_);
    lost_[{number(header + 8, 4), number(header + 2, 2)}] = g_get_monotonic_time();
    count_++;
  }
  // `feedback`: a generic NACK (RFC 4585 section 6.2.1) of `size` bytes.
  void asked(const guint8* feedback, gsize size) {
    std::lock_guard lock(mutex_);
    guint32 ssrc = number(feedback + 8, 4);
    for (gsize at = 12; at + 4 <= size; at += 4) {
      guint32 first = number(feedback + at, 2), more = number(feedback + at + 2, 2);
      for (guint32 i = 0; i <= 16; i++)
        if (i == 0 || (more >> (i - 1) & 1u)) found(ssrc, (first + i) & 0xffffu);
    }
  }
  // Members of a JSON object.
  std::string text() {
    std::lock_guard lock(mutex_);
    return "\"lost\":" + std::to_string(count_) + ",\"asked\":" + std::to_string(asked_) +
           ",\"slowest_ms\":" + std::to_string(slowest_ / 1000) + ",\"mean_ms\":" +
           std::to_string(asked_ == 0 ? 0 : sum_ / asked_ / 1000);
  }

 private:
  static guint32 number(const guint8* bytes, unsigned count) {
    guint32 value = 0;
    for (unsigned i = 0; i < count; i++)
      value = value << 8 | bytes[i];
    return value;
  }
  void found(guint32 ssrc, guint32 sequence) {
    auto entry = lost_.find({ssrc, sequence});
    if (entry == lost_.end()) return;
    gint64 after = g_get_monotonic_time() - entry->second;
    lost_.erase(entry);
    asked_++;
    sum_ += after;
    slowest_ = std::max(slowest_, after);
  }

  std::mutex mutex_;
  std::map<std::pair<guint32, guint32>, gint64> lost_;  // not asked for yet: when
  gint64 count_ = 0, asked_ = 0, sum_ = 0, slowest_ = 0;
};
