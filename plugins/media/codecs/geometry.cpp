#include "plugins/media/codecs/geometry.hpp"

#include <algorithm>
#include <cmath>

namespace webcast {
namespace {

// Below this some encoders refuse to start.
constexpr int kLeastSize = 16;
constexpr int kGreatestSize = 8192;

int even(double size) {
  return std::clamp(static_cast<int>(std::lround(size / 2)) * 2, kLeastSize, kGreatestSize);
}

constexpr const char* kOrientation = "webcast-orientation";

}  // namespace

GstVideoOrientationMethod orientation_of(GstCaps* caps) {
  int orientation = GST_VIDEO_ORIENTATION_IDENTITY;
  gst_structure_get_int(gst_caps_get_structure(caps, 0), kOrientation, &orientation);
  return static_cast<GstVideoOrientationMethod>(orientation);
}

void set_orientation(GstCaps* caps, GstVideoOrientationMethod orientation) {
  gst_caps_set_simple(caps, kOrientation, G_TYPE_INT, static_cast<int>(orientation), nullptr);
}

GstVideoInfo upright(const GstVideoInfo& info, GstVideoOrientationMethod orientation) {
  GstVideoInfo turned = info;
  switch (orientation) {
    case GST_VIDEO_ORIENTATION_90R:
    case GST_VIDEO_ORIENTATION_90L:
    case GST_VIDEO_ORIENTATION_UL_LR:
    case GST_VIDEO_ORIENTATION_UR_LL:
      std::swap(turned.width, turned.height);
      std::swap(turned.par_n, turned.par_d);
      break;
    default:
      break;
  }
  return turned;
}

Geometry plan_geometry(const GstVideoInfo& info, Codec codec) {
  Geometry plan;
  plan.width = GST_VIDEO_INFO_WIDTH(&info);
  plan.height = GST_VIDEO_INFO_HEIGHT(&info);
  plan.deinterlace = GST_VIDEO_INFO_IS_INTERLACED(&info);
  int par_n = GST_VIDEO_INFO_PAR_N(&info), par_d = GST_VIDEO_INFO_PAR_D(&info);
  bool square = par_n == par_d || par_n <= 0 || par_d <= 0;
  bool fits = std::min(plan.width, plan.height) >= kLeastSize &&
              std::max(plan.width, plan.height) <= kGreatestSize;
  if (!square || !fits) {
    // Only ever enlarged to square pixels: no line is lost.
    double ratio = square ? 1 : static_cast<double>(par_n) / par_d;
    plan.scale = true;
    plan.width = even(ratio > 1 ? plan.width * ratio : plan.width);
    plan.height = even(ratio < 1 ? plan.height / ratio : plan.height);
    return plan;
  }
  if (codec == Codec::vp8 || codec == Codec::vp9 || codec == Codec::av1) return plan;
  plan.crop_right = plan.width % 2;
  plan.crop_bottom = plan.height % 2;
  plan.width -= plan.crop_right;
  plan.height -= plan.crop_bottom;
  return plan;
}

}  // namespace webcast
