// What the packets of a rendition look like: headers, extensions, sizes, grouping.
#include <gst/rtp/gstrtpbuffer.h>

#include <set>

#include "tests/unit/media/track_fixture.hpp"

namespace webcast {
namespace {

const char* const kTestPicture =
    "videotestsrc is-live=true pattern=snow ! video/x-raw,width=320,height=240,framerate=30/1";

struct Packet {
  guint8 payload_type = 0;
  guint32 ssrc = 0, timestamp = 0;
  guint16 sequence = 0;
  bool marker = false;
  gsize size = 0;
  std::vector<guint8> transport_cc, playout_delay;
};

Packet read(GstBuffer* buffer, const RtpFormat& format) {
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  Packet packet;
  EXPECT_TRUE(gst_rtp_buffer_map(buffer, GST_MAP_READ, &rtp));
  packet.payload_type = gst_rtp_buffer_get_payload_type(&rtp);
  packet.ssrc = gst_rtp_buffer_get_ssrc(&rtp);
  packet.timestamp = gst_rtp_buffer_get_timestamp(&rtp);
  packet.sequence = gst_rtp_buffer_get_seq(&rtp);
  packet.marker = gst_rtp_buffer_get_marker(&rtp);
  packet.size = gst_buffer_get_size(buffer);
  auto extension = [&rtp](guint8 id) {
    gpointer data = nullptr;
    guint size = 0;
    if (!id || !gst_rtp_buffer_get_extension_onebyte_header(&rtp, id, 0, &data, &size))
      return std::vector<guint8>();
    auto* bytes = static_cast<guint8*>(data);
    return std::vector<guint8>(bytes, bytes + size);
  };
  packet.transport_cc = extension(format.transport_cc_id);
  packet.playout_delay = extension(format.playout_delay_id);
  gst_rtp_buffer_unmap(&rtp);
  return packet;
}

class Packets : public TrackTest, public ::testing::WithParamInterface<Codec> {};

TEST_P(Packets, AFrameIsAllPacketsOfOnePictureAndTheNumbersGoOn) {
  Feeder feeder(make_track(MediaKind::video), kTestPicture);
  wait_for_input();
  auto held = hold({GetParam()});
  ASSERT_EQ(held->error, "");
  held->sink->wait_for_frames(8);
  std::set<guint32> timestamps;
  std::optional<guint16> last;
  auto frames = held->sink->frames();
  for (const RtpFrame& frame : frames) {
    guint length = gst_buffer_list_length(frame.packets.get());
    guint64 bytes = 0;
    guint32 timestamp = 0;
    for (guint i = 0; i < length; i++) {
      Packet packet = read(gst_buffer_list_get(frame.packets.get(), i), held->format);
      EXPECT_EQ(packet.payload_type, held->format.payload_type);
      EXPECT_EQ(packet.ssrc, held->format.ssrc);
      EXPECT_EQ(packet.marker, i + 1 == length);
      EXPECT_LE(packet.size, 1220u);
      EXPECT_EQ(packet.transport_cc.size(), 2u);
      EXPECT_TRUE(packet.playout_delay.empty());
      if (last) {
        EXPECT_EQ(packet.sequence, static_cast<guint16>(*last + 1));
      }
      if (i > 0) {
        EXPECT_EQ(packet.timestamp, timestamp);
      }
      last = packet.sequence;
      timestamp = packet.timestamp;
      bytes += packet.size;
    }
    EXPECT_EQ(bytes, frame.bytes);
    timestamps.insert(timestamp);
  }
  EXPECT_EQ(timestamps.size(), frames.size());
  EXPECT_GT(gst_buffer_list_length(frames.front().packets.get()), 3u);
}

INSTANTIATE_TEST_SUITE_P(Each, Packets, ::testing::Values(Codec::h264, Codec::vp8, Codec::vp9));

class Extensions : public TrackTest {
 protected:
  Packet first_packet(int playout_delay_ms, MediaKind kind) {
    TrackSettings settings;
    settings.playout_delay_ms = playout_delay_ms;
    bool video = kind == MediaKind::video;
    Feeder feeder(make_track(kind, settings),
                  video ? kTestPicture : "audiotestsrc is-live=true ! audio/x-raw,rate=48000");
    wait_for_input();
    held_ = hold({video ? Codec::vp8 : Codec::opus});
    EXPECT_EQ(held_->error, "");
    held_->sink->wait_for_frames(1);
    return read(gst_buffer_list_get(held_->sink->frames().front().packets.get(), 0), held_->format);
  }
  std::shared_ptr<Held> held_;
};

TEST_F(Extensions, PlayoutDelayZeroAsksForFramesAtOnce) {
  Packet packet = first_packet(0, MediaKind::video);
  EXPECT_EQ(packet.playout_delay, (std::vector<guint8>{0, 0, 0}));
  EXPECT_EQ(packet.transport_cc.size(), 2u);
}

TEST_F(Extensions, PlayoutDelayIsInStepsOfTenMilliseconds) {
  // 400 ms: 40 = 0x028 twice.
  EXPECT_EQ(first_packet(400, MediaKind::video).playout_delay,
            (std::vector<guint8>{0x02, 0x80, 0x28}));
}

TEST_F(Extensions, PlayoutDelayIsForVideoOnly) {
  Packet packet = first_packet(0, MediaKind::audio);
  EXPECT_EQ(held_->format.playout_delay_id, 0);
  EXPECT_EQ(packet.transport_cc.size(), 2u);
}

}  // namespace
}  // namespace webcast
