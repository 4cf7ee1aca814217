// Whole sessions over loopback: the peer and a webrtcbin that receives.
#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include "plugins/sdp/candidate.hpp"
#include "tests/unit/peer/rig.hpp"

namespace webcast::test {
namespace {

const std::vector<ViewerMedium> kVp8 = {{"video", "VP8", 100}};

std::string reason(Rig& rig) {
  if (rig.closed()) return rig.closed()->sentence;
  return std::string(rig.connected() ? "connected" : "not connected") + ", the viewer " +
         rig.viewer->state() + ", " + std::to_string(rig.our_candidates().size()) +
         " candidates; our description:\n" + rig.our_sdp();
}

std::string without_fingerprint(const std::string& sdp) {
  return std::regex_replace(sdp, std::regex("a=fingerprint:[^\r\n]*\r?\n"), "");
}
std::string with_fingerprint(const std::string& sdp, const std::string& value) {
  return std::regex_replace(sdp, std::regex("a=fingerprint:[^\r\n]*"), "a=fingerprint:" + value);
}
std::string falsified(const std::string& sdp) {
  std::string digits = "00";
  for (int i = 0; i < 31; ++i)
    digits += ":11";
  return with_fingerprint(sdp, "sha-256 " + digits);
}
std::string sha1_only(const std::string& sdp) {
  std::string digits = "00";
  for (int i = 0; i < 19; ++i)
    digits += ":11";
  return with_fingerprint(sdp, "sha-1 " + digits);
}

TEST(Peer, AnswersAViewersOffer) {
  Rig rig;
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_connected()) << reason(rig);
  EXPECT_TRUE(rig.wait_packets(30));
  EXPECT_EQ(rig.viewer->packets_by_payload_type().begin()->first, 100);
  g_print("set-up time, viewer offers: %d ms\n", rig.setup_ms.load());
}

TEST(Peer, OffersToAPlainClient) {
  Rig rig;
  rig.sink_offers();
  ASSERT_TRUE(rig.wait_connected()) << reason(rig);
  EXPECT_TRUE(rig.wait_packets(30));
  g_print("set-up time, sink offers: %d ms\n", rig.setup_ms.load());
}

TEST(Peer, SendsH264AndOpusToAViewerThatOffers) {
  Rig rig({video_format(Codec::h264), audio_format()});
  rig.viewer_offers({{"audio", "OPUS", 109}, {"video", "H264", 104}});  // the other way round
  ASSERT_TRUE(rig.wait_connected()) << reason(rig);
  EXPECT_TRUE(eventually([&] {
    auto types = rig.viewer->packets_by_payload_type();
    return types[104] > 20 && types[109] > 5;
  }));
  EXPECT_EQ(rig.viewer->packets_by_payload_type().size(), 2u);
}

TEST(Peer, OffersVideosOfTwoCodecsAndSound) {
  Rig rig({video_format(Codec::h264, 0x1111), video_format(Codec::vp8, 0x3333), audio_format()});
  rig.sink_offers();
  ASSERT_TRUE(rig.wait_connected()) << reason(rig);
  EXPECT_TRUE(eventually([&] {
    auto sources = rig.viewer->packets_by_ssrc();
    return sources[0x1111] > 10 && sources[0x3333] > 10 && sources[0x2222] > 5;
  }));
}

TEST(Peer, AnswersMoreLinesThanItHasMedia) {
  Rig rig({video_format(Codec::vp8)});
  rig.viewer_offers({{"audio", "OPUS", 109},
                     {"video", "H264", 104},
                     {"video", "VP8", 100},
                     {"video", "VP8", 100}});
  ASSERT_TRUE(rig.wait_connected()) << reason(rig);
  EXPECT_TRUE(rig.wait_packets(30));
}

TEST(Peer, AnswersTwoVideosOfOneCodec) {
  Rig rig({video_format(Codec::vp8, 0x1111), video_format(Codec::vp8, 0x3333)});
  rig.viewer_offers({{"video", "VP8", 100}, {"video", "VP8", 100}});
  ASSERT_TRUE(rig.wait_connected()) << reason(rig);
  EXPECT_TRUE(eventually([&] {
    auto sources = rig.viewer->packets_by_ssrc();
    return sources[0x1111] > 10 && sources[0x3333] > 10;
  }));
}

TEST(Peer, LeavesOutAMediumThatTheViewerHasNoLineFor) {
  Rig rig({video_format(), audio_format()});
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_connected()) << reason(rig);
  rig.control.call([&] {
    EXPECT_TRUE(rig.peer->egress(0));
    EXPECT_FALSE(rig.peer->egress(1));
    EXPECT_FALSE(rig.peer->egress(7));
    EXPECT_EQ(rig.peer->stats().media.size(), 1u);
  });
}

