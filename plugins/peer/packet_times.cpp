#include "plugins/peer/packet_times.hpp"

#include <gst/rtp/rtp.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace webcast {
namespace {

constexpr size_t kMostStreams = 64;
constexpr auto kPackets =
    static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);

struct Header {
  int payload_type = 0;
  uint32_t rtp_time = 0;
};

std::optional<Header> header_of(GstBuffer* packet) {
  guint8 bytes[12];
  if (gst_buffer_extract(packet, 0, bytes, sizeof bytes) < sizeof bytes) return std::nullopt;
  return Header{bytes[1] & 0x7f, GST_READ_UINT32_BE(bytes + 4)};
}

}  // namespace

// One jitter buffer's.
struct PacketTimes::Stream {
  const std::shared_ptr<PacketTimes> all;
  const ClockRate clock_rate;
  int payload_type = -1;  // those of others are retransmissions, or nobody's
  std::optional<size_t> index{};
  GstClockTimeDiff moved = 0;  // the jitter buffer's thread only: by what the last packet was

  void arrives(GstBuffer* packet);
  void leaves(GstBuffer* packet);
  void reported(const GstStructure* report);
  void loses(GstPadProbeInfo* info);

  template <void (Stream::*function)(GstBuffer*)>
  void each(GstPadProbeInfo* info);
  template <typename Function>
  static void add_probe(const std::shared_ptr<Stream>& stream, GstElement* element, const char* pad,
                        GstPadProbeType type, Function);
};

void PacketTimes::Stream::arrives(GstBuffer* packet) {
  // A repeated one tells when it was repeated.
  if (!GST_BUFFER_DTS_IS_VALID(packet) ||
      GST_BUFFER_FLAG_IS_SET(packet, GST_RTP_BUFFER_FLAG_RETRANSMISSION))
    return;
  auto header = header_of(packet);
  if (!header) return;
  uint32_t rate = index ? 0 : clock_rate(header->payload_type);
  std::lock_guard lock(all->mutex_);
  if (rate != 0 && all->streams_ < kMostStreams) {
    all->streams_++;
    payload_type = header->payload_type;
    index = all->times_.add(rate);
  }
  if (index && header->payload_type == payload_type)
    GST_BUFFER_DTS(packet) = all->times_.arrived(*index, header->rtp_time, GST_BUFFER_DTS(packet));
}

void PacketTimes::Stream::leaves(GstBuffer* packet) {
  auto header = header_of(packet);
  std::lock_guard lock(all->mutex_);
  if (!header || !index || header->payload_type != payload_type) return;
  auto time = all->times_.time_of(*index, header->rtp_time);
  if (!time) return;
  if (GST_BUFFER_PTS_IS_VALID(packet)) moved = GST_CLOCK_DIFF(GST_BUFFER_PTS(packet), *time);
  GST_BUFFER_PTS(packet) = *time;
  if (GST_BUFFER_DTS_IS_VALID(packet)) GST_BUFFER_DTS(packet) = *time;
}

// The jitter buffer tells of the packets that it misses in times of its own.
void PacketTimes::Stream::loses(GstPadProbeInfo* info) {
  auto* event = GST_PAD_PROBE_INFO_EVENT(info);
  GstClockTime time = 0;
  if (!gst_event_has_name(event, "GstRTPPacketLost") ||
      !gst_structure_get_clock_time(gst_event_get_structure(event), "timestamp", &time))
    return;
  auto told = static_cast<GstClockTimeDiff>(time) + moved;
  event = gst_event_make_writable(event);
  gst_structure_set(gst_event_writable_structure(event), "timestamp", G_TYPE_UINT64,
                    static_cast<guint64>(std::max<GstClockTimeDiff>(told, 0)), nullptr);
  GST_PAD_PROBE_INFO_DATA(info) = event;
}

void PacketTimes::Stream::reported(const GstStructure* report) {
  guint64 rtp_time = 0, wall = 0;
  if (!gst_structure_get_uint64(report, "sr-ext-rtptime", &rtp_time) || rtp_time == G_MAXUINT64 ||
      !gst_structure_get_uint64(report, "sr-ntpnstime", &wall))
    return;
  std::lock_guard lock(all->mutex_);
  if (index) all->times_.reported(*index, static_cast<uint32_t>(rtp_time), wall);
}

template <void (PacketTimes::Stream::*function)(GstBuffer*)>
void PacketTimes::Stream::each(GstPadProbeInfo* info) {
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    GstBuffer* packet = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
    (this->*function)(packet);
    GST_PAD_PROBE_INFO_DATA(info) = packet;
    return;
  }
  GstBufferList* list = gst_buffer_list_make_writable(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
  gst_buffer_list_foreach(
      list,
      [](GstBuffer** packet, guint, gpointer stream) -> gboolean {
        *packet = gst_buffer_make_writable(*packet);
        (static_cast<Stream*>(stream)->*function)(*packet);
        return TRUE;
      },
      this);
  GST_PAD_PROBE_INFO_DATA(info) = list;
}

template <typename Function>
void PacketTimes::Stream::add_probe(const std::shared_ptr<Stream>& stream, GstElement* element,
                                    const char* name, GstPadProbeType type, Function) {
  GstPad* pad = gst_element_get_static_pad(element, name);
  if (!pad) return;
  gst_pad_add_probe(
      pad, type,
      [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        Function()(**static_cast<std::shared_ptr<Stream>*>(data), info);
        return GST_PAD_PROBE_OK;
      },
      new std::shared_ptr<Stream>(stream),
      [](gpointer data) { delete static_cast<std::shared_ptr<Stream>*>(data); });
  gst_object_unref(pad);
}

void PacketTimes::give(const std::shared_ptr<PacketTimes>& times, GstElement* jitterbuffer,
                       ClockRate clock_rate) {
  auto stream = std::make_shared<Stream>(Stream{.all = times, .clock_rate = std::move(clock_rate)});
  Stream::add_probe(stream, jitterbuffer, "sink", kPackets,
                    [](Stream& self, GstPadProbeInfo* info) { self.each<&Stream::arrives>(info); });
  Stream::add_probe(stream, jitterbuffer, "src", kPackets,
                    [](Stream& self, GstPadProbeInfo* info) { self.each<&Stream::leaves>(info); });
  Stream::add_probe(stream, jitterbuffer, "src", GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
                    [](Stream& self, GstPadProbeInfo* info) { self.loses(info); });
  g_signal_connect_data(
      jitterbuffer, "handle-sync",
      G_CALLBACK(+[](GstElement*, GstStructure* report, gpointer data) {
        (*static_cast<std::shared_ptr<Stream>*>(data))->reported(report);
      }),
      new std::shared_ptr<Stream>(stream),
      [](gpointer data, GClosure*) { delete static_cast<std::shared_ptr<Stream>*>(data); },
      static_cast<GConnectFlags>(0));
}

}  // namespace webcast
