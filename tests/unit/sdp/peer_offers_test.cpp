// What is answered to the offers of peers that nobody here wrote.
#include "tests/support/peer_offers.hpp"

#include <gtest/gtest.h>

#include "plugins/sdp/offered_media.hpp"
#include "plugins/sdp/sdp.hpp"

namespace webcast::test {
namespace {

// An answer, and what its reader sees.
struct Answered {
  std::string text{};
  RemoteDescription read{};
  bool has(const std::string& part) const { return text.find(part) != std::string::npos; }
};

RemoteDescription parsed(const std::string& sdp) {
  auto description = parse_description(sdp);
  EXPECT_TRUE(description) << description.error().sentence;
  return description ? *description : RemoteDescription{};
}

// As webrtcbin (1.22) answers: the clean offer turned round, without what it loses.
Answered answer(const RemoteDescription& offer, const SessionPlan& plan, MediaDirection direction) {
  auto clean = clean_offer(offer, plan, direction);
  EXPECT_TRUE(clean) << clean.error().sentence;
  if (!clean) return {};
  GstSDPMessage* own = nullptr;
  gst_sdp_message_copy(clean->sdp.get(), &own);
  SdpPtr owned(own);
  for (guint i = 0; i < gst_sdp_message_medias_len(own); ++i) {
    auto* media = const_cast<GstSDPMedia*>(gst_sdp_message_get_media(own, i));
    for (guint k = gst_sdp_media_attributes_len(media); k > 0; --k) {
      std::string key = gst_sdp_media_get_attribute(media, k - 1)->key;
      if (key == "fmtp" || key == "rtcp-fb") gst_sdp_media_remove_attribute(media, k - 1);
    }
  }
  std::string text = answer_for_viewer(own, offer, *clean, plan, {});
  return {text, parsed(text)};
}

const std::vector<Codec> kVideoCodecs = {Codec::h264, Codec::vp8, Codec::vp9};
const std::vector<Codec> kAudioCodecs = {Codec::opus};

Answered received(const std::string& sdp) {
  RemoteDescription offer = parsed(sdp);
  auto plan = plan_receive(offer, kVideoCodecs, kAudioCodecs, true);
  EXPECT_TRUE(plan) << plan.error().sentence;
  return plan ? answer(offer, plan->session, MediaDirection::sendonly) : Answered{};
}

RtpFormat h264() {
  RtpFormat format;
  format.codec = Codec::h264;
  format.ssrc = 1;
  format.parameters = {{"profile-level-id", "42c01f"}, {"packetization-mode", "1"}};
  return format;
}

Answered watched(const std::string& sdp) {
  RemoteDescription offer = parsed(sdp);
  auto plan = plan_answer(offer, {h264()}, true);
  EXPECT_TRUE(plan) << plan.error().sentence;
  return plan ? answer(offer, *plan, MediaDirection::recvonly) : Answered{};
}

TEST(PeerOffers, WhipclientsinkNeedsNoGroupForOneMedium) {
  Answered answered = received(whipclientsink_offer());
  ASSERT_EQ(answered.read.media.size(), 1u);
  EXPECT_EQ(answered.read.media[0].mid, "video0");
  EXPECT_FALSE(answered.has("a=group")) << "an answer names no group that was not offered";
  EXPECT_TRUE(answered.has("profile-level-id=42c016")) << answered.text;
  EXPECT_FALSE(answered.has("sprop-"));
  EXPECT_TRUE(answered.has("a=rtcp-fb:96 nack\r\n"));
}

TEST(PeerOffers, AGroupIsNeededByTwoMediaAndNotByOneBesideARejectedOne) {
  std::string rejected =
      "m=audio 0 UDP/TLS/RTP/SAVPF 97\r\na=mid:audio1\r\na=rtcp-mux\r\n"
      "a=rtpmap:97 OPUS/48000/2\r\n";
  std::string used = rejected;
  used.replace(used.find(" 0 "), 3, " 9 ");
  for (const std::string& sdp :
       {whipclientsink_offer() + rejected, rejected + whipclientsink_offer()}) {
    // The rejected one in front: behind the session's own lines.
    std::string text = sdp;
    if (text.starts_with("m=")) {
      text = whipclientsink_offer();
      text.insert(text.find("m=video"), rejected);
    }
    RemoteDescription offer = parsed(text);
    auto plan = plan_receive(offer, kVideoCodecs, kAudioCodecs, true);
    ASSERT_TRUE(plan) << plan.error().sentence;
    EXPECT_EQ(candidate_mline(offer), plan->session[0]->mline);
    EXPECT_TRUE(bundle_transport(offer));
  }
  EXPECT_FALSE(
      plan_receive(parsed(whipclientsink_offer() + used), kVideoCodecs, kAudioCodecs, true));
}

TEST(PeerOffers, WhepclientsrcGetsH264WithoutPacketizationMode) {
  auto codecs = read_offer(whepclientsrc_offer());
  ASSERT_TRUE(codecs);
  EXPECT_TRUE(can_decode(codecs->video, h264()));
  Answered answered = watched(whepclientsrc_offer());
  ASSERT_EQ(answered.read.media.size(), 1u);
  EXPECT_EQ(answered.read.media[0].payloads[0].type, 102);
  EXPECT_TRUE(answered.has("a=fmtp:102 profile-level-id=42e016\r\n")) << answered.text;
}

TEST(PeerOffers, WhereAMode1IsOfferedItIsTaken) {
  std::string both = whepclientsrc_offer();
  both.replace(both.find("SAVPF 102"), 9, "SAVPF 102 103");
  both += "a=rtpmap:103 H264/90000\r\na=fmtp:103 packetization-mode=1;profile-level-id=42001f\r\n";
  auto plan = plan_answer(parsed(both), {h264()}, true);
  ASSERT_TRUE(plan) << plan.error().sentence;
  EXPECT_EQ((*plan)[0]->payload_type, 103) << "although 102 is of the stream's very profile";

  std::string high = both;
  high.replace(high.find("42e016"), 6, "640016");
  RtpFormat stream = h264();
  stream.parameters["profile-level-id"] = "640016";
  EXPECT_FALSE(can_decode(read_offer(high)->video, stream)) << "only with single packets";
  std::string interleaved = whepclientsrc_offer();
  interleaved.replace(interleaved.find("profile-level-id"), 0, "packetization-mode=2;");
  EXPECT_FALSE(plan_answer(parsed(interleaved), {h264()}, true));
}

TEST(PeerOffers, EachLineOfAnAnswerToWebrtcsinkNamesTheTransport) {
  Answered answered = received(webrtcsink_navigation_offer());
  ASSERT_EQ(answered.read.media.size(), 2u);
  EXPECT_TRUE(answered.read.media[1].rejected);
  for (const RemoteMedia& line : answered.read.media) {
    EXPECT_EQ(line.password, kOfferedPassword) << answered.text;
    EXPECT_FALSE(line.ufrag.empty());
    EXPECT_FALSE(line.setup.empty());
    EXPECT_FALSE(line.fingerprints.empty());
    EXPECT_FALSE(line.mid.empty());
  }
}

TEST(PeerOffers, FfmpegIsToldThatNacksComeWithoutRtx) {
  Answered answered = received(ffmpeg_offer());
  ASSERT_EQ(answered.read.media.size(), 2u);
  EXPECT_TRUE(answered.has("a=rtcp-fb:106 nack\r\n")) << answered.text;
  EXPECT_TRUE(answered.has("profile-level-id=42e01f"));
  RemoteDescription offer = parsed(ffmpeg_offer());
  auto without = plan_receive(offer, kVideoCodecs, kAudioCodecs, false);
  ASSERT_TRUE(without);
  EXPECT_FALSE(answer(offer, without->session, MediaDirection::sendonly).has("nack"))
      << "retransmission=false asks for nothing";
}

TEST(PeerOffers, AViewerIsNotPromisedNacksThatNobodyServes) {
  std::string no_rtx = aiortc_offer();
  for (const char* apt : {"a=fmtp:102 apt=101\r\n", "a=fmtp:98 apt=97\r\n"})
    no_rtx.erase(no_rtx.find(apt), strlen(apt));
  EXPECT_TRUE(watched(aiortc_offer()).has("a=rtcp-fb:101 nack\r\n"));
  Answered answered = watched(no_rtx);
  EXPECT_FALSE(answered.has("a=rtcp-fb:101 nack\r\n")) << answered.text;
  EXPECT_TRUE(answered.has("a=rtcp-fb:101 nack pli\r\n"));
}

TEST(PeerOffers, PionsOwnOrderDecidesUnlessOursWasSet) {
  RemoteDescription offer = parsed(pion_offer());
  auto theirs = in_offered_order(offer, kVideoCodecs);
  EXPECT_EQ(theirs, (std::vector<Codec>{Codec::vp8, Codec::h264, Codec::vp9}));
  EXPECT_EQ(plan_receive(offer, theirs, {}, true)->media[0].codec, Codec::vp8);
  EXPECT_EQ(plan_receive(offer, kVideoCodecs, {}, true)->media[0].codec, Codec::h264);
  EXPECT_TRUE(received(pion_offer()).has("profile-level-id=42001f"));
}

TEST(PeerOffers, ObsKeepsItsStereoSound) {
  Answered answered = received(obs_offer());
  ASSERT_EQ(answered.read.media.size(), 2u);
  EXPECT_EQ(answered.read.bundle, (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(answered.read.media[0].payloads[0].parameters.at("stereo"), "1");
  EXPECT_FALSE(answered.has("sprop-stereo"));
  EXPECT_TRUE(answered.has("a=rtcp-fb:96 nack\r\n"));
}

}  // namespace
}  // namespace webcast::test

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
