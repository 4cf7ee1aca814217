// ReceiveChain: the way of one received medium behind webrtcbin: depayloader, a bounded queue with
// a gate, what the element put behind it (parser, decoder), appsink.
//
// Its elements stand in the peer's pipeline from the start; once media come, one pad is linked.
// Made and opened on the control thread; the rest says where.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "common/result.hpp"
#include "plugins/gst/gst_ref.hpp"
#include "plugins/peer/keyframe_wish.hpp"
#include "plugins/peer/layer_switch.hpp"
#include "plugins/peer/parameter_sets.hpp"
#include "plugins/rtp/color_space.hpp"
#include "plugins/rtp/rtp_format.hpp"

namespace webcast {

class ReceiveChain : public std::enable_shared_from_this<ReceiveChain> {
 public:
  using OnSample = std::function<void(GstSample*)>;  // the chain's last streaming thread

  struct Medium {
    Codec codec = Codec::vp8;
    bool layered = false;        // several sizes of one picture come
    uint8_t color_space_id = 0;  // of the header extension that tells its colours; 0: none does
  };

  // Adds its elements to `pipeline`.
  static Result<std::shared_ptr<ReceiveChain>> create(GstBin* pipeline, const Medium& medium,
                                                      const std::vector<Ref<GstElement>>& tail,
                                                      OnSample on_sample);

  // webrtcbin's thread. Takes the place of a pad that was linked before, or is a further layer.
  bool link(GstPad* source);
  // Nothing gets past the queue before.
  void open();
  // Any thread. Upstream, where webrtcbin makes a PLI of it; again until a keyframe comes.
  void request_keyframe();
  // Control thread, now and then: asks again.
  void keep_asking();

  guint64 packets() const { return packets_; }
  guint64 bytes() const { return bytes_; }
  guint64 keyframe_requests() const { return keyframe_requests_; }
  guint64 frames_dropped() const { return frames_dropped_; }

 private:
  ReceiveChain(const Medium& medium, OnSample on_sample)
      : kind_(codec_kind(medium.codec)),
        on_sample_(std::move(on_sample)),
        colours_(medium.color_space_id),
        sets_(medium.codec) {}
  void add_probes();
  bool passes(GstBuffer* buffer);
  // False: the depayloader must not have it.
  bool look_at(GstPadProbeInfo* info);
  bool look_at(GstBuffer* packet);
  void note_request();
  bool stalls() const;
  bool add_layers(GstBin* pipeline);

  const MediaKind kind_;
  const OnSample on_sample_;
  ColorSpace colours_;
  ParameterSets sets_;  // of the thread that brings packets
  Ref<GstElement> queue_;
  Ref<GstPad> inlet_, queue_inlet_, gate_;
  std::shared_ptr<LayerSwitch> layers_;  // null: there are none
  gulong gate_probe_ = 0;
  std::atomic<bool> waits_for_keyframe_{false};
  std::atomic<guint64> packets_{0}, bytes_{0}, keyframe_requests_{0}, frames_dropped_{0};
  // At the last frame that the depayloader gave: their number, and the time (monotonic µs).
  std::atomic<guint64> packets_then_{0};
  std::atomic<gint64> frame_at_{0};
  std::mutex mutex_;  // guards what follows; never held while calling out
  KeyframeWish wish_;
};

}  // namespace webcast
