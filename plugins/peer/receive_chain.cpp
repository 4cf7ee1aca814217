#include "plugins/peer/receive_chain.hpp"

#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

#include <algorithm>

#include "plugins/gst/mapped_buffer.hpp"
#include "plugins/peer/receiver.hpp"
#include "plugins/rtp/rtp_header.hpp"

namespace webcast {
namespace {

// More than that waits for the decoder, or for the comparison of the fingerprint: frames are
// dropped up to the next keyframe.
constexpr guint64 kMostTime = GST_SECOND;
constexpr guint kMostBytes = 8 * 1024 * 1024;
// Packets without a frame for so long: the depayloader waits for a keyframe, which it asked for
// once.
constexpr gint64 kStall = G_USEC_PER_SEC / 2;

const char* depayloader(Codec codec) {
  switch (codec) {
    case Codec::h264:
      return "rtph264depay";
    case Codec::vp8:
      return "rtpvp8depay";
    case Codec::vp9:
      return "rtpvp9depay";
    case Codec::av1:
      return "rtpav1depay";
    case Codec::h265:
      return "rtph265depay";
    case Codec::opus:
      return "rtpopusdepay";
    case Codec::pcma:
      return "rtppcmadepay";
    case Codec::pcmu:
      return "rtppcmudepay";
  }
  return "";
}

void set_if_there(GstElement* element, const char* property, gboolean value) {
  if (g_object_class_find_property(G_OBJECT_GET_CLASS(element), property))
    g_object_set(element, property, value, nullptr);
}

template <typename Function>
void add_probe(GstPad* pad, GstPadProbeType type, const std::shared_ptr<ReceiveChain>& chain,
               Function) {
  gst_pad_add_probe(
      pad, type,
      [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        auto self = static_cast<std::weak_ptr<ReceiveChain>*>(data)->lock();
        return self ? Function()(*self, info) : GST_PAD_PROBE_OK;
      },
      new std::weak_ptr<ReceiveChain>(chain),
      [](gpointer data) { delete static_cast<std::weak_ptr<ReceiveChain>*>(data); });
}

// A loss is told by PLI; FIR, which "all-headers" means, is not for that (RFC 5104 section 3.5.1).
bool make_pli(GstPadProbeInfo* info) {
  auto* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (!gst_video_event_is_force_key_unit(event)) return false;
  event = gst_event_make_writable(event);
  gst_structure_set(gst_event_writable_structure(event), "all-headers", G_TYPE_BOOLEAN, FALSE,
                    nullptr);
  GST_PAD_PROBE_INFO_DATA(info) = event;
  return true;
}

}  // namespace

bool can_depayload(Codec codec) {
  Ref<GstElementFactory> factory = adopt(gst_element_factory_find(depayloader(codec)));
  return static_cast<bool>(factory);
}

Result<std::shared_ptr<ReceiveChain>> ReceiveChain::create(GstBin* pipeline, const Medium& medium,
                                                           const std::vector<Ref<GstElement>>& tail,
                                                           OnSample on_sample) {
  Codec codec = medium.codec;
  std::shared_ptr<ReceiveChain> chain(new ReceiveChain(medium, std::move(on_sample)));
  Ref<GstElement> depay = make_element(depayloader(codec)), sink = make_element("appsink");
  chain->queue_ = make_element("queue");
  if (!depay || !sink || !chain->queue_)
    return Error{ErrorCode::not_found, std::string("The GStreamer element ") + depayloader(codec) +
                                           " is missing: install gstreamer1.0-plugins-good."};
  // After a loss that NACK did not mend: no broken pictures, a PLI, and on at the next keyframe.
  set_if_there(depay.get(), "request-keyframe", TRUE);
  set_if_there(depay.get(), "wait-for-keyframe", TRUE);
  // Bounded by passes(), which knows what may be dropped.
  g_object_set(chain->queue_.get(), "max-size-time", guint64{0}, "max-size-bytes", 0u,
               "max-size-buffers", 0u, nullptr);
  g_object_set(sink.get(), "sync", FALSE, "async", FALSE, "qos", FALSE, "enable-last-sample", FALSE,
               nullptr);
  std::vector<Ref<GstElement>> elements = {depay, chain->queue_};
  elements.insert(elements.end(), tail.begin(), tail.end());
  elements.push_back(sink);
  for (size_t i = 0; i < elements.size(); ++i) {
    gst_bin_add(pipeline, elements[i].get());
    if (i > 0 && !gst_element_link(elements[i - 1].get(), elements[i].get()))
      return Error{ErrorCode::failed, std::string("The elements for ") +
                                          std::string(codec_name(codec)) + " do not fit together."};
  }
  chain->inlet_ = adopt(gst_element_get_static_pad(depay.get(), "sink"));
  chain->queue_inlet_ = adopt(gst_element_get_static_pad(chain->queue_.get(), "sink"));
  chain->gate_ = adopt(gst_element_get_static_pad(chain->queue_.get(), "src"));
  chain->add_probes();
  if (medium.layered && !chain->add_layers(pipeline))
    return Error{ErrorCode::not_found, "The GStreamer element funnel is missing."};
  GstAppSinkCallbacks callbacks = {};
  callbacks.new_sample = [](GstAppSink* appsink, gpointer data) {
    Ref<GstSample> sample = adopt(gst_app_sink_try_pull_sample(appsink, 0));
    auto self = static_cast<std::weak_ptr<ReceiveChain>*>(data)->lock();
    if (sample && self) self->on_sample_(self->colours_.tell(sample.get()).get());
    return GST_FLOW_OK;
  };
  gst_app_sink_set_callbacks(
      GST_APP_SINK(sink.get()), &callbacks, new std::weak_ptr<ReceiveChain>(chain),
      [](gpointer data) { delete static_cast<std::weak_ptr<ReceiveChain>*>(data); });
  return chain;
}

void ReceiveChain::add_probes() {
  waits_for_keyframe_ = kind_ == MediaKind::video;
  add_probe(
      inlet_.get(),
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
      shared_from_this(), [](ReceiveChain& self, GstPadProbeInfo* info) {
        return self.look_at(info) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
      });
  add_probe(inlet_.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, shared_from_this(),
            [](ReceiveChain& self, GstPadProbeInfo* info) {
              if (make_pli(info)) self.note_request();
              return GST_PAD_PROBE_OK;
            });
  add_probe(queue_inlet_.get(), GST_PAD_PROBE_TYPE_BUFFER, shared_from_this(),
            [](ReceiveChain& self, GstPadProbeInfo* info) {
              return self.passes(GST_PAD_PROBE_INFO_BUFFER(info)) ? GST_PAD_PROBE_OK
                                                                  : GST_PAD_PROBE_DROP;
            });
  gate_probe_ = gst_pad_add_probe(
      gate_.get(), GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo*, gpointer) { return GST_PAD_PROBE_OK; }, nullptr, nullptr);
}

