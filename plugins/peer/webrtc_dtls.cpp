#include "plugins/peer/webrtc_dtls.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "plugins/gst/mapped_buffer.hpp"
#include "plugins/peer/dtls_alert.hpp"
#include "plugins/rtp/rtcp_bye.hpp"

namespace webcast {
namespace {

constexpr std::chrono::milliseconds kGoodbyePatience{100};

void note_alert(GstBuffer* buffer, std::atomic<int>& alert) {
  MappedBuffer mapped(buffer, GST_MAP_READ);
  if (auto found = fatal_alert(mapped.bytes())) alert = *found;
}

GstPadProbeReturn on_datagram(GstPad* pad, GstPadProbeInfo* info, gpointer data) {
  auto& alerts = **static_cast<std::shared_ptr<DtlsAlerts>*>(data);
  std::atomic<int>& alert = GST_PAD_IS_SRC(pad) ? alerts.sent : alerts.received;
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    note_alert(GST_PAD_PROBE_INFO_BUFFER(info), alert);
  } else if (GstBufferList* list = GST_PAD_PROBE_INFO_BUFFER_LIST(info)) {
    for (guint i = 0; i < gst_buffer_list_length(list); ++i)
      note_alert(gst_buffer_list_get(list, i), alert);
  }
  return GST_PAD_PROBE_OK;
}

void on_element_added(GstBin*, GstBin*, GstElement* element, gpointer alerts) {
  GstElementFactory* factory = gst_element_get_factory(element);
  const char* name = factory ? GST_OBJECT_NAME(factory) : "";
  const char* pad_name = g_str_equal(name, "dtlsenc")   ? "src"
                         : g_str_equal(name, "dtlsdec") ? "sink"
                                                        : nullptr;
  Ref<GstPad> pad = adopt(pad_name ? gst_element_get_static_pad(element, pad_name) : nullptr);
  if (!pad) return;
  gst_pad_add_probe(
      pad.get(),
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST),
      on_datagram,
      new std::shared_ptr<DtlsAlerts>(*static_cast<std::shared_ptr<DtlsAlerts>*>(alerts)),
      [](gpointer data) { delete static_cast<std::shared_ptr<DtlsAlerts>*>(data); });
}

Ref<GstElement> find(GstElement* bin, const char* factory) {
  GstIterator* elements = gst_bin_iterate_all_by_element_factory_name(GST_BIN(bin), factory);
  GValue item = G_VALUE_INIT;
  Ref<GstElement> found;
  if (gst_iterator_next(elements, &item) == GST_ITERATOR_OK)
    found = retain(GST_ELEMENT(g_value_get_object(&item)));
  if (G_IS_VALUE(&item)) g_value_unset(&item);
  gst_iterator_free(elements);
  return found;
}

// The SSRCs under which we send.
std::vector<uint32_t> own_ssrcs(GObject* session) {
  std::vector<uint32_t> ssrcs;
  GstStructure* raw = nullptr;
  g_object_get(session, "stats", &raw, nullptr);
  StructurePtr stats(raw);
  const GValue* list = raw ? gst_structure_get_value(raw, "source-stats") : nullptr;
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS  // rtpsession still speaks in GValueArrays
      auto* sources = list ? static_cast<GValueArray*>(g_value_get_boxed(list)) : nullptr;
  for (guint i = 0; sources && i < sources->n_values; ++i) {
    const GstStructure* source = gst_value_get_structure(g_value_array_get_nth(sources, i));
    gboolean internal = FALSE;
    guint ssrc = 0;
    gst_structure_get_boolean(source, "internal", &internal);
    if (internal && gst_structure_get_uint(source, "ssrc", &ssrc)) ssrcs.push_back(ssrc);
  }
  G_GNUC_END_IGNORE_DEPRECATIONS
  return ssrcs;
}

std::string cname_of(GObject* session) {
  GstStructure* raw = nullptr;
  g_object_get(session, "sdes", &raw, nullptr);
  StructurePtr description(raw);
  const char* cname = raw ? gst_structure_get_string(raw, "cname") : nullptr;
  return cname ? cname : "webcast";
}

