// The server's small parts without sockets: streams, counts, the frame meter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/address_key.hpp"
#include "common/clean_text.hpp"
#include "common/ref.hpp"
#include "signaling/protocol/stream_meta.hpp"
#include "signaling/server/http/client.hpp"
#include "signaling/server/http/frame_meter.hpp"
#include "signaling/server/http/local_address.hpp"
#include "signaling/server/switchboard/streams.hpp"

namespace webcast {
namespace {

TEST(Streams, SinceStaysWhileLive) {
  Streams streams;
  ASSERT_TRUE(streams.add("live"));
  EXPECT_EQ(streams.only(), "live");
  EXPECT_EQ(streams.json(), R"({"streams":[]})");
  streams.update({.name = "live", .live = true});
  std::string first = streams.json();
  EXPECT_THAT(
      first, testing::MatchesRegex(R"(.*"since":"2[0-9-]+T[0-9:]+Z","video":\[\],"audio":\[\].*)"));
  streams.update({.name = "live", .live = true});
  EXPECT_EQ(streams.json(), first);
  streams.update({.name = "unknown", .live = true});
  EXPECT_EQ(streams.json(), first);
  EXPECT_FALSE(streams.add("live"));
  ASSERT_TRUE(streams.add("other"));
  EXPECT_EQ(streams.only(), "");
  streams.remove("live");
  EXPECT_EQ(streams.only(), "other");
}

TEST(Streams, ThoseOfOthersAreListedToo) {
  Streams streams;
  StreamStatus far{.name = "far", .live = true, .viewers = 3, .since = "S", .video = {"VP8"}};
  EXPECT_EQ(streams.only({far}), "far");
  EXPECT_EQ(streams.json({far}),
            R"({"streams":[{"name":"far","viewers":3,"since":"S","video":["VP8"],"audio":[]}]})");
  ASSERT_TRUE(streams.add("near"));
  EXPECT_EQ(streams.only({far}), "");
}

TEST(StreamMeta, TellsWhatAProducerHas) {
  StreamMeta stream{"live", {"H264 1280x720"}, {"OPUS \"stereo\""}};
  std::string text = write_stream_meta(stream);
  EXPECT_THAT(text, testing::HasSubstr(R"("name":"live","video":1,"audio":1)"));
  EXPECT_EQ(read_stream_meta(text), stream);
}

TEST(StreamMeta, CarriesATitleOfOneCleanLine) {
  StreamMeta stream{"live", {"VP8"}, {}, "Der Garten \"im Mai\""};
  EXPECT_EQ(read_stream_meta(write_stream_meta(stream)), stream);
  EXPECT_EQ(write_stream_meta({"live", {"VP8"}, {}, "T"}, TrackLines::left_out),
            R"({"name":"live","title":"T","video":1,"audio":0})");
  EXPECT_EQ(read_stream_meta(R"({"name":"a","title":" two\nlines\u202e\u001b[2J "})").title,
            "two lines [2J");
  EXPECT_EQ(read_stream_meta(R"({"name":"a","title":[7]})").title, "");
  std::string cut =
      read_stream_meta(R"({"name":"a","title":")" + std::string(3000, 'x') + "\"}").title;
  EXPECT_LE(cut.size(), kLongestTitle);
  EXPECT_TRUE(cut.ends_with("…"));
}

TEST(StreamMeta, TellsThatNoKeyframeComesWhileItIsSo) {
  StreamMeta stream{"live", {"H264"}, {}};
  EXPECT_THAT(write_stream_meta(stream), testing::Not(testing::HasSubstr("notice")));
  stream.notice = StreamNotice::no_keyframe;
  EXPECT_THAT(write_stream_meta(stream), testing::HasSubstr(R"("notice":"no-keyframe")"));
}

TEST(StreamMeta, TakesAnyJson) {
  for (const char* text : {"", "null", "[]", "{", "1", R"({"name":null})", R"({"name":"a b"})"})
    EXPECT_EQ(read_stream_meta(text), StreamMeta{}) << text;
  EXPECT_EQ(read_stream_meta(R"({"name":"a","tracks":{"video":[1,{}," "],"audio":"x"}})"),
            (StreamMeta{"a", {" "}, {}}));
  EXPECT_EQ(read_stream_meta(R"({"name":"a","tracks":[]})"), (StreamMeta{"a", {}, {}}));
}

TEST(AddressCounts, BoundOneAddressAndAllTogether) {
  AddressCounts counts;
  EXPECT_TRUE(counts.add("a", 2, 3));
  EXPECT_TRUE(counts.add("a", 2, 3));
  EXPECT_FALSE(counts.add("a", 2, 3));
  EXPECT_TRUE(counts.add("b", 2, 3));
  EXPECT_FALSE(counts.add("c", 2, 3));
  counts.remove("a");
  counts.remove("unknown");
  EXPECT_TRUE(counts.add("c", 2, 3));
  EXPECT_EQ(counts.total(), 3u);
}

Ref<GSocketAddress> socket_of(const char* address) {
  auto inet = adopt(g_inet_address_new_from_string(address));
  return adopt(g_inet_socket_address_new(inet.get(), 1));
}
std::string key_of(const char* address) {
  return peer_key(socket_of(address).get());
}

TEST(PeerKey, IsTheAddressOrTheNetworkThatOnePeerHas) {
  EXPECT_EQ(key_of("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(key_of("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(key_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  EXPECT_EQ(key_of("2001:db8:1:2::9"), "2001:db8:1:2::");
  EXPECT_EQ(key_of("::1"), "::1");
  EXPECT_TRUE(is_loopback_key(key_of("127.0.0.1")));
  EXPECT_FALSE(is_loopback_key(key_of("192.0.2.1")));
}

TEST(PeerAddress, IsWholeAndOfItsOwnFamily) {
  EXPECT_EQ(peer_address(socket_of("::ffff:192.0.2.1").get()), "192.0.2.1");
  EXPECT_EQ(peer_address(socket_of("2001:db8:1:2::9").get()), "2001:db8:1:2::9");
  EXPECT_EQ(peer_address(nullptr), "");
}

size_t pass(SoupWebsocketExtension* meter, guint8 opcode, bool last, size_t size) {
  guint8 header[2] = {static_cast<guint8>((last ? 0x80 : 0) | opcode), 0};
  std::string payload(size, 'x');
  GBytes* bytes = soup_websocket_extension_process_incoming_message(
      meter, header, g_bytes_new(payload.data(), size), nullptr);
  size_t passed = g_bytes_get_size(bytes);
  g_bytes_unref(bytes);
  return passed;
}

TEST(FrameMeter, CountsAMessageOverItsFragmentsAndThrowsAwayTheRest) {
  int told = 0;
  auto meter = adopt(frame_meter_new(100, {.message_too_big = [&] { told++; }, .sending = {}}));
  EXPECT_EQ(pass(meter.get(), 1, false, 60), 60u);
  EXPECT_EQ(pass(meter.get(), 9, true, 50), 50u) << "a ping in between is not counted";
  EXPECT_EQ(pass(meter.get(), 0, true, 40), 40u);
  EXPECT_EQ(pass(meter.get(), 1, true, 100), 100u) << "the next message begins at zero";
  EXPECT_EQ(told, 0);
  EXPECT_EQ(pass(meter.get(), 1, false, 100), 100u);
  EXPECT_EQ(pass(meter.get(), 0, false, 1), 0u);
  EXPECT_EQ(pass(meter.get(), 0, true, 1), 0u);
  EXPECT_EQ(pass(meter.get(), 1, true, 1), 0u) << "nothing passes afterwards";
  EXPECT_EQ(told, 1);
}

TEST(LocalAddress, IsNoLoopbackWhereThereIsAnother) {
  EXPECT_NE(first_network_address(), "");
  EXPECT_EQ(machine_names().size(), 2u);
}

}  // namespace
}  // namespace webcast
