// Session descriptions: what a viewer's says, and the ones that webrtcbin and the viewer get.
//
// A description from the network never reaches webrtcbin: it is read into the structs below and
// a new one is written from them, with nothing in it but what a session of ours uses: one codec
// (and its RTX) an m-line, our two header extensions, one bundled transport. webrtcbin asserts,
// aborts or goes astray on much of the rest (several codecs, missing mids, rejected first
// m-lines, sprop-* and profile-level-id mismatches). Pure functions; any thread.
#pragma once

#include <gst/sdp/gstsdpmessage.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "plugins/rtp/rtp_format.hpp"
#include "plugins/sdp/fingerprint.hpp"

namespace webcast {

// Beside those of common/sdp_limits.hpp, looked at before any parser sees the bytes.
inline constexpr unsigned kMaxSdpMedia = 16;

enum class MediaDirection { inactive, sendonly, recvonly, sendrecv };

struct RemotePayload {
  uint8_t type = 0;
  std::string encoding{};  // upper case: "H264", "RTX"
  int clock_rate = 0;
  int channels = 0;
  FormatParameters parameters{};
  std::vector<std::string> feedback{};  // "nack", "nack pli", "ccm fir", "transport-cc"
};

// What one m-line of the remote side says; transport attributes with the session's filled in.
struct RemoteMedia {
  std::string kind{};      // "video", "audio", "application"
  std::string protocol{};  // "UDP/TLS/RTP/SAVPF"
  std::string mid{};
  bool rejected = false;  // port 0 without a=bundle-only
  bool bundled = false;   // in the (first) BUNDLE group, or the only one that is used
  bool rtcp_mux = false;
  MediaDirection direction = MediaDirection::sendrecv;
  std::vector<RemotePayload> payloads{};
  // a=extmap; 0: not there
  uint8_t transport_cc_id = 0, playout_delay_id = 0, color_space_id = 0;
  std::string ufrag{}, password{}, setup{};
  std::vector<Fingerprint> fingerprints{};
  std::vector<std::string> candidates{};
  std::vector<uint32_t> ssrcs{};        // of a=ssrc
  std::vector<std::string> layers{};    // rids of the layers of a picture that are sent
  uint8_t rid_id = 0;                   // a=extmap of their names in packets; 0: not there
  unsigned sctp_port = 0;               // of "application"; 0: none
  size_t max_message_size = 64 * 1024;  // RFC 8841 section 6.1: that, where it is not told

