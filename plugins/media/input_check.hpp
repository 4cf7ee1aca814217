// InputCheck: whether raw buffers are what their caps say, before anything works on them.
//
// Converters and encoders trust the caps: some read beyond a buffer that is too small, others fail
// and are blamed for it. Its track owns it; streaming thread.
#pragma once

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <optional>
#include <string>

#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

class InputCheck {
 public:
  void set_caps(MediaKind kind, GstCaps* caps);
  // What is wrong with it, as the predicate of a sentence; nothing: it can be used.
  std::optional<std::string> fault_of(GstBuffer* buffer) const;

 private:
  std::optional<std::string> fault_of_picture(GstBuffer* buffer) const;
  std::optional<std::string> fault_of_sound(GstBuffer* buffer) const;

  enum class Form { unreadable, picture, sound, elsewhere };
  Form form_ = Form::elsewhere;
  GstVideoInfo video_{};
  GstAudioInfo audio_{};
};

}  // namespace webcast
