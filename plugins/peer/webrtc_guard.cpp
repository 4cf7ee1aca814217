#include "plugins/peer/webrtc_guard.hpp"

#include "plugins/gst/gst_ref.hpp"
#include "plugins/gst/mapped_buffer.hpp"

namespace webcast {
namespace {

using Guard = std::shared_ptr<DatagramGuard>;
// Whether it goes on; what goes on may be another than came.
using Judge = bool (*)(GstPad*, GstBuffer**, DatagramGuard&);
constexpr auto kData =
    static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);

struct Post {
  Guard guard;
  Judge judge;

  bool lets_through(GstPad* pad, GstBuffer** buffer) const {
    if (judge(pad, buffer, *guard)) return true;
    guard->refused++;
    return false;
  }
};

GstPadProbeReturn on_data(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  const auto& post = *static_cast<Post*>(data);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    bool goes_on = post.lets_through(pad, &buffer);
    GST_PAD_PROBE_INFO_DATA(info) = buffer;
    return goes_on ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
  }
  GstBufferList* list = gst_buffer_list_make_writable(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
  GST_PAD_PROBE_INFO_DATA(info) = list;
  auto visit = [&](GstBuffer** buffer) {
    if (!post.lets_through(pad, buffer)) gst_clear_buffer(buffer);
  };
  gst_buffer_list_foreach(
      list,
      [](GstBuffer** buffer, guint, gpointer each) -> gboolean {
        (*static_cast<decltype(visit)*>(each))(buffer);
        return TRUE;
      },
      &visit);
  return gst_buffer_list_length(list) > 0 ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

void watch(GstElement* element, const char* pad_name, const Guard& guard, Judge judge) {
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(element, pad_name));
  if (!pad) return;
  gst_pad_add_probe(pad.get(), kData, on_data, new Post{guard, judge},
                    [](gpointer post) { delete static_cast<Post*>(post); });
}

bool can_be_used(GstPad*, GstBuffer** buffer, DatagramGuard& guard) {
  MappedBuffer mapped(*buffer);
  std::lock_guard lock(guard.mutex);
  return guard.filter.passes(mapped.bytes(), std::chrono::steady_clock::now());
}

bool leads_somewhere(GstPad* pad, GstBuffer**, DatagramGuard&) {
  return gst_pad_is_linked(pad);
}

bool may_be_answered(GstBuffer* rtcp, DatagramGuard& guard) {
  MappedBuffer mapped(rtcp);
  std::lock_guard lock(guard.mutex);
  return guard.filter.takes_nacks(mapped.bytes(), std::chrono::steady_clock::now());
}

bool is_feedback(GstPad* pad, GstBuffer** buffer, DatagramGuard& guard) {
  if (!gst_pad_is_linked(pad)) return false;
  if (may_be_answered(*buffer, guard)) return true;
  guard.refused++;
  *buffer = gst_buffer_make_writable(*buffer);
  forget_nacks(MappedBuffer(*buffer, GST_MAP_READWRITE).bytes());
  return true;
}

void on_element_added(GstBin*, GstBin*, GstElement* element, gpointer data) {
  auto& guard = *static_cast<Guard*>(data);
  GstElementFactory* factory = gst_element_get_factory(element);
  if (factory && g_str_equal(GST_OBJECT_NAME(factory), "dtlssrtpdec")) {
    watch(element, "sink", guard, can_be_used);
  } else if (g_str_equal(G_OBJECT_TYPE_NAME(element), "TransportReceiveBin")) {
    watch(element, "rtp_src", guard, leads_somewhere);
    watch(element, "rtcp_src", guard, is_feedback);
    watch(element, "data_src", guard, leads_somewhere);
  }
}

}  // namespace

void guard_datagrams(GstElement* pipeline, const std::shared_ptr<DatagramGuard>& guard) {
  g_signal_connect_data(
      pipeline, "deep-element-added", G_CALLBACK(on_element_added), new Guard(guard),
      [](gpointer data, GClosure*) { delete static_cast<Guard*>(data); }, GConnectFlags{});
}

}  // namespace webcast
