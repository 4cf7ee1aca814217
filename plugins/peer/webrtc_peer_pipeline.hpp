// The pipeline of one peer: an appsrc for each medium and webrtcbin, set up as
// design and experience want it. Built and told what to do on the control thread; private to
// webrtc_peer*.
#pragma once

#include <agent.h>
#include <gst/app/gstappsrc.h>
#include <gst/webrtc/webrtc.h>

#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "plugins/egress/egress.hpp"
#include "plugins/gst/gst_ref.hpp"
#include "plugins/peer/peer.hpp"
#include "plugins/peer/webrtc_dtls.hpp"
#include "plugins/peer/webrtc_guard.hpp"
#include "plugins/rtp/rtp_format.hpp"
#include "plugins/sdp/sdp.hpp"

namespace webcast {

// One m-line of webrtcbin: which medium, its numbers, and (in answers) its mid.
struct PipelineLine {
  RtpFormat format{};
  MediumPlan plan{};
  std::string mid{};            // empty: webrtcbin's own
  bool with_parameters = true;  // our codec parameters go into the offer
  std::weak_ptr<Egress> egress{};
};

struct PeerPipeline {
  Ref<GstElement> pipeline{}, webrtcbin{};
  Ref<NiceAgent> agent{};
  std::vector<Ref<GstElement>> sources{};  // by m-line of webrtcbin
  std::shared_ptr<DtlsAlerts> alerts = std::make_shared<DtlsAlerts>();
  std::shared_ptr<DatagramGuard> guard{};

  std::shared_ptr<PacketOutput> output(size_t line) const;
  // The certificate that the other side showed in DTLS, as PEM; empty before.
  std::string remote_certificate() const;
  Ref<GstWebRTCDTLSTransport> dtls_transport() const;
  // Ends the sources before the state change: GstBaseSrc (1.22) raises a critical when it is
  // stopped between taking a buffer list and pushing it. 50 ms at most; reaper's thread only.
  void end_sources() const;
  // Before the state change, too: what waits in sctpenc for a peer that takes nothing would hold it
  // up for ever (1.22).
  void end_messages() const;
  // Gives back what was allocated on TURN servers, which would keep it for ten minutes. Waits for
  // them, a second at most: on a reaper's thread only.
  void release_allocations() const;
  // "candidate:…" for each local candidate so far.
  static std::vector<std::string> local_candidates(NiceAgent* agent);
};

// webrtcbin and its ICE servers, in NULL, without any media. `takes_media`: from the other side.
Result<PeerPipeline> build_webrtc_pipeline(const std::string& id, GstClock* clock,
                                           const IceSettings& ice, bool takes_media);

// Makes it, in NULL, with all pads and ICE servers. The error names what is not installed or what
// in the settings cannot be used.
Result<PeerPipeline> build_peer_pipeline(const std::string& id, GstClock* clock,
                                         const PeerSettings& settings,
                                         const std::vector<PipelineLine>& lines);

// What can be said about the settings before anybody comes.
Result<void> check_ice_settings(const IceSettings& ice);

// Loads plugins, makes the process's DTLS certificate: the first viewer need not wait for it.
void warm_up_webrtc();
Result<void> check_webrtc_installed(std::string* missing);

}  // namespace webcast
