#include "plugins/media/input_check.hpp"

#include <algorithm>

namespace webcast {
namespace {

std::string too_small(gsize size, gsize expected) {
  return "has " + std::to_string(size) + " bytes, its caps say " + std::to_string(expected);
}

// The bytes that a plane takes at least: its last row may be without the padding of the others.
gsize bytes_of_plane(const GstVideoInfo& info, const GstVideoMeta& meta, guint plane) {
  gint components[GST_VIDEO_MAX_COMPONENTS];
  gst_video_format_info_component(info.finfo, plane, components);
  if (components[0] < 0) return 1;  // a palette
  gint rows = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT(info.finfo, components[0],
                                                 GST_VIDEO_INFO_FIELD_HEIGHT(&info));
  gint row = GST_VIDEO_FORMAT_INFO_SCALE_WIDTH(info.finfo, components[0], info.width) *
             GST_VIDEO_FORMAT_INFO_PSTRIDE(info.finfo, components[0]);
  // A stride below zero: the offset is that of the last row in memory.
  if (rows <= 0 || meta.stride[plane] <= 0) return 1;
  return static_cast<gsize>(meta.stride[plane]) * (rows - 1) + std::max(row, 1);
}

}  // namespace

void InputCheck::set_caps(MediaKind kind, GstCaps* caps) {
  const GstCapsFeatures* features = gst_caps_get_features(caps, 0);
  bool readable = kind == MediaKind::video ? gst_video_info_from_caps(&video_, caps)
                                           : gst_audio_info_from_caps(&audio_, caps);
  guint count = features ? gst_caps_features_get_size(features) : 0;
  form_ = kind == MediaKind::video ? Form::picture : Form::sound;
  for (guint i = 0; i < count; i++) {
    const char* feature = gst_caps_features_get_nth(features, i);
    // How large a picture in a graphics card's memory is, its driver alone knows.
    if (g_str_has_prefix(feature, "memory:") &&
        g_strcmp0(feature, GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY) != 0)
      form_ = Form::elsewhere;
  }
  if (!readable) form_ = Form::unreadable;
}

std::optional<std::string> InputCheck::fault_of(GstBuffer* buffer) const {
  switch (form_) {
    case Form::unreadable:
      return "has caps that do not say what it holds";
    case Form::picture:
      return fault_of_picture(buffer);
    case Form::sound:
      return fault_of_sound(buffer);
    case Form::elsewhere:
      break;
  }
  return {};
}

std::optional<std::string> InputCheck::fault_of_picture(GstBuffer* buffer) const {
  gsize size = gst_buffer_get_size(buffer);
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  if (!meta) {
    if (size < video_.size) return too_small(size, video_.size);
    return {};
  }
  if (meta->format != GST_VIDEO_INFO_FORMAT(&video_) ||
      meta->width < static_cast<guint>(GST_VIDEO_INFO_WIDTH(&video_)) ||
      meta->height < static_cast<guint>(GST_VIDEO_INFO_FIELD_HEIGHT(&video_)))
    return "is a picture of " + std::to_string(meta->width) + "x" + std::to_string(meta->height) +
           " (" + gst_video_format_to_string(meta->format) + "), its caps say " +
           std::to_string(GST_VIDEO_INFO_WIDTH(&video_)) + "x" +
           std::to_string(GST_VIDEO_INFO_FIELD_HEIGHT(&video_)) + " (" +
           gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&video_)) + ")";
  if (meta->n_planes != GST_VIDEO_INFO_N_PLANES(&video_))
    return "has " + std::to_string(meta->n_planes) + " planes, its caps say " +
           std::to_string(GST_VIDEO_INFO_N_PLANES(&video_));
  // Tiles have strides of their own kind.
  if (GST_VIDEO_FORMAT_INFO_IS_TILED(video_.finfo)) return {};
  for (guint plane = 0; plane < meta->n_planes; plane++) {
    gsize needed = bytes_of_plane(video_, *meta, plane);
    if (meta->offset[plane] > size || size - meta->offset[plane] < needed)
      return too_small(size, meta->offset[plane] + needed);
  }
  return {};
}

std::optional<std::string> InputCheck::fault_of_sound(GstBuffer* buffer) const {
  gsize size = gst_buffer_get_size(buffer), frame = GST_AUDIO_INFO_BPF(&audio_);
  const GstAudioMeta* meta = gst_buffer_get_audio_meta(buffer);
  if (GST_AUDIO_INFO_LAYOUT(&audio_) == GST_AUDIO_LAYOUT_NON_INTERLEAVED && !meta)
    return "does not say where its channels are (it has no GstAudioMeta)";
  if (meta) {
    if (GST_AUDIO_INFO_CHANNELS(&meta->info) != GST_AUDIO_INFO_CHANNELS(&audio_))
      return "has " + std::to_string(GST_AUDIO_INFO_CHANNELS(&meta->info)) +
             " channels, its caps say " + std::to_string(GST_AUDIO_INFO_CHANNELS(&audio_));
    if (meta->samples > size / frame) return too_small(size, meta->samples * frame);
    return {};
  }
  if (size == 0 || size % frame != 0)
    return "has " + std::to_string(size) + " bytes, which is no whole number of samples of " +
           std::to_string(frame) + " bytes";
  return {};
}

}  // namespace webcast
