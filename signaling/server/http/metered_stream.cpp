#include "signaling/server/http/metered_stream.hpp"

namespace webcast {

namespace {

using Taken = std::function<void(size_t)>;

struct MeteredOutput {
  GFilterOutputStream parent;
  Taken* taken;
};
using MeteredOutputClass = GFilterOutputStreamClass;

GPollableOutputStream* base_of(GPollableOutputStream* stream) {
  return G_POLLABLE_OUTPUT_STREAM(
      g_filter_output_stream_get_base_stream(G_FILTER_OUTPUT_STREAM(stream)));
}

gboolean can_poll(GPollableOutputStream* stream) {
  return g_pollable_output_stream_can_poll(base_of(stream));
}

gboolean is_writable(GPollableOutputStream* stream) {
  return g_pollable_output_stream_is_writable(base_of(stream));
}

GSource* create_source(GPollableOutputStream* stream, GCancellable* cancellable) {
  GSource* base = g_pollable_output_stream_create_source(base_of(stream), cancellable);
  GSource* source = g_pollable_source_new_full(stream, base, nullptr);
  g_source_unref(base);
  return source;
}

gssize write_nonblocking(GPollableOutputStream* stream, const void* data, gsize size,
                         GError** error) {
  gssize written =
      g_pollable_output_stream_write_nonblocking(base_of(stream), data, size, nullptr, error);
  Taken& taken = *reinterpret_cast<MeteredOutput*>(stream)->taken;
  if (written > 0 && taken) taken(static_cast<size_t>(written));
  return written;
}

void pollable_init(gpointer interface, gpointer) {
  auto* pollable = static_cast<GPollableOutputStreamInterface*>(interface);
  pollable->can_poll = can_poll;
  pollable->is_writable = is_writable;
  pollable->create_source = create_source;
  pollable->write_nonblocking = write_nonblocking;
}

GType metered_output_get_type();
G_DEFINE_TYPE_WITH_CODE(MeteredOutput, metered_output, G_TYPE_FILTER_OUTPUT_STREAM,
                        G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_OUTPUT_STREAM, pollable_init))

void metered_output_finalize(GObject* object) {
  delete reinterpret_cast<MeteredOutput*>(object)->taken;
  G_OBJECT_CLASS(metered_output_parent_class)->finalize(object);
}

void metered_output_class_init(MeteredOutputClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = metered_output_finalize;
}

void metered_output_init(MeteredOutput* output) {
  output->taken = new Taken;
}

struct MeteredInput {
  GFilterInputStream parent;
  int reads;  // since it last said that there is nothing
};
using MeteredInputClass = GFilterInputStreamClass;

GPollableInputStream* base_of(GPollableInputStream* stream) {
  return G_POLLABLE_INPUT_STREAM(
      g_filter_input_stream_get_base_stream(G_FILTER_INPUT_STREAM(stream)));
}

gssize read_nonblocking(GPollableInputStream* stream, void* data, gsize size, GError** error) {
  int& reads = reinterpret_cast<MeteredInput*>(stream)->reads;
  if (reads == kMostReadsInATurn) {
    reads = 0;
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "It is the others' turn");
    return -1;
  }
  gssize read =
      g_pollable_input_stream_read_nonblocking(base_of(stream), data, size, nullptr, error);
  reads = read > 0 ? reads + 1 : 0;
  return read;
}

void pollable_input_init(gpointer interface, gpointer) {
  auto* pollable = static_cast<GPollableInputStreamInterface*>(interface);
  pollable->can_poll = [](GPollableInputStream* stream) {
    return g_pollable_input_stream_can_poll(base_of(stream));
  };
  pollable->is_readable = [](GPollableInputStream* stream) {
    return g_pollable_input_stream_is_readable(base_of(stream));
  };
  pollable->create_source = [](GPollableInputStream* stream, GCancellable* cancellable) {
    GSource* base = g_pollable_input_stream_create_source(base_of(stream), cancellable);
    GSource* source = g_pollable_source_new_full(stream, base, nullptr);
    g_source_unref(base);
    return source;
  };
  pollable->read_nonblocking = read_nonblocking;
}

