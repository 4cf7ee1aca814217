#include "plugins/media/codecs/stage_run.hpp"

#include <algorithm>
#include <cstring>
#include <system_error>
#include <thread>

namespace webcast {
namespace {

template <typename T>
void delete_shared(gpointer data) {
  delete static_cast<std::shared_ptr<T>*>(data);
}

// "element: message (debug)" of an error message.
std::string error_text(GstMessage* message) {
  GError* error = nullptr;
  gchar* debug = nullptr;
  gst_message_parse_error(message, &error, &debug);
  std::string text = GST_MESSAGE_SRC_NAME(message) + std::string(": ") +
                     (error ? error->message : "unknown error");
  if (debug) text += std::string(" (") + debug + ")";
  g_clear_error(&error);
  g_free(debug);
  return text;
}

bool is_prepared(const Ref<GstElement>& element) {
  return std::strcmp(GST_OBJECT_NAME(element.get()), kPrepared) == 0;
}

// Whether what stands behind the pad takes no picture or sound of the form that it is to get: too
// large for it, say. Some encoders know their limits only once their device is open.
bool is_refused_behind(GstElement* prepared, GstPad* source) {
  GstCaps* form = nullptr;
  g_object_get(prepared, "caps", &form, nullptr);
  Ref<GstCaps> wanted = adopt(form);
  Ref<GstPad> peer = adopt(gst_pad_get_peer(source));
  if (!wanted || !peer) return false;
  Ref<GstCaps> taken = adopt(gst_pad_query_caps(peer.get(), wanted.get()));
  return !gst_caps_can_intersect(taken.get(), wanted.get());
}

}  // namespace

Result<void> Stage::Run::assemble(const StageOptions& options, const ElementChain& chain,
                                  GstCaps* caps) {
  pipeline =
      adopt(static_cast<GstElement*>(gst_object_ref_sink(gst_pipeline_new(options.name.c_str()))));
  source = make_element("appsrc", "source");
  sink = make_element("appsink", "sink");
  if (!source || !sink)
    return Error{ErrorCode::not_found,
                 "The elements appsrc and appsink are missing: install gstreamer1.0-plugins-base"};
  g_object_set(source.get(), "caps", caps, "format", GST_FORMAT_TIME, "is-live", TRUE, "block",
               FALSE, "max-bytes", guint64{0}, nullptr);
  if (!options.encoded)
    g_object_set(source.get(), "max-buffers", guint64{options.max_buffers}, "leaky-type",
                 GST_APP_LEAKY_TYPE_DOWNSTREAM, nullptr);
  g_object_set(sink.get(), "sync", FALSE, "async", FALSE, "qos", FALSE, "enable-last-sample", FALSE,
               "buffer-list", TRUE, "wait-on-eos", FALSE, nullptr);

  GstBin* bin = GST_BIN(pipeline.get());
  ElementChain all{source};
  all.insert(all.end(), chain.begin(), chain.end());
  all.push_back(sink);
  for (const auto& element : all)
    gst_bin_add(bin, element.get());
  bool prepared = std::none_of(all.begin(), all.end(), is_prepared);
  for (size_t i = 0; i + 1 < all.size(); i++) {
    prepared = prepared || is_prepared(all[i]);
    if (!gst_element_link(all[i].get(), all[i + 1].get()))
      return Error{prepared ? ErrorCode::failed : ErrorCode::not_supported,
                   std::string("The element ") + GST_OBJECT_NAME(all[i + 1].get()) +
                       " does not take what " + GST_OBJECT_NAME(all[i].get()) + " gives"};
  }
  connect();
  return {};
}

void Stage::Run::connect() {
  auto self = shared_from_this();
  GstAppSinkCallbacks callbacks = {};
  callbacks.new_sample = [](GstAppSink*, gpointer data) {
    (*static_cast<std::shared_ptr<Run>*>(data))->on_sample();
    return GST_FLOW_OK;
  };
  callbacks.eos = [](GstAppSink*, gpointer data) {
    std::weak_ptr<Run> weak = *static_cast<std::shared_ptr<Run>*>(data);
    auto run = weak.lock();
    std::lock_guard lock(run->callback_mutex);
    if (!run->live) return;
    run->control->post([weak] {
      auto ended = weak.lock();
      auto owner = ended ? ended->stage.lock() : nullptr;
      if (owner) owner->on_run_ended(ended.get());
    });
  };
  gst_app_sink_set_callbacks(GST_APP_SINK(sink.get()), &callbacks, new std::shared_ptr<Run>(self),
                             delete_shared<Run>);
  Ref<GstBus> bus = adopt(gst_element_get_bus(pipeline.get()));
  gst_bus_set_sync_handler(
      bus.get(),
      [](GstBus*, GstMessage* message, gpointer data) {
        (*static_cast<std::shared_ptr<Run>*>(data))->on_message(message);
        gst_message_unref(message);
        return GST_BUS_DROP;
      },
      new std::shared_ptr<Run>(self), delete_shared<Run>);
}

void Stage::Run::on_sample() {
  Ref<GstSample> sample = adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 0));
  if (!sample) return;
  std::lock_guard lock(callback_mutex);
  if (!live) return;
  auto owner = stage.lock();
  if (!owner) return;
  had_output = true;
  // The handler gets the only reference: it may write to what it is given.
  owner->handlers_.sample(sample.get());
}