// Another layer has its own pictures: on from its next keyframe.
bool ReceiveChain::add_layers(GstBin* pipeline) {
  layers_ = LayerSwitch::create([weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->waits_for_keyframe_ = true;
    self->request_keyframe();
  });
  if (!layers_) return false;
  gst_bin_add(pipeline, layers_->element());
  Ref<GstPad> outlet = adopt(gst_element_get_static_pad(layers_->element(), "src"));
  return gst_pad_link(outlet.get(), inlet_.get()) == GST_PAD_LINK_OK;
}

bool ReceiveChain::link(GstPad* source) {
  if (layers_) return layers_->add(source);
  if (Ref<GstPad> before = adopt(gst_pad_get_peer(inlet_.get())))
    gst_pad_unlink(before.get(), inlet_.get());
  return gst_pad_link(source, inlet_.get()) == GST_PAD_LINK_OK;
}

void ReceiveChain::open() {
  if (gate_probe_ == 0) return;
  gst_pad_remove_probe(gate_.get(), std::exchange(gate_probe_, 0));
}

bool ReceiveChain::look_at(GstPadProbeInfo* info) {
  if (!(info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST))
    return look_at(GST_PAD_PROBE_INFO_BUFFER(info));
  GstBufferList* list = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
  bool good = true;
  for (guint i = 0; i < gst_buffer_list_length(list); ++i)
    good &= look_at(gst_buffer_list_get(list, i));
  return good;
}

bool ReceiveChain::look_at(GstBuffer* packet) {
  packets_ += 1;
  bytes_ += gst_buffer_get_size(packet);
  colours_.look_at(packet);
  if (!sets_.looks()) return true;
  MappedBuffer mapped(packet);
  std::span<const uint8_t> bytes = mapped.bytes();
  auto header = rtp_header_size(bytes);
  if (!header) return true;  // the depayloader refuses it, too
  size_t padding = bytes[0] & 0x20 ? bytes.back() : 0;
  size_t end = bytes.size() - std::min(padding, bytes.size() - *header);
  return sets_.take(bytes.subspan(*header, end - *header));
}

bool ReceiveChain::passes(GstBuffer* buffer) {
  packets_then_ = packets_.load();
  frame_at_ = g_get_monotonic_time();
  guint64 time = 0;
  guint bytes = 0;
  g_object_get(queue_.get(), "current-level-time", &time, "current-level-bytes", &bytes, nullptr);
  bool full = time > kMostTime || bytes > kMostBytes;
  bool keyframe =
      kind_ == MediaKind::audio || !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (!full && (keyframe || !waits_for_keyframe_)) {
    waits_for_keyframe_ = false;
    if (keyframe) {
      std::lock_guard lock(mutex_);
      wish_.arrived();
    }
    return true;
  }
  frames_dropped_++;
  if (kind_ == MediaKind::video && !waits_for_keyframe_.exchange(true)) request_keyframe();
  return false;
}

void ReceiveChain::note_request() {
  keyframe_requests_++;
  std::lock_guard lock(mutex_);
  wish_.asked(std::chrono::steady_clock::now());
}

void ReceiveChain::request_keyframe() {
  auto now = std::chrono::steady_clock::now();
  {
    std::lock_guard lock(mutex_);
    wish_.want(now);
    if (!wish_.due(now)) return;  // keep_asking() has it
  }
  gst_pad_push_event(queue_inlet_.get(),
                     gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

bool ReceiveChain::stalls() const {
  return waits_for_keyframe_ ||
         (packets_ > packets_then_ && g_get_monotonic_time() - frame_at_ > kStall);
}

void ReceiveChain::keep_asking() {
  if (kind_ != MediaKind::video || !gst_pad_is_linked(inlet_.get())) return;
  bool wanted = stalls();
  {
    std::lock_guard lock(mutex_);
    wanted = wanted || wish_.due(std::chrono::steady_clock::now());
  }
  if (wanted) request_keyframe();
}

}  // namespace webcast
