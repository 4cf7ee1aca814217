#include "plugins/peer/media_times.hpp"

#include <algorithm>
#include <cstdlib>

namespace webcast {
namespace {

constexpr int64_t kMillisecond = 1'000'000, kSecond = 1'000 * kMillisecond;
// A difference that nobody hears or sees is made up for by and by, another one at once.
constexpr int64_t kNoticed = 40 * kMillisecond;
constexpr int64_t kSlowly = 64;  // packets
// What is of different times at the sender is so here: of two pictures with one time a parser gives
// the second none, and mp4mux ends with an error then.
constexpr int64_t kApart = kMillisecond;
// Reports that would move a medium further are wrong.
constexpr int64_t kMostApart = 3 * kSecond;
// Streams began years apart at most, by the sender's wall clock: room for the sum of both.
constexpr int64_t kMostWall = 1'000'000'000 * kSecond;
// What was silent for so long does not hold up the others.
constexpr uint64_t kSilent = 30 * kSecond;

}  // namespace

size_t MediaTimes::add(uint32_t clock_rate) {
  streams_.push_back({.pace = ArrivalPace(clock_rate)});
  return streams_.size() - 1;
}

uint64_t MediaTimes::arrived(size_t index, uint32_t rtp_time, uint64_t arrival) {
  Stream& stream = streams_[index];
  uint64_t counts = stream.pace.take(rtp_time, arrival);
  if (stream.timeline != stream.pace.timeline()) {
    stream.timeline = stream.pace.timeline();
    stream.wall.reset();
    stream.shift.reset();
  }
  return counts;
}

void MediaTimes::reported(size_t index, uint32_t rtp_time, uint64_t wall) {
  Stream& stream = streams_[index];
  if (!stream.pace.started()) return;
  stream.wall = wall - static_cast<uint64_t>(stream.pace.media_time(rtp_time));
}

int64_t MediaTimes::wanted_shift(const Stream& stream) const {
  int64_t own = stream.pace.transit(), later = 0;
  if (!stream.wall) return own;
  for (const Stream& other : streams_) {
    if (!other.wall || other.pace.last_arrival() + kSilent < stream.pace.last_arrival()) continue;
    auto apart = static_cast<int64_t>(*stream.wall - *other.wall);
    if (apart > kMostWall || apart < -kMostWall) continue;
    int64_t by = other.pace.transit() + apart - own;
    if (by <= kMostApart) later = std::max(later, by);
  }
  return own + later;
}

std::optional<uint64_t> MediaTimes::time_of(size_t index, uint32_t rtp_time) {
  Stream& stream = streams_[index];
  if (!stream.pace.knows(rtp_time)) return std::nullopt;
  if (stream.shift && rtp_time == stream.last_rtp) return static_cast<uint64_t>(stream.last_time);
  int64_t wanted = wanted_shift(stream), off = wanted - stream.shift.value_or(wanted);
  bool noticed = !stream.shift || std::abs(off) > kNoticed;
  int64_t shift = noticed ? wanted : *stream.shift + off / kSlowly;
  int64_t time = std::max<int64_t>(stream.pace.media_time(rtp_time) + shift, 0);
  auto arrival = static_cast<int64_t>(stream.pace.last_arrival());
  if (time > arrival + 2 * kMostApart || time + static_cast<int64_t>(kSilent) < arrival)
    return std::nullopt;
  if (stream.shift && static_cast<int32_t>(rtp_time - stream.last_rtp) > 0)
    time = std::max(time, std::min(stream.last_time + kApart, arrival + 2 * kMostApart));
  stream.shift = shift;
  stream.last_rtp = rtp_time;
  stream.last_time = time;
  return static_cast<uint64_t>(time);
}

}  // namespace webcast
