#include "tests/bench/swarm/report.hpp"

#include <algorithm>
#include <array>

#include "tests/bench/swarm/json_writer.hpp"

namespace webcast::swarm {
namespace {

struct Sum {
  uint64_t packets = 0, bytes = 0, frames = 0, lost = 0, gaps = 0, late = 0;

  void add(const StreamCount& stream) {
    packets += stream.packets;
    bytes += stream.bytes;
    frames += stream.frames;
    lost += stream.lost();
    gaps += stream.gaps;
    late += stream.late;
  }
};

constexpr std::array kKinds{std::pair{StreamKind::video, "video"},
                            std::pair{StreamKind::audio, "audio"},
                            std::pair{StreamKind::retransmission, "retransmission"}};

Sum sum_of(const Viewer& viewer, StreamKind kind) {
  Sum sum;
  for (const StreamCount& stream : viewer.transport().counter().streams()) {
    if (stream.kind == kind) sum.add(stream);
  }
  return sum;
}

void write_sum(JsonWriter& out, const char* name, const Sum& sum) {
  out.begin(name).add("packets", sum.packets).add("bytes", sum.bytes).add("frames", sum.frames);
  out.add("lost", sum.lost).add("gaps", sum.gaps).add("late", sum.late).end();
}

const char* state_name(ViewerState state) {
  switch (state) {
    case ViewerState::joining:
      return "joining";
    case ViewerState::watching:
      return "watching";
    case ViewerState::ended:
      return "ended";
  }
  return "";
}

// Set-up times of those who got a packet, sorted.
std::vector<double> setup_times(const std::vector<const Viewer*>& viewers) {
  std::vector<double> times;
  for (const Viewer* viewer : viewers) {
    if (viewer->times().first_packet >= 0) times.push_back(viewer->times().first_packet);
  }
  std::ranges::sort(times);
  return times;
}

double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return -1;
  auto index = static_cast<size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5);
  return sorted[index];
}

uint64_t count_state(const std::vector<const Viewer*>& viewers, ViewerState state) {
  return static_cast<uint64_t>(std::ranges::count_if(
      viewers, [&](const Viewer* viewer) { return viewer->state() == state; }));
}

void write_viewer(JsonWriter& out, const Viewer& viewer) {
  const ViewerTimes& times = viewer.times();
  out.begin_item().add("state", state_name(viewer.state())).add("reason", viewer.reason());
  out.add("codec", viewer.codec()).add("description_ms", times.description);
  out.add("ice_ms", times.ice).add("dtls_ms", times.dtls);
  out.add("first_packet_ms", times.first_packet);
  out.add("sender_reports", viewer.transport().sender_reports());
  out.add("unknown_packets", viewer.transport().counter().unknown());
  for (auto [kind, name] : kKinds)
    write_sum(out, name, sum_of(viewer, kind));
  out.end();
}

}  // namespace

std::string json_report(const char* event, double seconds,
                        const std::vector<const Viewer*>& viewers) {
  JsonWriter out;
  auto times = setup_times(viewers);
  out.add("event", event).add("seconds", seconds).begin("total");
  for (auto state : {ViewerState::joining, ViewerState::watching, ViewerState::ended})
    out.add(state_name(state), count_state(viewers, state));
  out.add("setup_ms_p50", percentile(times, 0.5)).add("setup_ms_p95", percentile(times, 0.95));
  for (auto [kind, name] : kKinds) {
    Sum total;
    for (const Viewer* viewer : viewers) {
      for (const StreamCount& stream : viewer->transport().counter().streams()) {
        if (stream.kind == kind) total.add(stream);
      }
    }
    write_sum(out, name, total);
  }
  out.end().begin_array("viewers");
  for (const Viewer* viewer : viewers)
    write_viewer(out, *viewer);
  out.end_array();
  return out.text();
}

std::string text_report(const char* event, double seconds,
                        const std::vector<const Viewer*>& viewers) {
  std::string text;
  auto line = [&]<typename... Args>(const char* format, Args... args) {
    gchar* formatted = g_strdup_printf(format, args...);
    text += formatted;
    g_free(formatted);
  };
  line("%s after %.1f s\n", event, seconds);
  Sum video, audio;
  for (size_t i = 0; i < viewers.size(); ++i) {
    const Viewer& viewer = *viewers[i];
    for (const StreamCount& stream : viewer.transport().counter().streams()) {
      if (stream.kind == StreamKind::video) video.add(stream);
      if (stream.kind == StreamKind::audio) audio.add(stream);
    }
    Sum own = sum_of(viewer, StreamKind::video), sound = sum_of(viewer, StreamKind::audio);
    line("#%-4zu %-8s %-5s set up %6.1f ms (described %.1f, ICE %.1f, DTLS %.1f)", i,
         state_name(viewer.state()), viewer.codec().c_str(), viewer.times().first_packet,
         viewer.times().description, viewer.times().ice, viewer.times().dtls);
    line("  video %llu packets %llu frames %llu lost %llu gaps  audio %llu packets %llu lost  %s\n",
         static_cast<unsigned long long>(own.packets), static_cast<unsigned long long>(own.frames),
         static_cast<unsigned long long>(own.lost), static_cast<unsigned long long>(own.gaps),
         static_cast<unsigned long long>(sound.packets),
         static_cast<unsigned long long>(sound.lost), viewer.reason().c_str());
  }
  auto times = setup_times(viewers);
  line("%zu viewers, %llu watching; set up p50 %.1f ms, p95 %.1f ms\n", viewers.size(),
       static_cast<unsigned long long>(count_state(viewers, ViewerState::watching)),
       percentile(times, 0.5), percentile(times, 0.95));
  line("video %llu packets, %.1f MB, %llu frames, %llu lost; audio %llu packets, %llu lost",
       static_cast<unsigned long long>(video.packets), static_cast<double>(video.bytes) / 1e6,
       static_cast<unsigned long long>(video.frames), static_cast<unsigned long long>(video.lost),
       static_cast<unsigned long long>(audio.packets), static_cast<unsigned long long>(audio.lost));
  return text;
}

}  // namespace webcast::swarm