// On the thread of the element that asks, which looks for its context once this returned. The
// pipeline's own bin has answered already where it could.
void Stage::Run::on_need_context(GstMessage* message) {
  const gchar* type = nullptr;
  if (!gst_message_parse_context_type(message, &type) || !GST_IS_ELEMENT(GST_MESSAGE_SRC(message)))
    return;
  {
    std::lock_guard lock(callback_mutex);
    if (!live) return;
  }
  auto owner = stage.lock();
  if (owner && owner->handlers_.context_needed)
    owner->handlers_.context_needed(GST_ELEMENT(GST_MESSAGE_SRC(message)), type);
}

void Stage::Run::on_message(GstMessage* message) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_NEED_CONTEXT) return on_need_context(message);
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return;
  std::string text = error_text(message);
  Error error{blame(GST_MESSAGE_SRC(message)), text, text};
  {
    std::lock_guard lock(error_mutex_);
    if (!first_error_) first_error_ = error;
  }
  std::lock_guard lock(callback_mutex);
  if (!live) return;  // one that hung may speak when its owner's control thread is gone
  control->post([weak = weak_from_this(), error] {
    auto run = weak.lock();
    auto owner = run ? run->stage.lock() : nullptr;
    if (owner) owner->on_run_error(run.get(), error, false);
  });
}

ErrorCode Stage::Run::blame(GstObject* culprit) const {
  // Not by `pipeline`: this may be a streaming thread's call after dispose().
  Ref<GstObject> bin = adopt(gst_object_get_parent(GST_OBJECT(source.get())));
  if (!bin) return ErrorCode::failed;
  Ref<GstElement> prepared = adopt(gst_bin_get_by_name(GST_BIN(bin.get()), kPrepared));
  if (!prepared) return ErrorCode::failed;
  Ref<GstPad> pad = adopt(gst_element_get_static_pad(prepared.get(), "src"));
  if (gst_pad_has_current_caps(pad.get())) return ErrorCode::failed;
  // An encoder that complains by itself has its own reasons.
  Ref<GstElement> encoder = adopt(gst_bin_get_by_name(GST_BIN(bin.get()), "encoder"));
  bool its_own = encoder && culprit &&
                 (culprit == GST_OBJECT(encoder.get()) ||
                  gst_object_has_as_ancestor(culprit, GST_OBJECT(encoder.get())));
  // A run that hangs has no culprit, and a query might hang too.
  if (its_own || (culprit && is_refused_behind(prepared.get(), pad.get())))
    return ErrorCode::failed;
  return ErrorCode::not_supported;
}

Result<void> Stage::Run::play(GstClock* clock) {
  // The internal timeline: base time 0, and it stays so through every state change.
  if (clock) gst_pipeline_use_clock(GST_PIPELINE(pipeline.get()), clock);
  gst_element_set_start_time(pipeline.get(), GST_CLOCK_TIME_NONE);
  gst_element_set_base_time(pipeline.get(), 0);
  if (gst_element_set_state(pipeline.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
    return {};
  std::lock_guard lock(error_mutex_);
  std::string text = "it does not go to PLAYING";
  return first_error_.value_or(Error{ErrorCode::failed, text, text});
}

void Stage::Run::detach() {
  std::lock_guard lock(callback_mutex);
  live = false;
}

void Stage::Run::dispose(bool hung) {
  if (!pipeline) return;
  detach();
  auto finish = [](Ref<GstElement> last, Ref<GstElement> appsink) {
    gst_element_set_state(last.get(), GST_STATE_NULL);
    // Both hold a reference to the run, which holds the pipeline: the circle ends here.
    Ref<GstBus> bus = adopt(gst_element_get_bus(last.get()));
    gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
    if (!appsink) return;
    GstAppSinkCallbacks none = {};
    gst_app_sink_set_callbacks(GST_APP_SINK(appsink.get()), &none, nullptr, nullptr);
  };
  if (!hung) {
    finish(pipeline, sink);
  } else {
    try {
      std::thread(finish, pipeline, sink).detach();
    } catch (const std::system_error&) {
      // Nobody can wait for it: it stays as it is.
      gst_object_ref(pipeline.get());
    }
  }
  pipeline.reset();
}

}  // namespace webcast