// Who signals and who speaks DTLS must be the same: nothing leaves otherwise.
class PeerFingerprint : public testing::TestWithParam<std::tuple<bool, int>> {};

TEST_P(PeerFingerprint, NeverSendsAPacketUnlessItMatches) {
  auto [viewer_offers, kind] = GetParam();
  LoopViewer::Text change = kind == 0 ? falsified : kind == 1 ? without_fingerprint : sha1_only;
  Rig rig;
  rig.viewer->change_description = change;
  if (viewer_offers)
    rig.viewer_offers(kVp8);
  else
    rig.sink_offers();
  ASSERT_TRUE(eventually([&] { return rig.closed().has_value(); }));
  EXPECT_EQ(rig.closed()->code, ErrorCode::refused);
  EXPECT_FALSE(rig.connected());
  rig.stop();
  Peer::wait_for_reaper();
  g_print("%s\n", rig.closed()->sentence.c_str());
}

INSTANTIATE_TEST_SUITE_P(Falsified, PeerFingerprint,
                         testing::Combine(testing::Bool(), testing::Values(0, 1, 2)));

TEST(Peer, KeepsCandidatesThatComeBeforeTheDescription) {
  Rig rig;
  // They go to a peer that has not even started.
  rig.control.call([&] {
    for (int i = 0; i < 500; ++i)
      rig.peer->add_remote_candidate(
          {0, "candidate:1 1 udp 5 127.0.0.1 " + std::to_string(40000 + i) + " typ host"});
    rig.peer->add_remote_candidate({3, "nonsense"});
    rig.peer->add_remote_candidate({0, ""});
  });
  rig.viewer_offers(kVp8);
  // The viewer is found although the bound was reached: its own checks tell its address.
  ASSERT_TRUE(rig.wait_connected()) << reason(rig);
}

TEST(Peer, ConnectsWithCandidatesThatComeLate) {
  Rig rig;
  rig.hold_candidates = true;
  rig.sink_offers();
  ASSERT_TRUE(eventually([&] { return rig.viewer->state() == "connecting"; }));
  rig.release_candidates();
  ASSERT_TRUE(rig.wait_connected()) << reason(rig);
}

TEST(Peer, ResendsWhatWasLost) {
  Rig rig({video_format()});
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_connected()) << reason(rig);
  ASSERT_TRUE(rig.wait_packets(50));
  rig.viewer->lose_every(20);
  EXPECT_TRUE(eventually([&] {
    PeerStats stats = rig.stats();
    return !stats.media.empty() && stats.media[0].nack > 0 && stats.media[0].retransmitted > 0;
  }));
  PeerStats stats = rig.stats();
  g_print("nack %u, retransmitted %u\n", static_cast<unsigned>(stats.media[0].nack),
          static_cast<unsigned>(stats.media[0].retransmitted));
}

TEST(Peer, TellsWhatTheViewerReports) {
  Rig rig({video_format(), audio_format()});
  rig.viewer_offers({{"video", "VP8", 100}, {"audio", "OPUS", 109}});
  ASSERT_TRUE(rig.wait_connected()) << reason(rig);
  EXPECT_TRUE(eventually([&] {
    PeerStats stats = rig.stats();
    return stats.state == "connected" && stats.media.size() == 2 && stats.media[0].bitrate > 0 &&
           stats.media[1].bitrate > 0 && stats.media[0].round_trip_ms > 0;
  }));
  PeerStats stats = rig.stats();
  EXPECT_GE(stats.setup_ms, 0);
  EXPECT_EQ(stats.media[0].track, "track_0");
  EXPECT_GT(stats.media[0].packets, stats.media[1].packets);
}

