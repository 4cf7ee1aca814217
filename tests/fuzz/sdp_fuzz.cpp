// A remote description: what is taken from it can be handed to webrtcbin and answered.
#include <gst/gst.h>

#include "plugins/sdp/sdp.hpp"
#include "tests/fuzz/expect.hpp"

using namespace webcast;

namespace {

std::vector<RtpFormat> our_media() {
  RtpFormat video;
  video.codec = Codec::h264;
  video.ssrc = 1;
  video.transport_cc_id = 1;
  video.parameters = {{"profile-level-id", "42c01f"}, {"packetization-mode", "1"}};
  RtpFormat audio;
  audio.kind = MediaKind::audio;
  audio.codec = Codec::opus;
  audio.clock_rate = 48000;
  audio.channels = 2;
  audio.ssrc = 2;
  return {video, audio};
}

void answer(const RemoteDescription& remote) {
  const std::vector<RtpFormat> media = our_media();
  auto plan = plan_answer(remote, media, true);
  if (!plan) return;
  WEBCAST_EXPECT(plan->size() == media.size());
  auto clean = clean_offer(remote, *plan);
  if (!clean) return;
  WEBCAST_EXPECT(gst_sdp_message_medias_len(clean->sdp.get()) == clean->order.size());
  for (size_t medium : clean->order)
    WEBCAST_EXPECT(medium < media.size() && (*plan)[medium]);
  const std::string text = answer_for_viewer(clean->sdp.get(), remote, *clean, *plan,
                                             {"candidate:1 1 UDP 1 ::1 9 typ host"});
  auto read = parse_description(text);
  WEBCAST_EXPECT(read && read->media.size() == remote.media.size());
}

void receive(const RemoteDescription& remote) {
  auto plan = plan_receive(remote, {Codec::vp8, Codec::h264, Codec::vp9},
                           {Codec::opus, Codec::pcma, Codec::pcmu}, true);
  if (!plan) return;
  WEBCAST_EXPECT(!plan->media.empty() && plan->media.size() == plan->session.size());
  auto data = plan_data(remote);
  auto clean = clean_offer(remote, plan->session, MediaDirection::sendonly, data);
  if (!clean) return;
  // All that is taken, in the offer's order: the receiver counts on it.
  WEBCAST_EXPECT(clean->order.size() == plan->media.size());
  for (size_t i = 0; i < clean->order.size(); i++)
    WEBCAST_EXPECT(clean->order[i] == i);
  const std::string text = answer_for_viewer(clean->sdp.get(), remote, *clean, plan->session,
                                             {"candidate:1 1 UDP 1 ::1 9 typ host"}, data);
  auto read = parse_description(text);
  WEBCAST_EXPECT(read && read->media.size() == remote.media.size());
  WEBCAST_EXPECT(!data || !read->media[data->mline].rejected);
}

// The same bytes as an answer to an offer of ours to receive.
void answered(const RemoteDescription& remote) {
  static const auto offered = plan_receive_offer({Codec::vp8, Codec::h264}, {Codec::opus}, true);
  auto plan = read_receive_answer(remote, offered);
  if (!plan) return;
  WEBCAST_EXPECT(plan->session.size() == offered.size() && !plan->media.empty());
  for (const ReceivedMedium& medium : plan->media) {
    WEBCAST_EXPECT(medium.plan.mline < offered.size() && plan->session[medium.plan.mline]);
    WEBCAST_EXPECT(kind_name(medium.kind) == offered[medium.plan.mline].kind);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool ready = (gst_init(nullptr, nullptr), true);
  if (!ready) return 0;
  const std::string text = test::text_of(data, size);
  auto remote = parse_description(text);
  WEBCAST_EXPECT(!remote || check_sdp_limits(text));
  if (!remote) return 0;
  WEBCAST_EXPECT(remote->media.size() <= kMaxSdpMedia);
  WEBCAST_EXPECT(candidate_mline(*remote) <= remote->media.size());
  answer(*remote);
  receive(*remote);
  answered(*remote);
  const std::vector<RtpFormat> media = our_media();
  auto kept = read_answer(*remote, plan_offer(media), media);
  if (kept) WEBCAST_EXPECT(kept->size() == media.size());
  return 0;
}
