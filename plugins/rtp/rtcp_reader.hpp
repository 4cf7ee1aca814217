// RTCP from the viewer, as far as statistics and the watchdog need it.
//
// rtpbin keeps only the latest report block of each remote source, and a browser that receives
// sound and picture reports on both under one SSRC: so the blocks are read here, by our own
// SSRCs. Fed behind the decrypter; one thread at a time.
#pragma once

#include <glib.h>

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace webcast {

struct ReceptionReport {
  double fraction_lost = 0;  // 0…1
  gint64 packets_lost = 0;
  double jitter_ms = 0, round_trip_ms = 0;
  guint64 nack = 0, pli = 0, fir = 0;
};

class RtcpReader {
 public:
  // `clock_rates`: of each of our media's SSRCs.
  explicit RtcpReader(std::map<uint32_t, int> clock_rates);

  // One compound or reduced-size packet; `ntp` is now, in NTP's 32.32 format. What is malformed
  // is passed over. True when it was RTCP at all.
  bool read(std::span<const uint8_t> packet, guint64 ntp);

  const std::map<uint32_t, ReceptionReport>& reports() const { return reports_; }

 private:
  void read_block(std::span<const uint8_t> block, guint64 ntp);
  void read_feedback(uint8_t type, uint8_t format, std::span<const uint8_t> packet);

  std::map<uint32_t, int> clock_rates_;
  std::map<uint32_t, ReceptionReport> reports_;
};

}  // namespace webcast
