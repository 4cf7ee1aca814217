// Decoder: an encoded track's input made raw, for the renditions that must encode it anew.
//
// One for all of them; it runs while there is one. Owned by its track; control thread, except
// push() and end().
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/control_thread.hpp"
#include "plugins/media/codecs/sample_sink.hpp"
#include "plugins/media/codecs/stage.hpp"
#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

inline constexpr std::chrono::seconds kDecoderPatience{3};
// From a recovery point on it takes as long until a picture is whole as the encoder likes.
inline constexpr std::chrono::seconds kRecoveryPatience{20};

struct DecoderOptions {
  MediaKind kind = MediaKind::video;
  // Fed for so long without any output, a decoder is passed over.
  std::chrono::milliseconds patience = kDecoderPatience;
  bool intra_only = false;  // any picture may be left out
};

struct DecoderHandlers {
  std::function<void(GstBuffer*, GstCaps*)> raw;  // the decoder's streaming thread
  std::function<void(const Error&)> warning;      // one was passed over
  std::function<void(const Error&)> failed;       // no decoder can do it
  std::function<void()> ended;
  std::function<void(GstElement* asker, const char* type)> context_needed;  // as of StageHandlers
};

class Decoder {
 public:
  Decoder(const DecoderOptions& options, ControlThread& control, GstClock* clock,
          DecoderHandlers handlers);
  ~Decoder();
  const std::shared_ptr<Stage>& input() const { return stage_; }
  void set_clock(GstClock* clock) { stage_->set_clock(clock); }

 private:
  Result<ElementChain> build(GstCaps* caps);
  void on_sample(GstSample* sample);
  void on_failed(const Error& error, bool had_output);

  const MediaKind kind_;
  const DecoderHandlers handlers_;
  std::shared_ptr<Stage> stage_;
  std::string media_type_;
  std::vector<std::string> candidates_;  // the first is in use
};

}  // namespace webcast
