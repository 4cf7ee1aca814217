// MappedBuffer: a buffer's bytes for the length of a scope, unmapped on every way out.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <span>

namespace webcast {

class MappedBuffer {
 public:
  explicit MappedBuffer(GstBuffer* buffer, GstMapFlags flags = GST_MAP_READ) : buffer_(buffer) {
    mapped_ = buffer && gst_buffer_map(buffer, &info_, flags);
  }
  MappedBuffer(const MappedBuffer&) = delete;
  MappedBuffer& operator=(const MappedBuffer&) = delete;
  ~MappedBuffer() {
    if (mapped_) gst_buffer_unmap(buffer_, &info_);
  }

  explicit operator bool() const { return mapped_; }
  std::span<uint8_t> bytes() const {
    return mapped_ ? std::span<uint8_t>(info_.data, info_.size) : std::span<uint8_t>();
  }

 private:
  GstBuffer* buffer_;
  GstMapInfo info_ = GST_MAP_INFO_INIT;
  bool mapped_ = false;
};

}  // namespace webcast