  bool has_layers() const { return kind == "video" && layers.size() > 1 && rid_id != 0; }
  // Those of them to take: the largest, where the names tell which one it is, else all.
  std::vector<std::string> wanted_layers() const;
  bool sends() const {
    return !rejected &&
           (direction == MediaDirection::sendonly || direction == MediaDirection::sendrecv);
  }
  bool receives() const {
    return !rejected &&
           (direction == MediaDirection::recvonly || direction == MediaDirection::sendrecv);
  }
};

struct RemoteDescription {
  std::vector<RemoteMedia> media{};
  std::vector<std::string> bundle{};  // mids of the first BUNDLE group
  bool ice_lite = false;
};

// Size, lines, m-lines, and that every line is one of SDP.
Result<void> check_sdp_limits(const std::string& sdp);

// Checks the limits, then reads.
Result<RemoteDescription> parse_description(const std::string& sdp);

// What was agreed for one medium of the peer: which m-line, and the numbers to be written into
// its packets.
struct MediumPlan {
  unsigned mline = 0;  // in the viewer's description
  uint8_t payload_type = 0;
  int rtx_payload_type = -1;                          // -1: no retransmission
  bool nack = false;                                  // who receives asks again for what was lost
  uint8_t transport_cc_id = 0, playout_delay_id = 0;  // 0: not taken
  uint8_t color_space_id = 0;                         // of what is received; 0: not taken
};

// For each medium, in the peer's order: its plan, or nothing when the viewer does not take it.
using SessionPlan = std::vector<std::optional<MediumPlan>>;

// The section for messages (RFC 8841), which stands beside the media.
struct DataPlan {
  unsigned mline = 0;           // in the other side's description
  size_t max_message_size = 0;  // bytes that it takes in one; 0: as many as there are
};
// That of an offer, if it is one that webrtcbin can use: bundled, SCTP port 5000.
std::optional<DataPlan> plan_data(const RemoteDescription& offer);
// Takes the section out of an answer to an offer of ours that has one, behind all media. Nothing:
// it is refused there.
std::optional<DataPlan> take_data(RemoteDescription& answer, unsigned media);

// webrtcbin sends no longer message than its own description names, which names none: 64 KiB.
void set_longest_message(GstSDPMessage* own);

// The transport that all media share: that of the first m-line of the BUNDLE group, or of the only
// one that is used.
Result<RemoteMedia> bundle_transport(const RemoteDescription& remote);

// One medium that a publisher sends, and in which of its codecs we take it.
struct ReceivedMedium {
  MediaKind kind = MediaKind::video;
  Codec codec = Codec::vp8;
  std::vector<uint32_t> ssrcs{};  // that it announced
  bool layered = false;           // several sizes of one picture come, each with an SSRC
  MediumPlan plan{};
};
struct ReceivePlan {
  SessionPlan session{};  // of an offer: by medium, each with a plan; of an answer: by our m-line
  std::vector<ReceivedMedium> media{};
};
// Takes all that a publisher's offer sends, each in the first codec of our preference that it has.
// A medium without any is an error that tells both lists.
Result<ReceivePlan> plan_receive(const RemoteDescription& offer, const std::vector<Codec>& video,
                                 const std::vector<Codec>& audio, bool retransmission);

// `codecs` as the media that the offer sends have them: its own order.
std::vector<Codec> in_offered_order(const RemoteDescription& offer,
                                    const std::vector<Codec>& codecs);

// What an offer of ours to receive lists: at most one video and one audio line, each with all the
// codecs that we take. Payload types are unique among all lines.
std::vector<RemoteMedia> plan_receive_offer(const std::vector<Codec>& video,
                                            const std::vector<Codec>& audio, bool retransmission);
// That offer, with the transport of webrtcbin's own, which has the same lines in one codec each.
// webrtcbin 1.22 looks at no codec of its own offer: what it receives is what the clean answer
// names.
std::string write_receive_offer(const GstSDPMessage* own_offer,
                                const std::vector<RemoteMedia>& lines,
                                const std::vector<std::string>& candidates);
// What the other side's answer sends, each in the first codec that it names of those offered.
Result<ReceivePlan> read_receive_answer(const RemoteDescription& answer,
                                        const std::vector<RemoteMedia>& offered);

// Gives each medium an m-line and a codec of the viewer's offer.
Result<SessionPlan> plan_answer(const RemoteDescription& offer, const std::vector<RtpFormat>& media,
                                bool retransmission);

// What the viewer's answer left of our own offer. Media it rejected or made inactive have no
// plan; a rejected video, or nothing left at all, is an error.
Result<SessionPlan> read_answer(const RemoteDescription& answer, const SessionPlan& offered,
                                const std::vector<RtpFormat>& media);

// Free payload types and extension ids for an offer of ours: one payload type a medium.
SessionPlan plan_offer(const std::vector<RtpFormat>& media);

struct SdpDeleter {
  void operator()(GstSDPMessage* message) const { gst_sdp_message_free(message); }
};
using SdpPtr = std::unique_ptr<GstSDPMessage, SdpDeleter>;

// The other side's offer as webrtcbin gets it: the planned media alone, in its order, with mids
// "0", "1", …, all of one direction: recvonly of a viewer, sendonly of a publisher. `order` tells
// which medium each of its m-lines carries.
struct CleanOffer {
  SdpPtr sdp{};
  std::vector<size_t> order{};
};
// The section for messages comes last.
Result<CleanOffer> clean_offer(const RemoteDescription& offer, const SessionPlan& plan,
                               MediaDirection direction = MediaDirection::recvonly,
                               const std::optional<DataPlan>& data = {});

// Notes in `plan` the retransmission payload types that webrtcbin chose for our offer.
void note_retransmission(SessionPlan& plan, const GstSDPMessage* own_offer);

// The other side's answer as webrtcbin gets it: all our m-lines, those not taken inactive; the
// section for messages as if it were taken, for webrtcbin stays unconnected otherwise (1.22).
Result<SdpPtr> clean_answer(const RemoteDescription& answer, const SessionPlan& plan,
                            const GstSDPMessage* own_offer,
                            MediaDirection direction = MediaDirection::recvonly);

// webrtcbin's answer to the clean offer as the viewer gets it: m-lines and mids of its own offer,
// the ones that we don't serve inactive (or rejected, when they are not bundled RTP).
std::string answer_for_viewer(const GstSDPMessage* own_answer, const RemoteDescription& offer,
                              const CleanOffer& clean, const SessionPlan& plan,
                              const std::vector<std::string>& candidates,
                              const std::optional<DataPlan>& data = {});

// webrtcbin's offer as the viewer gets it.
std::string offer_for_viewer(const GstSDPMessage* own_offer,
                             const std::vector<std::string>& candidates);

// The m-line that candidates belong to, in the viewer's counting.
unsigned candidate_mline(const RemoteDescription& remote);

// SSRC of the retransmissions of `ssrc`, from a=ssrc-group:FID of a description of ours.
std::optional<uint32_t> rtx_ssrc(const GstSDPMessage* own, uint32_t ssrc);

}  // namespace webcast
