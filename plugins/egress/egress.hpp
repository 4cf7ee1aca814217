// Egress: the way of one medium's frames into one viewer's session.
//
// Closed until the viewer's certificate was compared; a closed egress keeps the frames since the
// latest keyframe for a moment, so that the first picture leaves with the opening itself. What
// the viewer's transport cannot take is dropped up to the next keyframe: no other viewer, no
// encoder waits. Owned by the peer, shared with a rendition. push() runs on streaming threads,
// the rest on the control thread; stats() on any.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "plugins/rtp/rtp_format.hpp"
#include "plugins/rtp/rtp_frame.hpp"
#include "plugins/rtp/rtp_header.hpp"

namespace webcast {

// Where an egress sends to: the transport's own queue.
class PacketOutput {
 public:
  virtual ~PacketOutput() = default;
  virtual void send(Ref<GstBufferList> packets) = 0;  // must not wait
  virtual guint64 queued_bytes() = 0;                 // accepted, not yet on its way
};

struct EgressLimits {
  guint64 bytes = 2 * 1024 * 1024;
  GstClockTime time = 500 * GST_MSECOND;
};

struct EgressStats {
  guint64 frames = 0, dropped = 0, packets = 0, bytes = 0;
  gint64 last_sent = 0;  // monotonic µs; 0: nothing yet
};

class Egress : public FrameSink {
 public:
  // `request_keyframe` is called on any thread, with no lock held.
  Egress(MediaKind kind, std::function<void()> request_keyframe, EgressLimits limits = {});

  void push(const RtpFrame& frame) override;

  // The certificate matched: what was kept leaves, and all that follows. Asks for a keyframe
  // when none was kept. Once.
  void open(const RtpMapping& mapping, std::shared_ptr<PacketOutput> output);
  // Nothing leaves any more; for good.
  void close();
  // A keyframe soon, unless one is kept: to be called when the viewer is about to connect.
  void prepare();
  // The viewer lost its picture (PLI, FIR).
  void keyframe_wanted();

  EgressStats stats() const;

 private:
  enum class State { holding, open, closed };
  struct Sent {
    GstClockTime time;
    guint64 bytes;
  };

  void hold(const RtpFrame& frame);
  bool full(const RtpFrame& frame);
  void forget_sent(guint64 queued);
  void send(const RtpFrame& frame);

  const MediaKind kind_;
  const std::function<void()> request_keyframe_;
  const EgressLimits limits_;

  mutable std::mutex mutex_;
  State state_ = State::holding;
  bool waits_for_keyframe_ = true;
  std::deque<RtpFrame> held_;
  guint64 held_bytes_ = 0;
  std::unique_ptr<RtpRewriter> rewriter_;
  std::shared_ptr<PacketOutput> output_;
  std::deque<Sent> sent_;  // what may still be in the output's queue, oldest first
  guint64 sent_bytes_ = 0;
  EgressStats stats_;
};

}  // namespace webcast
