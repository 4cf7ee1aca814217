// Viewer: one light viewer from signaling to counted packets.
//
// Owned by the Swarm, on its thread (the default main context).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/swarm/description.hpp"
#include "tests/bench/swarm/signaling.hpp"
#include "tests/bench/swarm/transport.hpp"

namespace webcast::swarm {

struct ViewerSettings {
  std::string url, stream, local_address;
  std::vector<std::string> codecs{"H264"};
  bool janus = false;
  bool offers = true;  // false: the sender shall
  bool audio = true;
  bool retransmission = true;
  bool transport_cc = false;
  unsigned report_ms = 1000;
  unsigned pli_ms = 0;    // 0: never
  unsigned flood_ms = 0;  // the same
};

enum class ViewerState { joining, watching, ended };

// Milliseconds after the viewer asked for the stream; -1: never came to it.
struct ViewerTimes {
  double description = -1, ice = -1, dtls = -1, first_packet = -1;
};

class Viewer {
 public:
  // `changed`: the state is another one; the viewer must not be deleted within it.
  Viewer(const ViewerSettings& settings, SoupSession* soup, const DtlsIdentity& identity,
         std::function<void()> changed);
  ~Viewer();
  Viewer(const Viewer&) = delete;
  Viewer& operator=(const Viewer&) = delete;

  void start();
  // Tells the sender.
  void leave();

  ViewerState state() const { return state_; }
  const std::string& reason() const { return reason_; }
  const std::string& codec() const { return codec_; }
  const ViewerTimes& times() const { return times_; }
  const Transport& transport() const { return *transport_; }

 private:
  SignalingEvents signaling_events();
  Transport::Events transport_events();
  LocalDescription local_description() const;
  void ask();
  void got_description(bool offer, const std::string& sdp);
  void got_candidate(const std::string& candidate);
  void start_reports();
  void end(const std::string& reason);
  void stop_timers();
  double since_asked() const;

  const ViewerSettings& settings_;
  std::function<void()> changed_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<SwarmSignaling> signaling_;
  ViewerState state_ = ViewerState::joining;
  std::string reason_, codec_;
  ViewerTimes times_;
  int64_t asked_ = 0;
  bool described_ = false;
  RemoteDescription remote_;
  std::vector<std::string> early_candidates_;
  guint report_timer_ = 0, pli_timer_ = 0, flood_timer_ = 0;
};

}  // namespace webcast::swarm
