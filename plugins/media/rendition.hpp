// Rendition: one quality of one track in one codec, made once for all who watch it.
//
// A pipeline of its own on the internal timeline (rtp_frame.hpp):
//   raw, or decoded (decoder.hpp)  appsrc ! convert ! encoder ! payloader ! appsink
//   encoded (pass-through)         appsrc ! payloader ! appsink
// It runs while somebody holds a RenditionLease and for kLinger after the last one went.
// Its track owns it; control thread, except subscribe/unsubscribe/request_keyframe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/result.hpp"
#include "plugins/gst/gst_ref.hpp"
#include "plugins/rtp/rtp_format.hpp"
#include "plugins/rtp/rtp_frame.hpp"

namespace webcast {

class Rendition {
 public:
  virtual ~Rendition() = default;

  // "h264", "vp8", "opus", "h264-passthrough": stable, shown in statistics and messages.
  virtual const std::string& name() const = 0;

  // What its packets are; null until it is known (encoded by us: until the first one was made).
  virtual const RtpFormat* format() const = 0;

  // Any thread. A sink gets its first frame at the next keyframe; frames come on the rendition's
  // streaming thread. After unsubscribe returns no new call begins (one may still run: the
  // shared_ptr keeps the sink alive for it).
  virtual void subscribe(std::shared_ptr<FrameSink> sink) = 0;
  virtual void unsubscribe(const FrameSink* sink) = 0;
  // It has got a keyframe.
  virtual bool has_begun(const FrameSink* sink) const = 0;

  // Any thread. A keyframe for all who wait, at most one each 500 ms (KeyframeGovernor).
  virtual void request_keyframe() = 0;

  // codec, rendition, encoder (factory), width, height, framerate, bitrate (bit/s, last second),
  // frames, keyframes, bytes, subscribers, dropped, state.
  virtual StructurePtr stats() const = 0;
};

// Keeps a rendition running. Control thread. Dropping the last one stops it after kLinger.
class RenditionLease {
 public:
  virtual ~RenditionLease() = default;
  virtual Rendition& rendition() = 0;
  // Once: `ready` when the format is known (at once if it is already), or with the error when no
  // encoder could be started or the source gave nothing within 10 s. Not after the lease's end.
  virtual void when_ready(std::function<void(Result<void>)> ready) = 0;
  // Once, after ready: the rendition cannot go on (an encoder died, the source's codec changed,
  // B-frames were found in a stream that was passed through). Who asks the track anew gets
  // another one, where there is one.
  virtual void when_lost(std::function<void(Error)> lost) = 0;
  // Whether the holder can be reached by now; so it is taken to be at first. While none can, a
  // video encoder rests once its format is known: an offer alone keeps no processor busy.
  virtual void set_reachable(bool reachable) = 0;
  // Any number of times: no keyframe comes to begin at, and another lease would be one on a
  // rendition that begins. Who has begun already (has_begun) goes on.
  virtual void when_stuck(std::function<void(Error)> stuck) = 0;
};

}  // namespace webcast
