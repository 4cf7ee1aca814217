// What of a publisher's offer is taken, and what webrtcbin and the publisher see of it.
#include <gtest/gtest.h>

#include <set>

#include "plugins/sdp/sdp.hpp"

namespace webcast::test {
namespace {

const std::string kTransport =
    "a=ice-ufrag:abcd\na=ice-pwd:0123456789012345678901\na=fingerprint:sha-256 "
    "C8:DA:F4:B8:91:6B:64:80:34:4A:7A:47:80:D5:E5:B5:A0:38:93:28:10:8A:2D:B6:D4:08:51:86:A5:BF:E5:"
    "34\na=setup:actpass\n";

std::string video_line(const std::string& direction = "sendonly") {
  return "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103\nc=IN IP4 0.0.0.0\na=rtcp-mux\na=mid:v\na=" +
         direction +
         "\na=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\n"
         "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\n"
         "a=rtpmap:96 VP8/90000\na=rtcp-fb:96 nack\na=rtcp-fb:96 nack pli\n"
         "a=rtcp-fb:96 transport-cc\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n"
         "a=rtpmap:102 H264/90000\na=fmtp:102 packetization-mode=1;profile-level-id=42e01f\n"
         "a=rtpmap:103 VP9/90000\na=fmtp:103 profile-id=2\n"
         "a=ssrc-group:FID 11 12\na=ssrc:11 cname:x\na=ssrc:12 cname:x\n";
}
std::string audio_line(int payload_type = 111, const std::string& codec = "opus/48000/2") {
  std::string type = std::to_string(payload_type);
  return "m=audio 9 UDP/TLS/RTP/SAVPF " + type +
         "\na=rtcp-mux\na=sendonly\na=mid:a\na=rtpmap:" + type + " " + codec + "\n";
}
RemoteDescription offer_of(const std::string& lines, const std::string& bundle = "a=group:BUNDLE v a\n") {
  auto description = parse_description("v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nt=0 0\n" + bundle +
                                       kTransport + lines);
  EXPECT_TRUE(description) << description.error().sentence;
  return description ? *description : RemoteDescription{};
}
Result<ReceivePlan> plan(const RemoteDescription& offer, const std::vector<Codec>& video,
                         const std::vector<Codec>& audio = {Codec::opus}) {
  return plan_receive(offer, video, audio, true);
}

TEST(PlanReceive, OurOrderOfPreferenceDecides) {
  RemoteDescription offer = offer_of(video_line() + audio_line());
  auto vp8 = plan(offer, {Codec::vp8, Codec::h264}), h264 = plan(offer, {Codec::h264, Codec::vp8});
  ASSERT_TRUE(vp8 && h264);
  EXPECT_EQ(vp8->media[0].codec, Codec::vp8);
  EXPECT_EQ(vp8->session[0]->payload_type, 96);
  EXPECT_EQ(vp8->session[0]->rtx_payload_type, 97);
  EXPECT_EQ(vp8->session[0]->transport_cc_id, 3);
  EXPECT_EQ(vp8->media[0].ssrcs, (std::vector<uint32_t>{11, 12}));
  EXPECT_EQ(h264->session[0]->payload_type, 102);
  EXPECT_EQ(h264->session[0]->rtx_payload_type, -1) << "no NACK was offered with it";
  EXPECT_EQ(h264->session[0]->transport_cc_id, 0);
  EXPECT_EQ(h264->media[1].kind, MediaKind::audio);
}

TEST(PlanReceive, AMediumWithoutACommonCodecIsRefusedWithBothLists) {
  auto none = plan(offer_of(video_line() + audio_line()), {Codec::vp9});  // 10 bits only
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().sentence.find("H264, VP8, VP9"), std::string::npos);
  auto silent = plan(offer_of(video_line() + audio_line()), {Codec::vp8}, {});
  ASSERT_FALSE(silent);
  EXPECT_NE(silent.error().sentence.find("what is taken here is nothing"), std::string::npos);
}

TEST(PlanReceive, AClockRateThatIsNotTheCodecsIsNotTaken) {
  EXPECT_TRUE(plan(offer_of(audio_line()), {Codec::vp8}));
  EXPECT_FALSE(plan(offer_of(audio_line(111, "opus/1/2")), {Codec::vp8}));
  EXPECT_TRUE(plan(offer_of(audio_line(8, "PCMA/8000")), {}, {Codec::pcma}));
}

TEST(PlanReceive, WhatIsNotSentIsNotTaken) {
  auto sound = plan(offer_of(video_line("recvonly") + audio_line()), {Codec::vp8});
  ASSERT_TRUE(sound);
  ASSERT_EQ(sound->media.size(), 1u);
  EXPECT_EQ(sound->session[0]->mline, 1u);
  EXPECT_FALSE(plan(offer_of(video_line("inactive")), {Codec::vp8}));
}

TEST(PlanReceive, NoBundleOrMediaThatCannotBeToldApartIsAnError) {
  auto apart = plan(offer_of(video_line() + audio_line(), ""), {Codec::vp8});
  ASSERT_FALSE(apart);
  EXPECT_NE(apart.error().sentence.find("BUNDLE"), std::string::npos);
  EXPECT_FALSE(plan(offer_of(video_line() + audio_line(96)), {Codec::vp8}));
}

TEST(PlanReceive, WebrtcbinSeesOneCodecTheSsrcsAndNoMidExtension) {
  RemoteDescription offer = offer_of(video_line() + audio_line());
  auto received = plan(offer, {Codec::vp8});
  ASSERT_TRUE(received);
  auto clean = clean_offer(offer, received->session, MediaDirection::sendonly);
  ASSERT_TRUE(clean);
  char* raw = gst_sdp_message_as_text(clean->sdp.get());
  std::string text = raw;
  g_free(raw);
  for (const char* part : {"a=sendonly", "a=ssrc:11 cname:", "a=ssrc:12 cname:",
                           "a=rtpmap:96 VP8/90000", "a=rtpmap:97 RTX/90000", "a=extmap:3 ",
                           "a=mid:0", "a=mid:1"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  // webrtcbin aborts on packets whose mid contradicts the SSRC's m-line.
  for (const char* part : {"sdes:mid", "H264", "VP9", "ssrc-group"})
    EXPECT_EQ(text.find(part), std::string::npos) << part << "\n" << text;
}

std::string answered(const RemoteDescription& offer) {
  auto received = plan(offer, {Codec::vp8});
  auto clean = clean_offer(offer, received->session, MediaDirection::sendonly);
  EXPECT_EQ(received->media[0].layered, offer.media[0].wanted_layers().size() > 1);
  return answer_for_viewer(clean->sdp.get(), offer, *clean, received->session, {});
}

TEST(PlanReceive, TheColoursThatItsCodecDoesNotTellAreTakenBesideIt) {
  const std::string colours = "a=extmap:8 http://www.webrtc.org/experiments/rtp-hdrext/color-space";
  RemoteDescription offer = offer_of(video_line() + colours + "\n" + audio_line());
  EXPECT_NE(answered(offer).find(colours + "\r\n"), std::string::npos) << answered(offer);
  EXPECT_EQ(answered(offer_of(video_line() + audio_line())).find("color-space"), std::string::npos);
  auto received = plan(offer, {Codec::vp8}), of_h264 = plan(offer, {Codec::h264});
  ASSERT_TRUE(received && of_h264);
  EXPECT_EQ(received->session[0]->color_space_id, 8);
  EXPECT_EQ(of_h264->session[0]->color_space_id, 0);
  auto clean = clean_offer(offer, received->session, MediaDirection::sendonly);
  ASSERT_TRUE(clean);
  std::unique_ptr<char, decltype(&g_free)> text(gst_sdp_message_as_text(clean->sdp.get()), g_free);
  EXPECT_EQ(std::string(text.get()).find("color-space"), std::string::npos) << "nor of webrtcbin";
}

TEST(PlanReceive, AllLayersOfAPictureAreTakenWhereNothingTellsTheLargest) {
  const std::string rid = "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n",
                    rids = "a=rid:0 send\na=rid:1 send\na=rid:2 send\n";
  std::string answer = answered(offer_of(video_line() + rid + rids + "a=simulcast:send 0;~1;2\n"));
  EXPECT_NE(answer.find("a=simulcast:recv 0;1;2\r\n"), std::string::npos) << answer;
  for (const char* each : {"a=rid:0 recv\r\n", "a=rid:1 recv\r\n", "a=rid:2 recv\r\n",
                           "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"})
    EXPECT_NE(answer.find(each), std::string::npos) << each;
  EXPECT_EQ(answer.find("sdes:mid"), std::string::npos);
  for (const std::string& none :
       {std::string(), rid, rid + rids, rids + "a=simulcast:send q;h;f\n",
        rid + "a=simulcast:send f\n", rid + "a=simulcast:send f;f;f\n",
        rid + "a=simulcast:recv q;h;f\n", rid + "a=simulcast:send f;<b>;\xc3\xa9\n"})
    EXPECT_EQ(answered(offer_of(video_line() + none)).find("simulcast"), std::string::npos) << none;
  std::string many = "a=simulcast:recv 1 send 0";
  for (int i = 1; i < 400; i++)
    many += ";" + std::to_string(i) + ",x";
  EXPECT_EQ(offer_of(video_line() + rid + many + "\n").media[0].layers.size(), 8u);
}

TEST(PlanReceive, TheLargestLayerAloneIsTakenWhereItsNameTells) {
  const std::string rid = "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\n";
  for (auto [layers, largest] : {std::pair{"q;h;f", "f"}, {"f;h;q", "f"}, {"h;m;l", "h"},
                                 {"low;mid;high", "high"}, {"hi;mid;lo", "hi"}}) {
    std::string answer =
        answered(offer_of(video_line() + rid + "a=simulcast:send " + layers + "\n"));
    EXPECT_NE(answer.find("a=simulcast:recv " + std::string(largest) + "\r\n"),
              std::string::npos)
        << answer;
    EXPECT_NE(answer.find("a=rid:" + std::string(largest) + " recv\r\n"), std::string::npos);
  }
}

// Two lines, as an answer to an offer of `offered`'s payload types would have them.
std::string answer_line(const RemoteMedia& offered, const std::string& mid,
                        const std::vector<size_t>& taken,
                        const std::string& direction = "sendonly") {
  std::string line = "m=" + offered.kind + " 9 UDP/TLS/RTP/SAVPF", rest;
  for (size_t index : taken) {
    const RemotePayload& payload = offered.payloads[index];
    std::string type = std::to_string(payload.type);
    line += " " + type;
    rest += "a=rtpmap:" + type + " " + payload.encoding + "/" +
            std::to_string(payload.clock_rate) + "\n";
    for (const std::string& feedback : payload.feedback)
      rest += "a=rtcp-fb:" + type + " " + feedback + "\n";
    if (payload.encoding == "RTX") rest += "a=fmtp:" + type + " apt=" + payload.parameters.at("apt") + "\n";
  }
  return line + "\na=rtcp-mux\na=" + direction + "\na=mid:" + mid + "\n" + rest;
}

TEST(PlanReceiveOffer, ListsEveryCodecInOurOrderWithPayloadTypesOfItsOwn) {
  auto lines = plan_receive_offer({Codec::vp8, Codec::h264, Codec::vp9, Codec::av1, Codec::h265},
                                  {Codec::opus, Codec::pcma, Codec::pcmu}, true);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].payloads[0].encoding, "VP8");
  EXPECT_EQ(lines[0].payloads[1].encoding, "RTX");
  EXPECT_EQ(lines[0].payloads[2].encoding, "H264");
  EXPECT_EQ(lines[1].payloads[0].encoding, "OPUS");
  EXPECT_EQ(lines[1].payloads[1].type, 8);
  EXPECT_EQ(lines[1].payloads[2].type, 0);
  std::set<int> types;
  for (const RemoteMedia& line : lines)
    for (const RemotePayload& payload : line.payloads) {
      EXPECT_TRUE(types.insert(payload.type).second) << "twice: " << int{payload.type};
      EXPECT_LT(payload.type, 128);
    }
}

TEST(PlanReceiveOffer, AKindWithoutACodecHasNoLine) {
  auto lines = plan_receive_offer({}, {Codec::opus}, true);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].kind, "audio");
  EXPECT_TRUE(plan_receive_offer({}, {}, true).empty());
}

