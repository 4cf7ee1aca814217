#include "plugins/broadcast/caption_pad.hpp"

#include <gst/app/gstappsink.h>

#include "plugins/gst/mapped_buffer.hpp"

namespace webcast {
namespace {

// Longer than that no caption stands.
constexpr GstClockTime kLongest = 60 * GST_SECOND;

std::string without_markup(const std::string& text) {
  std::string plain;
  GMarkupParser parser = {};
  parser.text = [](GMarkupParseContext*, const char* part, gsize size, gpointer data, GError**) {
    static_cast<std::string*>(data)->append(part, size);
  };
  GMarkupParseContext* context =
      g_markup_parse_context_new(&parser, static_cast<GMarkupParseFlags>(0), &plain, nullptr);
  std::string whole = "<m>" + text + "</m>";
  bool is_right =
      g_markup_parse_context_parse(context, whole.c_str(), static_cast<gssize>(whole.size()),
                                   nullptr) &&
      g_markup_parse_context_end_parse(context, nullptr);
  g_markup_parse_context_free(context);
  // As its author wrote it, rather than nothing.
  return is_right ? plain : text;
}

}  // namespace

std::string caption_text(const std::string& text, bool is_markup) {
  std::string whole = text.substr(0, text.find('\0'));
  if (!g_utf8_validate(whole.c_str(), -1, nullptr)) return {};
  std::string plain = is_markup ? without_markup(whole) : whole;
  if (g_utf8_strlen(plain.c_str(), -1) > static_cast<glong>(kMaxCaption))
    plain.resize(static_cast<size_t>(g_utf8_offset_to_pointer(plain.c_str(), kMaxCaption) -
                                     plain.c_str()));
  while (!plain.empty() && g_ascii_isspace(plain.back()))
    plain.pop_back();
  return plain;
}

Result<std::shared_ptr<CaptionPad>> CaptionPad::create(GstBin* bin, const std::string& name,
                                                       GstPadTemplate* templ) {
  auto pad = std::make_shared<CaptionPad>();
  pad->queue_ = make_element("queue");
  pad->appsink_ = make_element("appsink");
  if (!pad->queue_ || !pad->appsink_)
    return Error{ErrorCode::not_found,
                 "The GStreamer elements queue and appsink are missing: install the package "
                 "gstreamer1.0-plugins-base."};
  // Text is rare: nothing waits for the first one, and it goes at its time.
  g_object_set(pad->appsink_.get(), "sync", TRUE, "async", FALSE, "max-buffers", 16u, nullptr);
  GstAppSinkCallbacks callbacks = {};
  callbacks.new_sample = [](GstAppSink* appsink, gpointer data) {
    Ref<GstSample> sample = adopt(gst_app_sink_try_pull_sample(appsink, 0));
    auto self = static_cast<std::weak_ptr<CaptionPad>*>(data)->lock();
    if (sample && self) self->on_sample(sample.get());
    return GST_FLOW_OK;
  };
  gst_app_sink_set_callbacks(
      GST_APP_SINK(pad->appsink_.get()), &callbacks, new std::weak_ptr<CaptionPad>(pad),
      [](gpointer data) { delete static_cast<std::weak_ptr<CaptionPad>*>(data); });
  gst_bin_add_many(bin, pad->queue_.get(), pad->appsink_.get(), nullptr);
  gst_element_link(pad->queue_.get(), pad->appsink_.get());
  Ref<GstPad> target = adopt(gst_element_get_static_pad(pad->queue_.get(), "sink"));
  pad->ghost_ = adopt(GST_PAD(gst_object_ref_sink(
      gst_ghost_pad_new_from_template(name.c_str(), target.get(), templ))));
  gst_element_sync_state_with_parent(pad->appsink_.get());
  gst_element_sync_state_with_parent(pad->queue_.get());
  return pad;
}

void CaptionPad::on_sample(GstSample* sample) {
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  GstCaps* caps = gst_sample_get_caps(sample);
  if (!buffer || !caps) return;
  const char* format = gst_structure_get_string(gst_caps_get_structure(caps, 0), "format");
  MappedBuffer mapped(buffer);
  auto bytes = mapped.bytes();
  Caption caption{caption_text({bytes.begin(), bytes.end()},
                               g_strcmp0(format, "pango-markup") == 0),
                  {}};
  if (GST_BUFFER_DURATION_IS_VALID(buffer))
    caption.duration = std::chrono::milliseconds(
        std::min(GST_BUFFER_DURATION(buffer), kLongest) / GST_MSECOND);
  Show show;
  {
    std::lock_guard lock(mutex_);
    show = show_;
  }
  if (show) show(caption);
}

void CaptionPad::set_show(Show show) {
  std::lock_guard lock(mutex_);
  show_ = std::move(show);
}

void CaptionPad::remove(GstBin* bin) {
  set_show({});
  for (auto* element : {queue_.get(), appsink_.get()})
    gst_element_set_locked_state(element, TRUE);
  gst_element_set_state(appsink_.get(), GST_STATE_NULL);
  gst_element_set_state(queue_.get(), GST_STATE_NULL);
  gst_bin_remove_many(bin, queue_.get(), appsink_.get(), nullptr);
}

}  // namespace webcast