TEST(Peer, AsksTheRenditionForKeyframes) {
  Rig rig;
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_packets(30));
  unsigned before = rig.keyframe_requests;
  rig.viewer->request_keyframe();
  EXPECT_TRUE(eventually([&] { return rig.keyframe_requests > before; }));
}

TEST(Peer, NoticesAViewerThatStops) {
  PeerSettings settings;
  settings.silence_timeout = std::chrono::seconds(5);
  Rig rig({video_format()}, settings);
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_packets(30));
  rig.viewer->stop();
  ASSERT_TRUE(eventually([&] { return rig.closed().has_value(); }));
}

TEST(Peer, NoticesAViewerThatFallsSilent) {
  PeerSettings settings;
  settings.silence_timeout = std::chrono::seconds(5);
  Rig rig({video_format()}, settings);
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_packets(30));
  rig.viewer->mute();
  ASSERT_TRUE(eventually([&] { return rig.closed().has_value(); }));
  EXPECT_EQ(rig.closed()->code, ErrorCode::timeout);
}

TEST(Peer, GivesUpOnAViewerThatNeverAnswers) {
  PeerSettings settings;
  settings.connect_timeout = std::chrono::milliseconds(300);
  Rig rig({video_format()}, settings);
  rig.viewer->on_description = nullptr;
  rig.sink_offers();
  ASSERT_TRUE(eventually([&] { return rig.closed().has_value(); }));
  EXPECT_EQ(rig.closed()->code, ErrorCode::timeout);
}

TEST(Peer, SaysThatTheViewerRejectedTheCodec) {
  Rig rig({video_format(Codec::h264)});
  rig.change_answer = [](std::string sdp) {
    return std::regex_replace(sdp, std::regex("m=video [0-9]+ "), "m=video 0 ");
  };
  rig.sink_offers();
  ASSERT_TRUE(eventually([&] { return rig.closed().has_value(); }));
  EXPECT_EQ(rig.closed()->code, ErrorCode::not_supported);
  EXPECT_NE(rig.closed()->sentence.find("H264"), std::string::npos);
}

TEST(Peer, RefusesAnswersThatNobodyAskedFor) {
  Rig rig;
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_connected());
  rig.control.call([&] { rig.peer->set_remote_answer({SessionDescription::Type::answer, "v=0"}); });
  ASSERT_TRUE(rig.closed().has_value());
  EXPECT_EQ(rig.closed()->code, ErrorCode::invalid_argument);
}

