#include "plugins/media/codecs/h264_delimiter.hpp"

#include <array>
#include <cstdint>

namespace webcast {
namespace {

constexpr uint8_t kDelimiter = 9;     // nal_unit_type, ITU-T H.264 table 7-1
constexpr gsize kDelimiterBytes = 2;  // its header and primary_pic_type

// Bytes of the start code at `at`; 0: there is none.
gsize start_code(const uint8_t* at, gsize left) {
  if (left >= 3 && at[0] == 0 && at[1] == 0 && at[2] == 1) return 3;
  if (left >= 4 && at[0] == 0 && at[1] == 0 && at[2] == 0 && at[3] == 1) return 4;
  return 0;
}

}  // namespace

Ref<GstBuffer> without_delimiter(GstBuffer* unit) {
  std::array<uint8_t, 10> front{};
  gsize size = gst_buffer_extract(unit, 0, front.data(), front.size());
  gsize code = start_code(front.data(), size);
  if (code == 0 || size <= code || (front[code] & 0x1f) != kDelimiter) return retain(unit);
  gsize next = code + kDelimiterBytes;
  if (next >= size || start_code(front.data() + next, size - next) == 0) return retain(unit);
  Ref<GstBuffer> rest = adopt(gst_buffer_copy_region(unit, GST_BUFFER_COPY_ALL, next, -1));
  // A region that does not begin at 0 comes without the times.
  GST_BUFFER_PTS(rest.get()) = GST_BUFFER_PTS(unit);
  GST_BUFFER_DTS(rest.get()) = GST_BUFFER_DTS(unit);
  GST_BUFFER_DURATION(rest.get()) = GST_BUFFER_DURATION(unit);
  return rest;
}

}  // namespace webcast
