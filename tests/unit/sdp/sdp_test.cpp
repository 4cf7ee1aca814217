#include "plugins/sdp/sdp.hpp"

#include <gtest/gtest.h>

#include <random>

#include "plugins/sdp/offered_media.hpp"
#include "tests/unit/sdp/browser_offers.hpp"

namespace webcast::test {
namespace {

const std::string kFingerprint =
    "sha-256 C8:DA:F4:B8:91:6B:64:80:34:4A:7A:47:80:D5:E5:B5:A0:38:93:28:10:8A:2D:B6:D4:08:51:86:"
    "A5:BF:E5:34";
const std::string kTransport =
    "a=ice-ufrag:abcd\na=ice-pwd:0123456789012345678901\na=fingerprint:" + kFingerprint +
    "\na=setup:actpass\n";

std::string session(const std::string& rest) {
  return "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\n" + rest;
}
std::string video_line(const std::string& mid, const std::string& extra = "") {
  return "m=video 9 UDP/TLS/RTP/SAVPF 96\nc=IN IP4 0.0.0.0\na=rtcp-mux\na=recvonly\na=mid:" + mid +
         "\na=rtpmap:96 VP8/90000\n" + extra;
}

RtpFormat h264() {
  RtpFormat format;
  format.codec = Codec::h264;
  format.ssrc = 1;
  format.parameters = {{"profile-level-id", "42c01f"}, {"packetization-mode", "1"}};
  format.transport_cc_id = 1;
  format.playout_delay_id = 2;
  return format;
}
RtpFormat vp8() {
  RtpFormat format;
  format.ssrc = 2;
  format.transport_cc_id = 1;
  return format;
}
RtpFormat opus() {
  RtpFormat format;
  format.kind = MediaKind::audio;
  format.codec = Codec::opus;
  format.clock_rate = 48000;
  format.channels = 2;
  format.payload_type = 97;
  format.ssrc = 3;
  return format;
}

RemoteDescription parsed(const std::string& sdp) {
  auto description = parse_description(sdp);
  EXPECT_TRUE(description) << description.error().sentence;
  return description ? *description : RemoteDescription{};
}
std::string text(const SdpPtr& sdp) {
  char* raw = gst_sdp_message_as_text(sdp.get());
  std::string result = raw;
  g_free(raw);
  return result;
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
// An answer as webrtcbin would make it: the clean offer turned round.
SdpPtr own_answer(const CleanOffer& clean) {
  GstSDPMessage* copy = nullptr;
  gst_sdp_message_copy(clean.sdp.get(), &copy);
  return SdpPtr(copy);
}

TEST(SdpLimits, RefusesWhatIsTooLargeBeforeParsing) {
  EXPECT_EQ(check_sdp_limits(session(std::string(70'000, 'a'))).error().code, ErrorCode::limit);
  std::string lines;
  for (int i = 0; i < 600; ++i)
    lines += "a=x\n";
  EXPECT_EQ(check_sdp_limits(session(lines)).error().code, ErrorCode::limit);
  std::string media;
  for (int i = 0; i < 17; ++i)
    media += "m=video 9 RTP/AVP 96\n";
  EXPECT_EQ(check_sdp_limits(session(media)).error().code, ErrorCode::limit);
}

TEST(SdpLimits, RefusesLinesThatAreNotSdp) {
  EXPECT_FALSE(check_sdp_limits(""));
  EXPECT_FALSE(check_sdp_limits("hello"));
  EXPECT_FALSE(check_sdp_limits(session("nonsense\n")));
  EXPECT_FALSE(check_sdp_limits(session("A=1\n")));
  EXPECT_FALSE(check_sdp_limits(session(std::string("a=x\0y\n", 6))));
  EXPECT_TRUE(check_sdp_limits(kChromiumOffer));
}

TEST(ReadOffer, NamesTheCodecsOfBrowsers) {
  auto offer = read_offer(kChromiumOffer);
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->video_lines, 1u);
  EXPECT_EQ(offer->audio_lines, 1u);
  EXPECT_TRUE(can_decode(offer->video, h264()));
  EXPECT_TRUE(can_decode(offer->video, vp8()));
  EXPECT_TRUE(can_decode(offer->audio, opus()));
  auto firefox = read_offer(kFirefoxOffer);
  ASSERT_TRUE(firefox);
  EXPECT_FALSE(can_decode(firefox->video, h264()));
  EXPECT_TRUE(can_decode(firefox->video, vp8()));
}

TEST(ReadOffer, CountsOnlyMediaThatReceive) {
  auto offer = read_offer(session("a=group:BUNDLE a b\n" + video_line("a") +
                                  "m=video 9 UDP/TLS/RTP/SAVPF 96\na=sendonly\na=mid:b\n"
                                  "a=rtpmap:96 VP8/90000\nm=audio 0 UDP/TLS/RTP/SAVPF 8\n"));
  ASSERT_TRUE(offer);
  EXPECT_EQ(offer->video_lines, 1u);
  EXPECT_EQ(offer->audio_lines, 0u);
  EXPECT_TRUE(offer->video.known);
}

TEST(PlanAnswer, TakesTheViewersNumbers) {
  RemoteDescription offer = parsed(kChromiumOffer);
  auto plan = plan_answer(offer, {h264(), opus()}, true);
  ASSERT_TRUE(plan) << plan.error().sentence;
  EXPECT_EQ((*plan)[0]->mline, 0u);
  EXPECT_EQ((*plan)[0]->payload_type, 108);  // constrained baseline, packetization-mode 1
  EXPECT_EQ((*plan)[0]->rtx_payload_type, 109);
  EXPECT_EQ((*plan)[0]->transport_cc_id, 4);
  EXPECT_EQ((*plan)[0]->playout_delay_id, 5);
  EXPECT_EQ((*plan)[1]->mline, 1u);
  EXPECT_EQ((*plan)[1]->payload_type, 111);
  auto without = plan_answer(offer, {h264()}, false);
  EXPECT_EQ((*without)[0]->rtx_payload_type, -1);
}

TEST(PlanAnswer, LeavesOutWhatTheViewerHasNoLineFor) {
  auto plan = plan_answer(parsed(kFirefoxOffer), {vp8(), vp8(), h264(), opus()}, true);
  ASSERT_TRUE(plan);
  EXPECT_TRUE((*plan)[0]);
  EXPECT_FALSE((*plan)[1]);
  EXPECT_FALSE((*plan)[2]);
  EXPECT_EQ((*plan)[3]->payload_type, 109);
}

TEST(PlanAnswer, SaysWhichCodecsDoNotMeet) {
  auto plan = plan_answer(parsed(kFirefoxOffer), {h264()}, true);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::not_supported);
  EXPECT_TRUE(has(plan.error().sentence, "VP8")) << plan.error().sentence;
  EXPECT_TRUE(has(plan.error().sentence, "H264"));
  EXPECT_FALSE(has(plan.error().sentence, "OPUS"));
}

TEST(PlanAnswer, WantsOneTransport) {
  auto plan = plan_answer(parsed(session(kTransport + video_line("0") + video_line("1"))),
                          {vp8(), vp8()}, true);
  ASSERT_FALSE(plan);
  EXPECT_TRUE(has(plan.error().sentence, "BUNDLE")) << plan.error().sentence;
}

TEST(CleanOffer, HoldsTheChosenCodecAndNothingElse) {
  RemoteDescription offer = parsed(kChromiumOffer);
  auto plan = plan_answer(offer, {opus(), h264()}, true);
  auto clean = clean_offer(offer, *plan);
  ASSERT_TRUE(clean);
  std::string sdp = text(clean->sdp);
  EXPECT_EQ(clean->order, (std::vector<size_t>{1, 0}));
  EXPECT_TRUE(has(sdp, "m=video 9 UDP/TLS/RTP/SAVPF 108 109\r\n")) << sdp;
  EXPECT_TRUE(has(sdp, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"));
  EXPECT_TRUE(has(sdp, "a=group:BUNDLE 0 1\r\n"));
  EXPECT_TRUE(has(sdp, "profile-level-id=42e01f"));
  EXPECT_TRUE(has(sdp, "a=rtcp-fb:108 transport-cc"));
  for (const char* unwanted : {"VP8", "candidate", "sdes:mid", "ulpfec", "a=ssrc", "goog-remb"})
    EXPECT_FALSE(has(sdp, unwanted)) << unwanted;
  EXPECT_TRUE(check_sdp_limits(sdp));
}

TEST(CleanOffer, StripsParameterSetsAndGivesMids) {
  std::string line =
      "m=video 9 UDP/TLS/RTP/SAVPF 96\nc=IN IP4 0.0.0.0\na=rtcp-mux\na=recvonly\n"
      "a=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=1;profile-level-id="
      "42e01f;sprop-parameter-sets=Z0LAH9kAUAW6EAAAAwAQAAADA8DxgxngAA==,aMuMsg==\n";
  RemoteDescription offer = parsed(session(kTransport + line));
  auto plan = plan_answer(offer, {h264()}, true);
  ASSERT_TRUE(plan);
  auto clean = clean_offer(offer, *plan);
  ASSERT_TRUE(clean);
  std::string sdp = text(clean->sdp);
  EXPECT_FALSE(has(sdp, "sprop"));
  EXPECT_TRUE(has(sdp, "a=mid:0"));
  std::string answer = answer_for_viewer(own_answer(*clean).get(), offer, *clean, *plan, {});
  EXPECT_FALSE(has(answer, "a=mid")) << answer;
  EXPECT_FALSE(has(answer, "a=group"));
}

TEST(CleanOffer, NeedsAStrongFingerprintAndIceCredentials) {
  RemoteDescription offer = parsed(session(kTransport + video_line("0")));
  auto plan = plan_answer(offer, {vp8()}, true);
  EXPECT_TRUE(clean_offer(offer, *plan));
  offer.media[0].fingerprints = {{"sha-1", std::string(40, 'a')}};
  EXPECT_EQ(clean_offer(offer, *plan).error().code, ErrorCode::refused);
  offer.media[0].fingerprints = {};
  EXPECT_EQ(clean_offer(offer, *plan).error().code, ErrorCode::refused);
  offer = parsed(session("a=fingerprint:" + kFingerprint + "\n" + video_line("0")));
  EXPECT_FALSE(clean_offer(offer, *plan));
}

TEST(AnswerForViewer, TakesTheSectionForMessagesWhereItStands) {
  auto offered = [](const std::string& data) {
    return parsed(session("a=group:BUNDLE d v\n" + kTransport +
                          "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:d\n" + data +
                          video_line("v")));
  };
  RemoteDescription offer = offered("a=sctp-port:5000\na=max-message-size:1000\n");
  auto plan = plan_answer(offer, {vp8()}, true);
  auto data = plan_data(offer);
  ASSERT_TRUE(plan && data);
  EXPECT_EQ(data->max_message_size, 1000u);
  auto clean = clean_offer(offer, *plan, MediaDirection::recvonly, data);
  ASSERT_TRUE(clean);
  EXPECT_STREQ(gst_sdp_media_get_media(gst_sdp_message_get_media(clean->sdp.get(), 1)),
               "application")
      << "behind the media";
  RemoteDescription back = parsed(
      answer_for_viewer(own_answer(*clean).get(), offer, *clean, *plan, {}, data));
  ASSERT_EQ(back.media.size(), 2u);
  EXPECT_EQ(back.media[0].mid, "d");
  EXPECT_EQ(back.media[0].sctp_port, 5000u);
  EXPECT_EQ(back.media[0].max_message_size, 256u * 1024);
  EXPECT_FALSE(back.media[0].ufrag.empty());
  EXPECT_EQ(back.bundle, (std::vector<std::string>{"d", "v"}));
  auto taken = take_data(back, 1);
  EXPECT_FALSE(taken) << "in our own offer it is the last one";

  EXPECT_EQ(plan_data(offered("a=sctp-port:5000\n"))->max_message_size, 64u * 1024);
  EXPECT_FALSE(plan_data(offered("a=sctp-port:5001\n"))) << "webrtcbin knows no other";
  EXPECT_FALSE(plan_data(offered("")));
}

TEST(AnswerForViewer, FollowsTheViewersLines) {
  // Data first, then two videos of which one is served, then sound that is not.
  std::string sdp =
      session("a=group:BUNDLE d v w s\n" + kTransport +
              "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:d\na=sctp-port:5000\n" +
              video_line("v") + video_line("w") +
              "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=rtcp-mux\na=recvonly\na=mid:s\n"
              "a=rtpmap:111 opus/48000/2\n");
  RemoteDescription offer = parsed(sdp);
  auto plan = plan_answer(offer, {vp8()}, true);
  ASSERT_TRUE(plan);
  auto clean = clean_offer(offer, *plan);
  ASSERT_TRUE(clean);
  EXPECT_EQ(candidate_mline(offer), 1u);
  std::string answer = answer_for_viewer(own_answer(*clean).get(), offer, *clean, *plan,
                                         {"candidate:1 1 UDP 1 127.0.0.1 5000 typ host"});
  RemoteDescription back = parsed(answer);
  ASSERT_EQ(back.media.size(), 4u);
  EXPECT_EQ(back.bundle, (std::vector<std::string>{"v", "w", "s"}));
  EXPECT_TRUE(back.media[0].rejected);
  EXPECT_FALSE(back.media[1].rejected);
  EXPECT_EQ(back.media[1].mid, "v");
  EXPECT_EQ(back.media[1].candidates.size(), 1u);
  EXPECT_EQ(back.media[2].direction, MediaDirection::inactive);
  EXPECT_EQ(back.media[2].ufrag, back.media[1].ufrag);
  EXPECT_EQ(back.media[2].fingerprints, back.media[1].fingerprints);
  EXPECT_EQ(back.media[3].direction, MediaDirection::inactive);
  EXPECT_EQ(back.media[3].mid, "s");
  EXPECT_TRUE(has(answer, "a=msid:webcast "));
}

TEST(PlanOffer, GivesEachMediumItsPayloadType) {
  SessionPlan plan = plan_offer({vp8(), vp8(), opus(), h264()});
  std::set<int> types;
  for (const auto& medium : plan)
    types.insert(medium->payload_type);
  EXPECT_EQ(types.size(), 4u);
  EXPECT_EQ(plan[0]->payload_type, 96);
  EXPECT_EQ(plan[3]->transport_cc_id, 1);
  EXPECT_EQ(plan[3]->playout_delay_id, 2);
  EXPECT_EQ(plan[2]->transport_cc_id, 0);
}

TEST(PlanOffer, KeepsExtensionIdsApart) {
  RtpFormat odd = h264();
  odd.transport_cc_id = 2;
  SessionPlan plan = plan_offer({odd, h264()});
  EXPECT_NE(plan[0]->playout_delay_id, plan[0]->transport_cc_id);
  EXPECT_EQ(plan[0]->transport_cc_id, plan[1]->transport_cc_id);
  EXPECT_EQ(plan[0]->playout_delay_id, plan[1]->playout_delay_id);
}

std::string answer_line(const std::string& mid, const std::string& port, const std::string& codec) {
  return "m=video " + port + " UDP/TLS/RTP/SAVPF 96\na=rtcp-mux\na=recvonly\na=mid:" + mid +
         "\na=rtpmap:96 " + codec + "/90000\na=rtcp-fb:96 transport-cc\n";
}

TEST(ReadAnswer, NamesTheCodecThatWasRejected) {
  SessionPlan offered = plan_offer({h264()});
  for (const std::string& line :
       {answer_line("video0", "0", "H264"), answer_line("video0", "9", "VP8")}) {
    auto plan = read_answer(parsed(session(kTransport + line)), offered, {h264()});
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().code, ErrorCode::not_supported);
    EXPECT_TRUE(has(plan.error().sentence, "H264"));
  }
}

TEST(ReadAnswer, GoesOnWithoutTheSound) {
  std::vector<RtpFormat> media = {vp8(), opus()};
  SessionPlan offered = plan_offer(media);
  auto plan = read_answer(
      parsed(session("a=group:BUNDLE video0\n" + kTransport + answer_line("video0", "9", "VP8") +
                     "m=audio 0 UDP/TLS/RTP/SAVPF 97\na=mid:audio1\n")),
      offered, media);
  ASSERT_TRUE(plan) << plan.error().sentence;
  EXPECT_TRUE((*plan)[0]);
  EXPECT_FALSE((*plan)[1]);
  EXPECT_EQ((*plan)[0]->transport_cc_id, 0);  // no extmap in the answer
}

TEST(ReadAnswer, WantsAsManyLinesAsOffered) {
  SessionPlan offered = plan_offer({vp8(), opus()});
  EXPECT_FALSE(read_answer(parsed(session(kTransport + answer_line("video0", "9", "VP8"))), offered,
                           {vp8(), opus()}));
}

TEST(ParseDescription, RefusesTwoMediaOfOneMid) {
  EXPECT_FALSE(parse_description(session(video_line("0") + video_line("0"))));
}

TEST(ParseDescription, DropsWhatDoesNotBelongIntoAnAttribute) {
  RemoteDescription offer = parsed(session(
      "a=ice-ufrag:ab cd\na=ice-pwd:short\na=fingerprint:sha-256 xyz\na=setup:holdconn\n" +
      video_line("a b",
                 "a=rtpmap:300 VP9/90000\na=rtpmap:97 VP9/0\na=fmtp:96 x=\"y\\z;=\n"
                 "a=extmap:0 " +
                     std::string(kTransportCcUri) + "\na=extmap:15 " + kTransportCcUri + "\n")));
  const RemoteMedia& media = offer.media[0];
  EXPECT_TRUE(media.ufrag.empty());
  EXPECT_TRUE(media.password.empty());
  EXPECT_TRUE(media.fingerprints.empty());
  EXPECT_TRUE(media.setup.empty());
  EXPECT_TRUE(media.mid.empty());
  EXPECT_EQ(media.transport_cc_id, 0);
  EXPECT_EQ(media.payloads.size(), 1u);
  EXPECT_EQ(media.payloads[0].parameters.at("x"), "yz");
}

// Any offer that is let through at all yields a clean one that can be read back.
TEST(ParseDescription, SurvivesMutatedOffers) {
  std::mt19937 random(1);
  const std::string source[] = {kChromiumOffer, kFirefoxOffer};
  for (int round = 0; round < 3000; ++round) {
    std::string sdp = source[round % 2];
    for (unsigned i = 0; i < 1 + random() % 8; ++i) {
      size_t at = random() % sdp.size();
      switch (random() % 4) {
        case 0:
          sdp[at] = static_cast<char>(random());
          break;
        case 1:
          sdp.erase(at, random() % 40);
          break;
        case 2:
          sdp.insert(at, sdp.substr(random() % sdp.size(), random() % 60));
          break;
        default:
          sdp.insert(at, 1, "\n:= /;09"[random() % 8]);
          break;
      }
    }
    auto offer = parse_description(sdp);
    if (!offer) continue;
    for (const auto& media : {std::vector{h264(), opus()}, std::vector{vp8(), vp8(), opus()}}) {
      auto plan = plan_answer(*offer, media, true);
      if (!plan) continue;
      auto clean = clean_offer(*offer, *plan);
      if (!clean) continue;
      ASSERT_TRUE(parse_description(text(clean->sdp))) << sdp;
      std::string answer = answer_for_viewer(own_answer(*clean).get(), *offer, *clean, *plan, {});
      auto back = parse_description(answer);
      ASSERT_TRUE(back) << answer;
      ASSERT_EQ(back->media.size(), offer->media.size());
    }
  }
}

}  // namespace
}  // namespace webcast::test

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
