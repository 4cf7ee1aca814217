// Track: the media of one request pad, and the renditions made of it.
//
// Owned by the Broadcast. Control thread where nothing else is said; what the pad's streaming
// thread calls never waits.
#pragma once

#include <gst/video/video.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/control_thread.hpp"
#include "common/result.hpp"
#include "plugins/gst/gst_ref.hpp"
#include "plugins/media/codecs/encoder_setup.hpp"
#include "plugins/media/rendition.hpp"

namespace webcast {

enum class Transcode { automatic, never };

struct TrackSettings {
  Transcode transcode = Transcode::automatic;
  EncoderPreset preset = EncoderPreset::realtime;
  unsigned start_bitrate = 2'000'000;  // bit/s, video
  int playout_delay_ms = -1;           // -1: no header extension
  bool no_encoder_told = false;        // for what comes first; there is none, and the user knows
};

// On the control thread where nothing else is said.
struct TrackEvents {
  // What comes in is another kind of stream now (first caps, other codec, raw to encoded).
  std::function<void()> input_changed;
  // What is fed begins anew after its end.
  std::function<void()> resumed;
  // An encoder was passed over, a rendition failed: for a warning on the bus.
  std::function<void(const Error&)> warning;
  // All that was fed before end() has left the renditions.
  std::function<void()> drained;
  // Offers an encoder for setup; true: the application did it all, false: our settings are
  // applied. Called from whatever thread starts the encoder, before it leaves NULL.
  std::function<bool(const std::string& rendition, GstElement* encoder)> encoder_setup;
  // Asks the source for a keyframe (an encoded track); sends a force-key-unit event upstream.
  std::function<void()> upstream_keyframe;
  // Any thread, by an element of ours: the context of this type that elements of the user's
  // pipeline share, if there is one, is to be set on `asker` before this returns. May be empty.
  std::function<void(GstElement* asker, const char* type)> context_needed;
  // lacks_keyframes() is another one now.
  std::function<void()> keyframes_changed;
};

class Track {
 public:
  // `name`: the pad's ("video_0"). `clock`: the user pipeline's, for all renditions.
  static std::shared_ptr<Track> create(std::string name, MediaKind kind, ControlThread& control,
                                       TrackSettings settings, TrackEvents events);
  virtual ~Track() = default;

  virtual const std::string& name() const = 0;
  virtual MediaKind kind() const = 0;

  // Streaming thread. `buffer` has internal-timeline timestamps and `caps` are its own.
  virtual void feed(GstBuffer* buffer, GstCaps* caps) = 0;
  // Streaming thread: how the pictures that follow are to be turned, so that they are upright.
  virtual void set_orientation(GstVideoOrientationMethod orientation) = 0;
  // Streaming thread: end of stream. feed() after it begins anew.
  virtual void end() = 0;
  // Any thread: something is wrong with what the pad brings; for a warning on the bus.
  virtual void report(const Error& error) = 0;

  // Sets the clock that running renditions and later ones use.
  virtual void set_clock(GstClock* clock) = 0;

  // The caps' kind is known: a viewer can be given something.
  virtual bool has_input() const = 0;
  // Encoded input without a keyframe, which newcomers wait for in vain until one comes.
  virtual bool lacks_keyframes() const = 0;
  // Codec of an encoded input; nothing for raw or unknown.
  virtual std::optional<Codec> encoded_input() const = 0;
  // "H264 1280x720", "raw 640x480", "OPUS": for /api/streams and logs.
  virtual std::string describe_input() const = 0;

  // The rendition for a viewer: of `preference` the first codec that the viewer decodes and that
  // can be made here; an encoded input that the viewer decodes as it is comes before all others.
  // Starts it when it does not run. The error's sentence is fit for the viewer's page.
  virtual Result<std::unique_ptr<RenditionLease>> lease(const std::vector<Codec>& preference,
                                                        const ViewerCodecs& viewer) = 0;

  // All renditions that run, for statistics.
  virtual std::vector<Rendition*> renditions() const = 0;
  // For encoders that start from here on.
  virtual void set_start_bitrate(unsigned bitrate) = 0;
  // A keyframe of every rendition that runs.
  virtual void force_keyframe() = 0;

  // Ends all renditions at once; leases are told by when_lost. Idempotent; nothing is fed after.
  virtual void stop() = 0;
};

}  // namespace webcast
