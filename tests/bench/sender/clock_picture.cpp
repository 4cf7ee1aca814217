#include "tests/bench/sender/clock_picture.hpp"

#include <gst/video/video.h>

#include <cstring>

namespace webcast::bench {
namespace {

void fill(GstVideoFrame* frame, guint plane, int x, int y, int width, int height, int value) {
  auto* data = static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(frame, plane));
  int stride = GST_VIDEO_FRAME_PLANE_STRIDE(frame, plane);
  for (int row = y; row < y + height; ++row)
    std::memset(data + row * stride + x, value, static_cast<size_t>(width));
}

void draw(GstVideoFrame* frame, gint64 milliseconds) {
  for (int i = 0; i < kClockBits; ++i) {
    bool bit = milliseconds >> (kClockBits - 1 - i) & 1;
    fill(frame, 0, i * kClockBlock, 0, kClockBlock, kClockBlock, bit ? 235 : 16);
    fill(frame, 0, i * kClockBlock, kClockBlock, kClockBlock, kClockBlock, bit ? 16 : 235);
  }
  for (guint plane = 1; plane <= 2; ++plane)
    fill(frame, plane, 0, 0, kClockBits * kClockBlock / 2, kClockBlock, 128);
}

GstPadProbeReturn on_buffer(GstPad* pad, GstPadProbeInfo* info, gpointer) {
  GstCaps* caps = gst_pad_get_current_caps(pad);
  GstVideoInfo video;
  bool known = caps && gst_video_info_from_caps(&video, caps);
  gst_clear_caps(&caps);
  if (!known || GST_VIDEO_INFO_FORMAT(&video) != GST_VIDEO_FORMAT_I420 ||
      GST_VIDEO_INFO_WIDTH(&video) < kClockBits * kClockBlock)
    return GST_PAD_PROBE_OK;
  GstBuffer* buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_PAD_PROBE_INFO_DATA(info) = buffer;
  GstVideoFrame frame;
  if (gst_video_frame_map(&frame, &video, buffer, GST_MAP_READWRITE)) {
    draw(&frame, g_get_real_time() / 1000);
    gst_video_frame_unmap(&frame);
  }
  return GST_PAD_PROBE_OK;
}

}  // namespace

void burn_clock_into(GstElement* element) {
  GstPad* pad = gst_element_get_static_pad(element, "src");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, nullptr, nullptr);
  gst_object_unref(pad);
}

}  // namespace webcast::bench