void send_bye(GstElement* webrtcbin) {
  Ref<GstElement> rtpbin = adopt(gst_bin_get_by_name(GST_BIN(webrtcbin), "rtpbin"));
  Ref<GstElement> encrypter = find(webrtcbin, "dtlssrtpenc");
  Ref<GstPad> pad =
      adopt(encrypter ? gst_element_get_static_pad(encrypter.get(), "rtcp_sink_0") : nullptr);
  GObject* session = nullptr;
  if (rtpbin) g_signal_emit_by_name(rtpbin.get(), "get-internal-session", 0u, &session);
  Ref<GObject> owned = adopt(session);
  // Without a segment no report has left yet, and nothing may before it.
  Ref<GstEvent> segment =
      adopt(pad ? gst_pad_get_sticky_event(pad.get(), GST_EVENT_SEGMENT, 0) : nullptr);
  if (!session || !segment) return;
  std::vector<uint8_t> packet = make_bye(own_ssrcs(session), cname_of(session));
  if (packet.empty()) return;
  GstBuffer* buffer = gst_buffer_new_memdup(packet.data(), packet.size());
  gst_pad_chain(pad.get(), buffer);
}

struct Leaving {
  std::mutex mutex;
  std::condition_variable condition;
  bool begun = false, gone = false;

  void set(bool Leaving::*what) {
    std::lock_guard lock(mutex);
    this->*what = true;
    condition.notify_all();
  }
  bool wait(bool Leaving::*what, std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(mutex);
    return condition.wait_until(lock, until, [&] { return this->*what; });
  }
};

gulong add_probe(GstPad* pad, GstPadProbeType type, GstPadProbeCallback callback,
                 const std::shared_ptr<Leaving>& leaving) {
  return gst_pad_add_probe(
      pad, type, callback, new std::shared_ptr<Leaving>(leaving),
      [](gpointer data) { delete static_cast<std::shared_ptr<Leaving>*>(data); });
}

// dtlsenc hands the record to a thread of its own: it has left once that one is idle again.
void send_close_notify(GstElement* webrtcbin) {
  Ref<GstElement> encoder = find(webrtcbin, "dtlsenc");
  if (!encoder) return;
  Ref<GstPad> sink = adopt(gst_element_get_static_pad(encoder.get(), "sink"));
  if (!sink) sink = adopt(gst_element_request_pad_simple(encoder.get(), "sink"));
  Ref<GstPad> src = adopt(gst_element_get_static_pad(encoder.get(), "src"));
  if (!sink || !src) return;
  auto until = std::chrono::steady_clock::now() + kGoodbyePatience;
  auto leaving = std::make_shared<Leaving>();
  add_probe(
      src.get(), GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad*, GstPadProbeInfo*, gpointer data) {
        (*static_cast<std::shared_ptr<Leaving>*>(data))->set(&Leaving::begun);
        return GST_PAD_PROBE_OK;
      },
      leaving);
  gst_pad_send_event(sink.get(), gst_event_new_eos());
  if (!leaving->wait(&Leaving::begun, until)) return;
  add_probe(
      src.get(), GST_PAD_PROBE_TYPE_IDLE,
      [](GstPad*, GstPadProbeInfo*, gpointer data) {
        (*static_cast<std::shared_ptr<Leaving>*>(data))->set(&Leaving::gone);
        return GST_PAD_PROBE_REMOVE;
      },
      leaving);
  leaving->wait(&Leaving::gone, until);
}

}  // namespace

std::string DtlsAlerts::reason(const std::string& other) const {
  int theirs = received, ours = sent;
  if (theirs < 0 && ours < 0) return {};
  auto code = static_cast<uint8_t>(theirs >= 0 ? theirs : ours);
  std::string who = theirs >= 0 ? "the " + other + "'s side" : "our side";
  return who + " says: " + alert_meaning(code) + ". " + alert_remedy(code);
}

void watch_alerts(GstElement* pipeline, const std::shared_ptr<DtlsAlerts>& alerts) {
  g_signal_connect_data(
      pipeline, "deep-element-added", G_CALLBACK(on_element_added),
      new std::shared_ptr<DtlsAlerts>(alerts),
      [](gpointer data, GClosure*) { delete static_cast<std::shared_ptr<DtlsAlerts>*>(data); },
      GConnectFlags{});
}

void say_goodbye(GstElement* webrtcbin) {
  send_bye(webrtcbin);
  send_close_notify(webrtcbin);
}

}  // namespace webcast