GType metered_input_get_type();
G_DEFINE_TYPE_WITH_CODE(MeteredInput, metered_input, G_TYPE_FILTER_INPUT_STREAM,
                        G_IMPLEMENT_INTERFACE(G_TYPE_POLLABLE_INPUT_STREAM, pollable_input_init))
void metered_input_class_init(MeteredInputClass*) {}
void metered_input_init(MeteredInput*) {}

struct MeteredStream {
  GIOStream parent;
  GIOStream* base;
  GInputStream* input;
  GOutputStream* output;
};
using MeteredStreamClass = GIOStreamClass;

GType metered_stream_get_type();
G_DEFINE_TYPE(MeteredStream, metered_stream, G_TYPE_IO_STREAM)

MeteredStream& of(gpointer stream) {
  return *static_cast<MeteredStream*>(stream);
}

void metered_stream_finalize(GObject* object) {
  g_object_unref(of(object).input);
  g_object_unref(of(object).output);
  g_object_unref(of(object).base);
  G_OBJECT_CLASS(metered_stream_parent_class)->finalize(object);
}

gboolean close_base(GIOStream* stream, GCancellable* cancellable, GError** error) {
  return g_io_stream_close(of(stream).base, cancellable, error);
}

// GIOStream's own would close it on a thread of a pool.
void close_base_async(GIOStream* stream, int priority, GCancellable* cancellable,
                      GAsyncReadyCallback callback, gpointer data) {
  GTask* task = g_task_new(stream, cancellable, callback, data);
  auto closed = [](GObject* base, GAsyncResult* result, gpointer waiting) {
    GError* error = nullptr;
    if (g_io_stream_close_finish(G_IO_STREAM(base), result, &error)) {
      g_task_return_boolean(G_TASK(waiting), TRUE);
    } else {
      g_task_return_error(G_TASK(waiting), error);
    }
    g_object_unref(waiting);
  };
  g_io_stream_close_async(of(stream).base, priority, cancellable, closed, task);
}

gboolean close_base_finish(GIOStream*, GAsyncResult* result, GError** error) {
  return g_task_propagate_boolean(G_TASK(result), error);
}

void metered_stream_class_init(MeteredStreamClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = metered_stream_finalize;
  klass->get_input_stream = [](GIOStream* stream) { return of(stream).input; };
  klass->get_output_stream = [](GIOStream* stream) { return of(stream).output; };
  klass->close_fn = close_base;
  klass->close_async = close_base_async;
  klass->close_finish = close_base_finish;
}

void metered_stream_init(MeteredStream*) {}

Taken& taken_of(GOutputStream* output) {
  return *reinterpret_cast<MeteredOutput*>(output)->taken;
}

}  // namespace

GIOStream* metered_stream_new(GIOStream* base, std::function<void(size_t bytes)> taken) {
  auto* stream = static_cast<MeteredStream*>(g_object_new(metered_stream_get_type(), nullptr));
  stream->base = static_cast<GIOStream*>(g_object_ref(base));
  // The base is closed as a whole, not by its two sides.
  stream->input = static_cast<GInputStream*>(g_object_new(metered_input_get_type(), "base-stream",
                                                          g_io_stream_get_input_stream(base),
                                                          "close-base-stream", FALSE, nullptr));
  stream->output = static_cast<GOutputStream*>(
      g_object_new(metered_output_get_type(), "base-stream", g_io_stream_get_output_stream(base),
                   "close-base-stream", FALSE, nullptr));
  taken_of(stream->output) = std::move(taken);
  return &stream->parent;
}

void metered_stream_silence(GIOStream* stream) {
  taken_of(of(stream).output) = {};
}

}  // namespace webcast
