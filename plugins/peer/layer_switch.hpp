// LayerSwitch: the layers of one picture come in, and the one that LayerChoice takes goes out.
//
// A funnel in front of the depayloader; what is not taken ends at its pad. webrtcbin (1.22) gives
// each layer a pad of its own. Made on the control thread; layers come on webrtcbin's.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <mutex>

#include "plugins/gst/gst_ref.hpp"
#include "plugins/peer/layer_choice.hpp"

namespace webcast {

class LayerSwitch : public std::enable_shared_from_this<LayerSwitch> {
 public:
  // `switched`: the thread of the layer that is taken from now on, before its first packet.
  static std::shared_ptr<LayerSwitch> create(std::function<void()> switched);

  GstElement* element() const { return funnel_.get(); }
  bool add(GstPad* source);

 private:
  explicit LayerSwitch(std::function<void()> switched) : switched_(std::move(switched)) {}
  GstPadProbeReturn on_data(size_t layer, GstPadProbeInfo* info);

  const std::function<void()> switched_;
  Ref<GstElement> funnel_;
  std::mutex mutex_;  // guards what follows; never held while calling out
  LayerChoice choice_;
  size_t layers_ = 0;
};

}  // namespace webcast