TEST(Peer, RefusesDescriptionsOverTheLimits) {
  Rig rig;
  rig.viewer->change_description = [](std::string sdp) { return sdp + std::string(70'000, 'x'); };
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(eventually([&] { return rig.closed().has_value(); }));
  EXPECT_EQ(rig.closed()->code, ErrorCode::limit);
}

TEST(Peer, GathersOnTheAddressesAndPortsThatWereSet) {
  PeerSettings settings;
  settings.ice.local_addresses = {"127.0.0.1"};
  settings.ice.min_port = 47100;
  settings.ice.max_port = 47199;
  settings.ice.external_address = "203.0.113.9";
  Rig rig({video_format()}, settings);
  rig.viewer_offers(kVp8);
  ASSERT_TRUE(rig.wait_connected()) << reason(rig);
  std::string sdp = rig.our_sdp();
  std::regex line("a=(candidate:[^\r\n]*)");
  std::set<std::string> addresses;
  for (auto it = std::sregex_iterator(sdp.begin(), sdp.end(), line); it != std::sregex_iterator();
       ++it) {
    auto candidate = parse_candidate((*it)[1].str());
    ASSERT_TRUE(candidate) << (*it)[1];
    EXPECT_GE(candidate->port, 47100u);
    EXPECT_LE(candidate->port, 47199u);
    addresses.insert(candidate->address);
  }
  EXPECT_EQ(addresses, (std::set<std::string>{"127.0.0.1", "203.0.113.9"}));
  // What stands in the description is not said again.
  EXPECT_TRUE(rig.our_candidates().empty());
}

TEST(Peer, IncludesLoopbackWhenNoAddressIsSet) {
  ControlThread control("test-control");
  std::string sdp;
  std::mutex mutex;
  PeerEvents events;
  events.description = [&](const SessionDescription& description) {
    std::lock_guard lock(mutex);
    sdp = description.sdp;
  };
  Ref<GstClock> clock = adopt(gst_system_clock_obtain());
  std::shared_ptr<Peer> peer;
  control.call([&] {
    peer = *Peer::create("viewer", control, clock.get(), {}, {{"video_0", video_format(), {}}},
                         events);
    peer->start(std::nullopt);
  });
  EXPECT_TRUE(eventually([&] {
    std::lock_guard lock(mutex);
    return sdp.find(" 127.0.0.1 ") != std::string::npos;
  }));
  control.call([&] {
    peer->close();
    peer.reset();
  });
  Peer::wait_for_reaper();
}

TEST(PeerCreate, NamesWhatIsWrongWithTheSettings) {
  ControlThread control("test-control");
  Ref<GstClock> clock = adopt(gst_system_clock_obtain());
  auto create = [&](IceSettings ice) {
    PeerSettings settings;
    settings.ice = std::move(ice);
    auto peer = Peer::create("viewer", control, clock.get(), settings,
                             {{"video_0", video_format(), {}}}, {});
    return peer ? std::string() : peer.error().sentence;
  };
  EXPECT_EQ(create({}), "");
  EXPECT_NE(create({.stun_server = "example.org:3478"}).find("stun://"), std::string::npos);
  EXPECT_NE(create({.relay_only = true}).find("turn"), std::string::npos);
  std::string sentence = create({.turn_servers = {"http://user:secret@host"}});
  EXPECT_NE(sentence.find("turn://"), std::string::npos);
  EXPECT_EQ(sentence.find("secret"), std::string::npos);
  EXPECT_NE(create({.local_addresses = {"nowhere"}}).find("nowhere"), std::string::npos);
  EXPECT_NE(create({.min_port = 5, .max_port = 4}).find("min-port"), std::string::npos);
  EXPECT_NE(create({.external_address = "here"}).find("here"), std::string::npos);
  EXPECT_EQ(create({.stun_server = "stun://127.0.0.1:3478",
                    .turn_servers = {"turn://u:p@127.0.0.1:3478"},
                    .relay_only = true}),
            "");
  Peer::wait_for_reaper();
}

// Threads and descriptors of this process.
size_t count_entries(const char* directory) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

TEST(Peer, CanBeClosedAtAnyStage) {
  for (int stage = 0; stage < 24; ++stage) {
    Rig rig({video_format(), audio_format()});
    if (stage % 2 == 0)
      rig.viewer_offers({{"video", "VP8", 100}, {"audio", "OPUS", 109}});
    else
      rig.sink_offers();
    // Not a wait for anything: each round ends a little later in the negotiation.
    std::this_thread::sleep_for(std::chrono::milliseconds(stage * 5));
    rig.close_peer();
    EXPECT_FALSE(rig.closed());
  }
}

TEST(Peer, LeavesNothingBehind) {
  Peer::warm_up();
  Peer::wait_for_warm_up();
  auto round = [](bool viewer_offers) {
    Rig rig;
    if (viewer_offers)
      rig.viewer_offers(kVp8);
    else
      rig.sink_offers();
    ASSERT_TRUE(rig.wait_packets(3)) << reason(rig);
  };
  for (int i = 0; i < 4; ++i)
    round(i % 2 == 0);
  size_t threads = count_entries("/proc/self/task"), files = count_entries("/proc/self/fd");
  for (int i = 0; i < 100; ++i)
    round(i % 2 == 0);
  // Threads of GStreamer's and GLib's pools end by themselves a moment later.
  EXPECT_TRUE(eventually([&] {
    return count_entries("/proc/self/task") <= threads + 1 &&
           count_entries("/proc/self/fd") <= files + 1;
  })) << count_entries("/proc/self/task")
      << " threads, " << threads << " before; " << count_entries("/proc/self/fd")
      << " descriptors, " << files << " before";
}

}  // namespace
}  // namespace webcast::test

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
