// LoopViewer: a viewer in the test's own process, played by a webrtcbin that receives.
//
// Signaling is two function objects that run on the viewer's threads. Nothing is decoded:
// packets are counted as they leave webrtcbin.
#pragma once

#include <gst/webrtc/webrtc.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "plugins/gst/gst_ref.hpp"

namespace webcast::test {

struct ViewerMedium {
  std::string kind;      // "video", "audio"
  std::string encoding;  // "VP8"
  int payload_type = 96;
  bool retransmission = true;
};

class LoopViewer {
 public:
  using Text = std::function<std::string(std::string)>;
  std::function<void(bool is_offer, const std::string&)> on_description;
  std::function<void(const std::string&)> on_candidate;
  Text change_description;  // falsifies what is sent
  bool loopback_only = true;
  // With its key, as PEM; empty: one that GStreamer makes. Set before it offers or answers; its
  // fingerprint goes into descriptions by change_description.
  std::string certificate;

  LoopViewer();
  ~LoopViewer();

  void offer(const std::vector<ViewerMedium>& media);
  void take_offer(const std::string& sdp);
  void take_answer(const std::string& sdp);
  void take_candidate(const std::string& candidate);
  void stop();

  // Drops every nth packet before SRTP, to provoke NACK.
  void lose_every(unsigned n) { lose_every_ = n; }

  // Nothing of this viewer's reaches the other side any more: as if its network were cut.
  void mute();

  unsigned packets() const { return packets_; }
  std::map<int, unsigned> packets_by_payload_type();
  std::map<uint32_t, unsigned> packets_by_ssrc();
  std::vector<uint16_t> sequence_numbers(uint32_t ssrc);
  std::string state();
  // Told by the other side: RTCP BYE, for how many streams; DTLS close_notify.
  unsigned byes() const { return byes_; }
  bool closed_by_peer();
  // In place of its first handshake message it sends that fatal alert.
  void alert_at_once(uint8_t alert) { alert_ = alert; }
  // A datagram as it is, on the way that ICE found.
  void send_raw(const std::vector<uint8_t>& datagram);
  // Encrypted, as messages of a data channel go; nobody agreed on one.
  void send_data(const std::vector<uint8_t>& data);
  // These leave before the first handshake message does. Set before it begins.
  std::vector<std::vector<uint8_t>> said_early;
  void request_keyframe();

 private:
  static void on_negotiation_pad(GstElement*, GstPad* pad, gpointer self);
  static void on_ice_candidate(GstElement*, guint, char* candidate, gpointer self);
  static GstPadProbeReturn on_packet(GstPad*, GstPadProbeInfo* info, gpointer self);
  static void on_element(GstBin*, GstBin*, GstElement* element, gpointer self);
  static GstPadProbeReturn on_handshake(GstPad*, GstPadProbeInfo* info, gpointer self);
  static GstPadProbeReturn on_wire(GstPad*, GstPadProbeInfo* info, gpointer self);
  void describe(bool offer);

  Ref<GstElement> pipeline_, bin_;
  std::atomic<unsigned> packets_{0}, lose_every_{0}, on_wire_{0}, byes_{0};
  std::atomic<int> alert_{-1};
  std::once_flag early_;
  Ref<GstElement> encoder_;
  std::mutex mutex_;
  std::map<int, unsigned> by_type_;
  std::map<uint32_t, unsigned> by_ssrc_;
  std::map<uint32_t, std::vector<uint16_t>> sequences_;
  std::vector<Ref<GstPad>> pads_;
};

}  // namespace webcast::test
