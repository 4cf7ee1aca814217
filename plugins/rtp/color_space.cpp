#include "plugins/rtp/color_space.hpp"

#include <array>
#include <memory>
#include <vector>

#include "plugins/rtp/rtp_header.hpp"

namespace webcast {
namespace {

constexpr size_t kSize = 4, kSizeWithDynamicRange = 28;

uint32_t packed(std::span<const uint8_t> bytes) {
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

GstVideoColorRange range_of(uint8_t range_and_siting) {
  switch (range_and_siting >> 4 & 3) {
    case 1:
      return GST_VIDEO_COLOR_RANGE_16_235;
    case 2:
      return GST_VIDEO_COLOR_RANGE_0_255;
    default:  // none, or to be derived
      return GST_VIDEO_COLOR_RANGE_UNKNOWN;
  }
}

// `caps` with what was told in the place of what the decoder took for granted.
Ref<GstCaps> with_colours(GstCaps* caps, const GstVideoColorimetry& told) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps) || !GST_VIDEO_INFO_IS_YUV(&info)) return retain(caps);
  GstVideoColorimetry& colours = info.colorimetry;
  if (told.range != GST_VIDEO_COLOR_RANGE_UNKNOWN) colours.range = told.range;
  if (told.matrix != GST_VIDEO_COLOR_MATRIX_UNKNOWN) colours.matrix = told.matrix;
  if (told.transfer != GST_VIDEO_TRANSFER_UNKNOWN) colours.transfer = told.transfer;
  if (told.primaries != GST_VIDEO_COLOR_PRIMARIES_UNKNOWN) colours.primaries = told.primaries;
  std::unique_ptr<char, decltype(&g_free)> text(gst_video_colorimetry_to_string(&colours), g_free);
  if (!text) return retain(caps);
  Ref<GstCaps> changed = adopt(gst_caps_copy(caps));
  gst_caps_set_simple(changed.get(), "colorimetry", G_TYPE_STRING, text.get(), nullptr);
  return changed;
}

}  // namespace

std::optional<GstVideoColorimetry> read_color_space(std::span<const uint8_t> extension) {
  if (extension.size() != kSize && extension.size() != kSizeWithDynamicRange) return std::nullopt;
  GstVideoColorimetry colours = {};
  colours.primaries = gst_video_color_primaries_from_iso(extension[0]);
  colours.transfer = gst_video_transfer_function_from_iso(extension[1]);
  colours.matrix = gst_video_color_matrix_from_iso(extension[2]);
  // Pictures of ours have luma and chroma.
  if (colours.matrix == GST_VIDEO_COLOR_MATRIX_RGB) colours.matrix = GST_VIDEO_COLOR_MATRIX_UNKNOWN;
  colours.range = range_of(extension[3]);
  return colours;
}

void ColorSpace::look_at(GstBuffer* packet) {
  if (id_ == 0) return;
  // Its header has an extension, and the marker of a picture's last packet.
  std::array<uint8_t, 2> start = {};
  if (gst_buffer_extract(packet, 0, start.data(), start.size()) < start.size() ||
      !(start[0] & 0x10) || !(start[1] & 0x80))
    return;
  std::vector<uint8_t> header = read_rtp_header(packet);
  std::span<const uint8_t> extension = find_extension(header, id_);
  if (read_color_space(extension)) told_ = packed(extension);
}

Ref<GstSample> ColorSpace::tell(GstSample* sample) {
  uint32_t told = told_;
  GstCaps* caps = gst_sample_get_caps(sample);
  if (told == 0 || !caps || !gst_structure_has_name(gst_caps_get_structure(caps, 0), "video/x-raw"))
    return retain(sample);
  if (caps_.get() != caps || told_in_caps_ != told) {
    std::array<uint8_t, kSize> bytes = {
        static_cast<uint8_t>(told >> 24), static_cast<uint8_t>(told >> 16),
        static_cast<uint8_t>(told >> 8), static_cast<uint8_t>(told)};
    auto colours = read_color_space(bytes);
    caps_ = retain(caps);
    told_caps_ = colours ? with_colours(caps, *colours) : caps_;
    told_in_caps_ = told;
  }
  return adopt(gst_sample_new(gst_sample_get_buffer(sample), told_caps_.get(),
                              gst_sample_get_segment(sample), nullptr));
}

}  // namespace webcast
