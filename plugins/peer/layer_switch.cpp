#include "plugins/peer/layer_switch.hpp"

#include "plugins/peer/webrtc_session.hpp"

namespace webcast {
namespace {

constexpr size_t kMostLayers = 8;

struct Entry {
  std::weak_ptr<LayerSwitch> layers;
  size_t number = 0;
};

size_t size_of(GstPadProbeInfo* info) {
  return info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST
             ? gst_buffer_list_calculate_size(GST_PAD_PROBE_INFO_BUFFER_LIST(info))
             : gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info));
}

}  // namespace

std::shared_ptr<LayerSwitch> LayerSwitch::create(std::function<void()> switched) {
  std::shared_ptr<LayerSwitch> self(new LayerSwitch(std::move(switched)));
  self->funnel_ = make_element("funnel");
  return self->funnel_ ? self : nullptr;
}

bool LayerSwitch::add(GstPad* source) {
  size_t number = 0;
  {
    std::lock_guard lock(mutex_);
    if (layers_ >= kMostLayers) return false;
    layers_++;
    number = choice_.add();
  }
  constexpr auto kData =
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
                                   GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  gst_pad_add_probe(
      source, kData,
      [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        auto* entry = static_cast<Entry*>(data);
        auto self = entry->layers.lock();
        return self ? self->on_data(entry->number, info) : GST_PAD_PROBE_DROP;
      },
      new Entry{weak_from_this(), number}, [](gpointer data) { delete static_cast<Entry*>(data); });
  Ref<GstPad> inlet = adopt(gst_element_request_pad_simple(funnel_.get(), "sink_%u"));
  return inlet && gst_pad_link(source, inlet.get()) == GST_PAD_LINK_OK;
}

GstPadProbeReturn LayerSwitch::on_data(size_t layer, GstPadProbeInfo* info) {
  bool changed = false, taken = false;
  {
    std::lock_guard lock(mutex_);
    if ((info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) == 0)
      changed = choice_.packet(layer, size_of(info), g_get_monotonic_time());
    taken = choice_.chosen() == layer;
  }
  if (changed) {
    GST_INFO("the layer %zu is taken", layer);
    switched_();
  }
  // A layer's losses are its own; what sticks to its pad the funnel keeps until it is taken.
  // Not by GST_EVENT_IS_STICKY: C++20 warns of what it does with two enumerations.
  if ((info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) != 0 &&
      (gst_event_type_get_flags(GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info))) &
       GST_EVENT_TYPE_STICKY) != 0)
    return GST_PAD_PROBE_OK;
  return taken ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

}  // namespace webcast
