// Offers as peers that nobody here wrote make them, written anew in their manner: the order of the
// lines, what they leave out, what they add.
#pragma once

#include <string>

namespace webcast::test {

inline const std::string kOfferedPassword = "0123456789012345678901";
inline const std::string kOfferedFingerprint =
    "a=fingerprint:sha-256 "
    "C8:DA:F4:B8:91:6B:64:80:34:4A:7A:47:80:D5:E5:B5:A0:38:93:28:10:8A:2D:B6:D4:08:51:86:A5:BF:E5:"
    "34\r\n";
inline const std::string kOfferedIce = "a=ice-ufrag:abcd\r\na=ice-pwd:" + kOfferedPassword + "\r\n";

inline std::string offer_head(const std::string& session, const std::string& attributes) {
  return "v=0\r\no=" + session + " IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + attributes;
}

// whipclientsink with one medium: webrtcbin names no group while its bundle-policy is none.
inline std::string whipclientsink_offer() {
  return offer_head("- 731122348857 0", "a=ice-options:trickle\r\n") +
         "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\n" +
         kOfferedIce +
         "a=rtcp-mux\r\na=rtcp-rsize\r\na=sendonly\r\na=rtpmap:96 H264/90000\r\n"
         "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 ccm fir\r\n"
         "a=framerate:30\r\n"
         "a=fmtp:96 packetization-mode=1;profile-level-id=42c016;sprop-parameter-sets="
         "Z0LAFtkAUAW6EAAAAwAQAAADA8DxYuSA,aMuMsg==\r\n"
         "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=ssrc-group:FID 11 12\r\n"
         "a=ssrc:11 msid:user1@host-1 webrtctransceiver0\r\na=ssrc:11 cname:user1@host-1\r\n"
         "a=ssrc:12 cname:user1@host-1\r\na=mid:video0\r\n" +
         kOfferedFingerprint + "a=rtcp-mux-only\r\n";
}

// whepclientsrc: H.264 without packetization-mode, one medium, no group.
inline std::string whepclientsrc_offer() {
  return offer_head("- 2244668800 0", "a=ice-options:trickle\r\n") +
         "m=video 9 UDP/TLS/RTP/SAVPF 102\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\n" +
         kOfferedIce +
         "a=rtcp-mux\r\na=rtcp-rsize\r\na=recvonly\r\na=rtpmap:102 H264/90000\r\n"
         "a=rtcp-fb:102 nack pli\r\na=rtcp-fb:102 ccm fir\r\n"
         "a=fmtp:102 profile-level-id=42e016\r\na=mid:video0\r\n" +
         kOfferedFingerprint + "a=rtcp-mux-only\r\n";
}

// webrtcsink with enable-data-channel-navigation: a section for messages behind the media.
inline std::string webrtcsink_navigation_offer() {
  return offer_head("- 991122334455 0",
                    "a=ice-options:trickle\r\na=group:BUNDLE video0 application1\r\n") +
         "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\n" + kOfferedIce +
         "a=rtcp-mux\r\na=rtcp-rsize\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n"
         "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 transport-cc\r\n"
         "a=extmap:1 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
         "a=ssrc:21 cname:user2@host-2\r\na=mid:video0\r\n" +
         kOfferedFingerprint +
         "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
         "a=setup:actpass\r\n" +
         kOfferedIce + "a=bundle-only\r\na=mid:application1\r\na=sctp-port:5000\r\n" +
         kOfferedFingerprint;
}

// FFmpeg's WHIP muxer: DTLS server always, no RTX, NACK without it.
inline std::string ffmpeg_offer() {
  std::string transport = kOfferedIce + kOfferedFingerprint + "a=setup:passive\r\n";
  return offer_head("FFmpeg 4489045141692799359 2",
                    "a=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n") +
         "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n" + transport +
         "a=mid:0\r\na=sendonly\r\na=msid:FFmpeg audio\r\na=rtcp-mux\r\n"
         "a=rtpmap:111 opus/48000/2\r\na=ssrc:31 cname:FFmpeg\r\na=ssrc:31 msid:FFmpeg audio\r\n"
         "m=video 9 UDP/TLS/RTP/SAVPF 106\r\nc=IN IP4 0.0.0.0\r\n" +
         transport +
         "a=mid:1\r\na=sendonly\r\na=msid:FFmpeg video\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
         "a=rtpmap:106 H264/90000\r\n"
         "a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
         "a=rtcp-fb:106 nack\r\na=ssrc:32 cname:FFmpeg\r\na=ssrc:32 msid:FFmpeg video\r\n";
}

// pion: the certificate at session level, many codecs, VP8 first.
inline std::string pion_offer() {
  return offer_head("- 5834712940234871 1700000000",
                    "a=msid-semantic:WMS*\r\n" + kOfferedFingerprint +
                        "a=extmap-allow-mixed\r\na=group:BUNDLE 0\r\n") +
         "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 45\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\n"
         "a=mid:0\r\n" +
         kOfferedIce +
         "a=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb \r\n"
         "a=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack \r\na=rtcp-fb:96 nack pli\r\n"
         "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:102 H264/90000\r\n"
         "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n"
         "a=rtcp-fb:102 nack \r\na=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n"
         "a=rtpmap:45 AV1/90000\r\na=ssrc:41 cname:pion\r\na=msid:pion video\r\na=sendonly\r\n"
         "a=candidate:233762139 1 udp 2130706431 192.0.2.7 38745 typ host ufrag abcd\r\n"
         "a=end-of-candidates\r\n";
}

// OBS (libdatachannel): transport at session level, two groups.
inline std::string obs_offer() {
  return offer_head("rtc 2584152310 0",
                    "a=group:BUNDLE 0 1\r\na=group:LS 0 1\r\na=msid-semantic:WMS *\r\n"
                    "a=setup:actpass\r\n" +
                        kOfferedIce + "a=ice-options:ice2,trickle\r\n" + kOfferedFingerprint) +
         "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\n"
         "a=ssrc:51 cname:obs\r\na=ssrc:51 msid:obs audio\r\na=msid:obs audio\r\na=rtcp-mux\r\n"
         "a=rtpmap:111 opus/48000/2\r\n"
         "a=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1\r\n"
         "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=sendonly\r\n"
         "a=ssrc:52 cname:obs\r\na=ssrc:52 msid:obs video\r\na=msid:obs video\r\na=rtcp-mux\r\n"
         "a=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"
         "a=rtcp-fb:96 goog-remb\r\n"
         "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1\r\n";
}

// aiortc as a viewer: each m-line ends with its transport, an RTX stream of its own although it
// sends nothing.
inline std::string aiortc_offer() {
  return offer_head("- 4004890831 4004890831", "a=group:BUNDLE 0\r\na=msid-semantic:WMS *\r\n") +
         "m=video 39548 UDP/TLS/RTP/SAVPF 97 98 101 102\r\nc=IN IP4 192.0.2.2\r\na=recvonly\r\n"
         "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=mid:0\r\n"
         "a=msid:1700bbc2 163f01e8\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=rtcp-mux\r\n"
         "a=ssrc-group:FID 61 62\r\na=ssrc:61 cname:aiortc\r\na=ssrc:62 cname:aiortc\r\n"
         "a=rtpmap:97 VP8/90000\r\na=rtcp-fb:97 nack\r\na=rtcp-fb:97 nack pli\r\n"
         "a=rtpmap:98 rtx/90000\r\na=fmtp:98 apt=97\r\na=rtpmap:101 H264/90000\r\n"
         "a=rtcp-fb:101 nack\r\na=rtcp-fb:101 nack pli\r\n"
         "a=fmtp:101 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
         "a=rtpmap:102 rtx/90000\r\na=fmtp:102 apt=101\r\n"
         "a=candidate:f957a2332b1715da3b0ef8ba684454eb 1 udp 2130706431 192.0.2.2 39548 typ "
         "host\r\n"
         "a=end-of-candidates\r\n" +
         kOfferedIce + kOfferedFingerprint + "a=setup:actpass\r\n";
}

}  // namespace webcast::test
