// KeyframeGovernor: when to force a keyframe. Pure: time comes in as an argument.
//
// All who ask between two keyframes are served by one, and two forced ones are never less than
// kWindow apart. A request inside the window is answered at its end; one that the encoder ignored
// is repeated then. A keyframe that comes by itself serves all who wait and is not counted.
// Its rendition owns it; control thread.
#pragma once

#include <chrono>
#include <optional>

namespace webcast {

class KeyframeGovernor {
 public:
  using Time = std::chrono::milliseconds;  // since any fixed point
  static constexpr Time kWindow{500};

  struct Decision {
    bool force = false;         // force one now
    std::optional<Time> again;  // ask poll() again then; nothing: no timer is needed
  };

  // Somebody needs a keyframe.
  Decision request(Time now);
  // The time of an earlier decision's `again` has come.
  Decision poll(Time now);
  // A keyframe left the encoder.
  void keyframe_seen() { waiting_ = false; }

 private:
  bool waiting_ = false;
  std::optional<Time> last_forced_;
};

}  // namespace webcast
