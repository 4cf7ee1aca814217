// A webcastsrc that plays, each of its pads into a fakesink, and what came out of them.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "tests/support/sink_pipeline.hpp"

namespace webcast::test {

class SourcePlayer {
 public:
  // `properties`: of the source.
  explicit SourcePlayer(const std::string& properties)
      : pipeline("webcastsrc name=s " + properties) {
    g_signal_connect(pipeline.sink(), "pad-added", G_CALLBACK(on_pad_added), this);
    EXPECT_TRUE(pipeline.play());
  }
  ~SourcePlayer() { pipeline.stop(); }

  // Waits for so many more frames on the pad.
  bool more(const std::string& name, unsigned count = 20) {
    std::atomic<unsigned>& buffers = count_of(name);
    unsigned before = buffers;
    return SinkPipeline::eventually([&] { return buffers >= before + count; });
  }
  std::string caps(const std::string& name) {
    Ref<GstPad> pad = adopt(gst_element_get_static_pad(pipeline.sink(), name.c_str()));
    Ref<GstCaps> caps = adopt(pad ? gst_pad_get_current_caps(pad.get()) : nullptr);
    std::unique_ptr<char, decltype(&g_free)> text(caps ? gst_caps_to_string(caps.get()) : nullptr,
                                                  g_free);
    return text ? text.get() : "";
  }

  std::atomic<unsigned> pads_added{0};
  SinkPipeline pipeline;

 private:
  std::atomic<unsigned>& count_of(const std::string& name) {
    std::lock_guard lock(mutex_);
    return buffers_[name];
  }
  static GstPadProbeReturn on_buffer(GstPad*, GstPadProbeInfo*, gpointer count) {
    ++*static_cast<std::atomic<unsigned>*>(count);
    return GST_PAD_PROBE_OK;
  }
  static void on_pad_added(GstElement* element, GstPad* pad, gpointer data) {
    auto* self = static_cast<SourcePlayer*>(data);
    self->pads_added++;
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, &self->count_of(GST_PAD_NAME(pad)),
                      nullptr);
    Ref<GstElement> parent = adopt(GST_ELEMENT(gst_element_get_parent(element)));
    GstElement* sink = gst_element_factory_make("fakesink", nullptr);
    g_object_set(sink, "sync", TRUE, "async", FALSE, nullptr);
    gst_bin_add(GST_BIN(parent.get()), sink);
    gst_element_sync_state_with_parent(sink);
    Ref<GstPad> target = adopt(gst_element_get_static_pad(sink, "sink"));
    gst_pad_link(pad, target.get());
  }

  std::mutex mutex_;
  std::map<std::string, std::atomic<unsigned>> buffers_;
};

// The same by loopback alone.
class Player : public SourcePlayer {
 public:
  explicit Player(const std::string& location, const std::string& settings = "")
      : SourcePlayer("location=" + location + " local-addresses=\"<127.0.0.1>\" " + settings) {}
};

}  // namespace webcast::test