TEST(ReadReceiveAnswer, TheFirstCodecThatTheAnswerNamesIsTaken) {
  auto offered = plan_receive_offer({Codec::h264, Codec::vp8}, {Codec::opus}, true);
  // H.264 in three forms, each with its retransmission, then VP8.
  auto plan = read_receive_answer(
      offer_of(answer_line(offered[0], "v", {6, 7, 0}) + answer_line(offered[1], "a", {0})),
      offered);
  ASSERT_TRUE(plan) << plan.error().sentence;
  ASSERT_EQ(plan->media.size(), 2u);
  EXPECT_EQ(plan->media[0].codec, Codec::vp8);
  EXPECT_EQ(plan->media[0].plan.payload_type, offered[0].payloads[6].type);
  EXPECT_EQ(plan->media[0].plan.rtx_payload_type, offered[0].payloads[7].type);
  EXPECT_EQ(plan->media[1].codec, Codec::opus);
}

TEST(ReadReceiveAnswer, AMediumThatTheAnswerDoesNotSendIsLeftOut) {
  auto offered = plan_receive_offer({Codec::vp8}, {Codec::opus}, true);
  auto plan = read_receive_answer(offer_of(answer_line(offered[0], "v", {0}, "inactive") +
                                           answer_line(offered[1], "a", {0})),
                                  offered);
  ASSERT_TRUE(plan) << plan.error().sentence;
  EXPECT_FALSE(plan->session[0]);
  ASSERT_EQ(plan->media.size(), 1u);
  EXPECT_EQ(plan->media[0].plan.mline, 1u);
}

TEST(ReadReceiveAnswer, WhatWasNotOfferedIsRefused) {
  auto offered = plan_receive_offer({Codec::vp8}, {Codec::opus}, true);
  auto other = plan_receive_offer({Codec::vp9}, {Codec::opus}, true);
  auto sound = answer_line(offered[1], "a", {0});
  for (const std::string& answer :
       {answer_line(other[0], "v", {0}) + sound, answer_line(offered[0], "v", {1}) + sound,
        answer_line(offered[0], "v", {0}),
        answer_line(offered[0], "v", {0}, "inactive") +
            answer_line(offered[1], "a", {0}, "recvonly")}) {
    auto plan = read_receive_answer(offer_of(answer), offered);
    ASSERT_FALSE(plan) << answer;
    EXPECT_NE(plan.error().sentence.find("answer"), std::string::npos);
  }
}

}  // namespace
}  // namespace webcast::test
